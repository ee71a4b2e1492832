package io.ensrelay.simulator;

import java.util.Objects;

/**
 * A message of the service, ready to be published.
 *
 * @param kind the event type, with its key and the tail of its topic
 * @param payload the message, JSON in UTF-8; do not change it
 * @param events the number of events in it: one for each device, one if it has none
 */
public record FleetEvent(EventKind kind, byte[] payload, int events) {
  public FleetEvent {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(payload, "payload");
  }

  /** Returns the key in the metadata. */
  public String key() {
    return kind.key();
  }

  /** Returns the topic without the tenant. */
  public String topicTail() {
    return kind.topicTail();
  }
}
