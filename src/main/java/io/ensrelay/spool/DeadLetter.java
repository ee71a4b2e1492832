package io.ensrelay.spool;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * An event or message that could not be delivered, with the reason. Devices and endpoints supply
 * its texts: do not trust them.
 *
 * @param id opaque; identifies this dead letter as long as it exists
 * @param destination the destination that refused it, or {@code intake}
 * @param time when delivery was given up
 * @param attempts number of delivery attempts
 * @param reason the failure on one line
 * @param bytes length of the body
 * @param attributes the event's attributes; of a message of the intake only the tenant
 * @param topic the MQTT topic of a message of the intake
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
   * Everything kept about a dead letter: its body and diagnostics too.
   *
   * @param route the route that failed
   * @param exception the class name of the exception
   * @param stack the first lines of the stack trace
   * @param answer the beginning of an HTTP endpoint's response body
   * @param body the unchanged body
   */
  public record Full(
      DeadLetter letter,
      Optional<String> route,
      Optional<String> exception,
      Optional<String> stack,
      Optional<String> answer,
      byte[] body) {}
}
