package io.ensrelay.simulator;

import java.util.Objects;

/**
 * One message of the service, ready to be published.
 *
 * @param kind the event: its key and the tail of its topic
 * @param payload the message, JSON in UTF-8; not to be changed
 */
public record FleetEvent(EventKind kind, byte[] payload) {
  public FleetEvent {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(payload, "payload");
  }

  /** The key in the metadata. */
  public String key() {
    return kind.key();
  }

  /** The topic without the tenant. */
  public String topicTail() {
    return kind.topicTail();
  }
}
