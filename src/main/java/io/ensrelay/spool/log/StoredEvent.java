package io.ensrelay.spool.log;

import java.util.Map;
import java.util.Optional;

/**
 * An event as stored in the log. Nobody may change the map or the bytes.
 *
 * @param number its position in the log
 * @param key selects its lane
 * @param received time of receipt of its message, epoch milliseconds
 * @param attributes by name, each a String, a Long or a Boolean
 * @param destination the only destination of the event; empty: all
 * @param replay whether the destination had confirmed it before a rewind
 */
public record StoredEvent(
    long number,
    int key,
    long received,
    Map<String, Object> attributes,
    byte[] body,
    Optional<String> destination,
    boolean replay) {

  /** Approximate bytes of an event's attributes in memory. */
  static final int ATTRIBUTES_BYTES = 1000;

  /** An entry with its number. */
  public static StoredEvent of(LogEntry entry, long number) {
    return new StoredEvent(
        number,
        entry.key(),
        entry.received(),
        entry.attributes(),
        entry.body(),
        entry.destination(),
        false);
  }

  /** The same event, marked as delivered before. */
  public StoredEvent again() {
    return new StoredEvent(number, key, received, attributes, body, destination, true);
  }

  /** Approximate bytes in memory. */
  public int size() {
    return body.length + ATTRIBUTES_BYTES;
  }

  /** The lane of a key, from 0. */
  public static int lane(int key, int lanes) {
    return (int) (((key & 0xffffffffL) * lanes) >>> 32);
  }
}
