package io.ensrelay.destination;

import io.ensrelay.spool.Stall;
import java.time.Clock;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Called at each failure that is tried again: tells that the destination is stalled, and takes the
 * pause from the answer where it has a {@code Retry-After} (RFC 9110: seconds or a date), up to an
 * hour.
 */
public final class Retry implements Processor {
  private static final Duration LONGEST = Duration.ofHours(1);

  private final Clock clock = Clock.systemUTC();

  @Override
  public void process(Exchange exchange) {
    Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Stall.begin(exchange, cause);
    exchange.getIn().removeHeader(Exchange.REDELIVERY_DELAY);
    if (cause instanceof HttpOperationFailedException answer) {
      retryAfter(answer)
          .ifPresent(
              pause -> exchange.getIn().setHeader(Exchange.REDELIVERY_DELAY, pause.toMillis()));
    }
  }

  private Optional<Duration> retryAfter(HttpOperationFailedException answer) {
    Map<String, String> headers = answer.getResponseHeaders();
    return Optional.ofNullable(headers).stream()
        .flatMap(all -> all.entrySet().stream())
        .filter(header -> header.getKey().equalsIgnoreCase("Retry-After"))
        .map(Map.Entry::getValue)
        .findFirst()
        .flatMap(this::pause);
  }

  private Optional<Duration> pause(String value) {
    try {
      Duration asked =
          value.trim().matches("\\d{1,9}")
              ? Duration.ofSeconds(Long.parseLong(value.trim()))
              : Duration.between(
                  clock.instant(),
                  ZonedDateTime.parse(value.trim(), DateTimeFormatter.RFC_1123_DATE_TIME));
      if (asked.isNegative() || asked.isZero()) {
        return Optional.empty();
      }
      return Optional.of(asked.compareTo(LONGEST) > 0 ? LONGEST : asked);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
