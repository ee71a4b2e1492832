package io.ensrelay.spool;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A dead letter to be kept. Immutable, provided that nobody changes the bytes.
 *
 * @param destination the destination that refused it, or {@code intake}
 * @param time when delivery was given up, epoch milliseconds
 * @param attempts number of delivery attempts
 * @param reason the failure on one line
 * @param attributes the event's attributes, each a String, Long or Boolean
 * @param topic the MQTT topic of a message of the intake
 * @param route the route that failed
 * @param exception the class name of the exception
 * @param stack the first lines of the stack trace
 * @param answer the beginning of an HTTP endpoint's response body
 * @param body the unchanged body
 */
public record NewDeadLetter(
    String destination,
    long time,
    int attempts,
    String reason,
    Map<String, Object> attributes,
    Optional<String> topic,
    Optional<String> route,
    Optional<String> exception,
    Optional<String> stack,
    Optional<String> answer,
    byte[] body) {

  public NewDeadLetter {
    if (destination.isEmpty()) {
      throw new IllegalArgumentException("a dead letter needs a destination");
    }
    Objects.requireNonNull(reason);
    Objects.requireNonNull(body);
    attributes.forEach(
        (name, value) -> {
          if (!(value instanceof String || value instanceof Long || value instanceof Boolean)) {
            throw new IllegalArgumentException(
                "attribute %s is no String, Long or Boolean: %s".formatted(name, value));
          }
        });
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }
}
