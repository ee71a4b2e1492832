package io.ensrelay.spool.log;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * An event to append. Nobody may change the map or the bytes afterwards.
 *
 * @param received time of receipt of its message, epoch milliseconds
 * @param attributes by name, each a String, a Long or a Boolean; an event for all destinations must
 *     have {@code eventId}
 * @param body the event's bytes
 * @param destination the only destination of the event, as for a replayed dead letter; empty: all
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

  public String id() {
    return (String) attributes.get(ID);
  }

  /** Selects the lane; events of one device have the same key. */
  public int key() {
    Object device = attributes.get(DEVICE);
    Object decides = device == null ? attributes.get(ID) : device;
    return decides == null ? 0 : mixed(decides.hashCode());
  }

  /** Approximate bytes in memory. */
  public int size() {
    return body.length + StoredEvent.ATTRIBUTES_BYTES;
  }

  /** Spreads similar names over the lanes (the last step of MurmurHash3). */
  private static int mixed(int hash) {
    int h = hash;
    h = (h ^ (h >>> 16)) * 0x85ebca6b;
    h = (h ^ (h >>> 13)) * 0xc2b2ae35;
    return h ^ (h >>> 16);
  }
}
