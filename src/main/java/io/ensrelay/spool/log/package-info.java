/**
 * The event log: every event of the service in the order it was stored, and how far each
 * destination has come in it. Knows nothing of Camel, JMS or HTTP.
 *
 * <p>Invariants, each held by a test:
 *
 * <ol>
 *   <li>An append returns after its events have been written and forced to disk, together and in
 *       order; whatever goes wrong before, it throws.
 *   <li>Event numbers begin at 0 and rise by one; a number that was given back by an append is
 *       never given to another event.
 *   <li>After a write or a force that failed, nothing is appended to that file any more: it is cut
 *       at its last forced event, and the next event begins a new file.
 *   <li>Readers see an event after it has been forced, and never before.
 *   <li>A newest file that ends in the middle of an event is normal after a power cut: the event
 *       was not acknowledged, and is cut off. Everything else that can't be read is damage: it is
 *       counted, logged, skipped to the next whole event, and every destination that has not passed
 *       it is given an event that says so.
 *   <li>A lane confirms its events in their order, so one number for each lane says what is
 *       confirmed. A cursor on disk may be older than the truth, and never newer.
 *   <li>A file of events is deleted when every cursor has passed it, and not before.
 * </ol>
 *
 * <p>Files, all numbers big-endian:
 *
 * <pre>
 * format                      "1"
 * 00000000000000438112.log    events; the name is the number of the first one
 * cursors/NAME                how far a destination is: two slots, written in turn
 *
 * event: length (4), CRC32C of what follows (4), number (8), time of receipt (8), key of its lane
 *        (4), the one destination it is for (1 + n), attributes (4 + n), body
 * </pre>
 */
package io.ensrelay.spool.log;
