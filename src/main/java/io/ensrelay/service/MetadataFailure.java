package io.ensrelay.service;

import io.ensrelay.ConfigurationException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Called when asking for the event types has failed: tells the store, and sets the pause the
 * service asked for with {@code Retry-After}, between a second and an hour.
 */
public final class MetadataFailure implements Processor {
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final int LONGEST_REASON = 200;

  private final MetadataStore store;

  public MetadataFailure(MetadataStore store) {
    this.store = store;
  }

  @Override
  public void process(Exchange exchange) {
    Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
    store.failed(reason(failure));
    if (failure instanceof HttpOperationFailedException refused) {
      pause(refused, Instant.now())
          .ifPresent(
              pause ->
                  exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, pause.toMillis()));
    }
  }

  static Optional<Duration> pause(HttpOperationFailedException refused, Instant now) {
    return refused.getResponseHeaders().entrySet().stream()
        .filter(header -> header.getKey().equalsIgnoreCase("Retry-After"))
        .map(Map.Entry::getValue)
        .findFirst()
        .flatMap(value -> pause(value.strip(), now));
  }

  private static Optional<Duration> pause(String value, Instant now) {
    if (value.matches("\\d+")) {
      boolean fits = value.length() < 10;
      return Optional.of(bounded(fits ? Duration.ofSeconds(Long.parseLong(value)) : LONGEST));
    }
    try {
      Instant at = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(bounded(Duration.between(now, at)));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static Duration bounded(Duration pause) {
    if (pause.compareTo(SHORTEST) < 0) {
      return SHORTEST;
    }
    return pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
  }

  private static String reason(Exception failure) {
    if (failure instanceof HttpOperationFailedException refused) {
      return "HTTP " + refused.getStatusCode() + hint(refused.getStatusCode());
    }
    Throwable cause = failure;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String type =
        cause instanceof ConfigurationException ? "" : cause.getClass().getSimpleName() + ": ";
    String text = (type + cause.getMessage()).lines().findFirst().orElse(type);
    String clean = text.replaceAll("\\p{Cntrl}", "?");
    return clean.length() <= LONGEST_REASON ? clean : clean.substring(0, LONGEST_REASON) + "...";
  }

  private static String hint(int status) {
    return switch (status) {
      case 401 -> ", look at ens.api.username and ens.api.password or the client certificate";
      case 403 -> ", the user needs the CPS role";
      case 404 -> ", look at ens.api.url";
      default -> "";
    };
  }
}
