package io.ensrelay.intake;

import io.ensrelay.event.Gap;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Status of the intake at one moment.
 *
 * @param since when this state began
 * @param problem why it is not connected, on one line
 * @param topics the wanted topics
 * @param unconfirmed messages received from the service that are not stored yet
 * @param gap the last gap of this run
 */
public record IntakeStatus(
    State state,
    Instant since,
    Optional<String> problem,
    String url,
    String clientId,
    List<Topic> topics,
    int unconfirmed,
    Optional<Gap> gap) {

  /** State of the connection. */
  public enum State {
    /** The event types are not known yet, or another client uses the same client id. */
    WAITING,
    CONNECTING,
    CONNECTED,
    STOPPED
  }

  /** State of the subscription to one topic. */
  public enum SubscriptionState {
    PENDING,
    SUBSCRIBED,
    /** Refused, or granted at another QoS than 1, at which messages may get lost. */
    REFUSED
  }

  /**
   * @param key the metadata key
   * @param problem the service's answer if it did not grant the topic
   */
  public record Topic(
      String key, String topic, SubscriptionState state, Optional<String> problem) {}
}
