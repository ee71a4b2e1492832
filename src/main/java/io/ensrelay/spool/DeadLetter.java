package io.ensrelay.spool;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What could not be delivered, with the reason. Its texts come from devices and endpoints: they are
 * not to be trusted.
 *
 * @param id names this dead letter as long as it exists; of no other meaning
 * @param destination the one that refused it, or {@code intake}
 * @param time when it was given up
 * @param attempts how often it was tried
 * @param reason one line
 * @param bytes the length of the body
 * @param attributes those of the event; of a message of the intake none
 * @param topic where a message of the intake came from
 */
public record DeadLetter(
    String id,
    String destination,
    Instant time,
    int attempts,
    String reason,
    int bytes,
    Map<String, Object> attributes,
    Optional<String> topic) {

  /**
   * The whole of it.
   *
   * @param route the route that failed
   * @param exception the class of the failure
   * @param stack its first lines
   * @param answer the beginning of what an HTTP endpoint answered
   * @param body as it came
   */
  public record Whole(
      DeadLetter letter,
      Optional<String> route,
      Optional<String> exception,
      Optional<String> stack,
      Optional<String> answer,
      byte[] body) {}
}
