package io.ensrelay.spool;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What becomes a dead letter. Immutable but for the bytes, which nobody changes.
 *
 * @param destination the one that refused it, or {@code intake}
 * @param time when it was given up, epoch milliseconds
 * @param attempts how often it was tried
 * @param reason one line
 * @param attributes those of the event: String, Long or Boolean each
 * @param topic where a message of the intake came from
 * @param route the route that failed
 * @param exception the class of the failure
 * @param stack its first lines
 * @param answer the beginning of what an HTTP endpoint answered
 * @param body as it came
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
