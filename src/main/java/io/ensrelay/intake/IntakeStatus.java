package io.ensrelay.intake;

import io.ensrelay.event.Gap;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How the intake is at one moment.
 *
 * @param since when this state began
 * @param problem why it is not connected, on one line
 * @param topics those wanted
 * @param unconfirmed messages taken from the service that are not stored yet
 * @param gap the last one of this run
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

  /** Of the connection. */
  public enum State {
    /** Until the event types are known, or for another client that uses the same client id. */
    WAITING,
    CONNECTING,
    CONNECTED,
    STOPPED
  }

  /** Of the subscription to one topic. */
  public enum Answer {
    PENDING,
    SUBSCRIBED,
    /** Also when it was granted at another QoS than 1, where the promise does not hold. */
    REFUSED
  }

  /**
   * @param key the metadata key
   * @param problem what the service said when it did not grant it
   */
  public record Topic(String key, String topic, Answer answer, Optional<String> problem) {}
}
