package io.ensrelay.spool.log;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * An event to be appended. Nobody changes the map or the bytes afterwards.
 *
 * @param received when its message was received, epoch milliseconds
 * @param attributes by name: each a String, a Long or a Boolean; {@code eventId} is among those of
 *     an event that is for all
 * @param body the event
 * @param destination the one destination it is for, such as that of a replayed dead letter; empty:
 *     it is for all
 */
public record LogEntry(
    long received, Map<String, Object> attributes, byte[] body, Optional<String> destination) {

  private static final String ID = "eventId";
  private static final String DEVICE = "deviceId";

  public LogEntry {
    Objects.requireNonNull(body);
    Objects.requireNonNull(destination);
    if (destination.isEmpty() && !(attributes.get(ID) instanceof String)) {
      throw new IllegalArgumentException("an event needs an eventId");
    }
  }

  String id() {
    return (String) attributes.get(ID);
  }

  /** What decides its lane: events of one device have the same. */
  int key() {
    Object device = attributes.get(DEVICE);
    Object decides = device == null ? attributes.get(ID) : device;
    return decides == null ? 0 : mixed(decides.hashCode());
  }

  /** Bytes in memory, about. */
  public int size() {
    return body.length + StoredEvent.ATTRIBUTES_BYTES;
  }

  /** So that similar names come to different lanes (the last step of MurmurHash3). */
  private static int mixed(int hash) {
    int h = hash;
    h = (h ^ (h >>> 16)) * 0x85ebca6b;
    h = (h ^ (h >>> 13)) * 0xc2b2ae35;
    return h ^ (h >>> 16);
  }
}
