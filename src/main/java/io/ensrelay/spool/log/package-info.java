/**
 * The event log: every event of the service in the order of storage, and the position of each
 * destination in it. Knows nothing of Camel, JMS or HTTP.
 *
 * <p>Invariants, each held by a test:
 *
 * <ol>
 *   <li>An append returns after its events have been written and forced to disk, together and in
 *       order; if anything fails before, it throws.
 *   <li>Event numbers begin at 0 and rise by one; the number of an appended event is never used
 *       again.
 *   <li>After a failed write or force, nothing is appended to that segment any more: it is
 *       truncated at its last forced event, and the next event begins a new segment.
 *   <li>Readers see an event only after it has been forced.
 *   <li>A newest segment that ends in the middle of an event is normal after a power cut: the event
 *       was not acknowledged and is truncated. Everything else that can't be read is damage: the
 *       log counts and logs it, continues with the next whole event, and gives every destination
 *       that has not passed it an event that reports it.
 *   <li>A lane confirms its events in order, so one number for each lane records its confirmations.
 *       A cursor on disk may be older than the cursor in memory, and never newer.
 *   <li>A segment is deleted only after every cursor has passed it.
 * </ol>
 *
 * <p>Files, all numbers big-endian:
 *
 * <pre>
 * format                      "1"
 * 00000000000000438112.log    events; the name is the number of the first event
 * cursors/NAME                position of a destination: two slots, written in turn
 *
 * event: length (4), CRC32C of the rest (4), number (8), time of receipt (8), key of its lane
 *        (4), its only destination (1 + n), attributes (4 + n), body
 * </pre>
 */
package io.ensrelay.spool.log;
