package io.ensrelay.spool.log;

import java.util.Map;
import java.util.Optional;

/**
 * An event as it lies in the log. Nobody changes the map or the bytes.
 *
 * @param number its place in the log
 * @param key decides its lane
 * @param received when its message was received, epoch milliseconds
 * @param attributes by name: each a String, a Long or a Boolean
 * @param destination the one destination it is for; empty: it is for all
 * @param replay whether the destination that takes it had confirmed it before, and was wound back
 */
public record StoredEvent(
    long number,
    int key,
    long received,
    Map<String, Object> attributes,
    byte[] body,
    Optional<String> destination,
    boolean replay) {

  /** What the attributes of an event take in memory, about. */
  static final int ATTRIBUTES_BYTES = 1000;

  static StoredEvent of(LogEntry entry, long number) {
    return new StoredEvent(
        number,
        entry.key(),
        entry.received(),
        entry.attributes(),
        entry.body(),
        entry.destination(),
        false);
  }

  StoredEvent again() {
    return new StoredEvent(number, key, received, attributes, body, destination, true);
  }

  /** Bytes in memory, about. */
  int size() {
    return body.length + ATTRIBUTES_BYTES;
  }

  /** The lane of a key among so many. */
  static int lane(int key, int lanes) {
    return (int) (((key & 0xffffffffL) * lanes) >>> 32);
  }
}
