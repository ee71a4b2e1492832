package io.ensrelay.http;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.hc.client5.http.utils.DateUtils;

/** Reads the pause that an answer asks for: {@code Retry-After} (RFC 9110), seconds or a date. */
public final class RetryAfter {
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final DateTimeFormatter ASCTIME =
      new DateTimeFormatterBuilder()
          .parseLenient()
          .parseCaseInsensitive()
          .appendPattern("EEE MMM ppd HH:mm:ss yyyy zzz")
          .toFormatter(Locale.ENGLISH);

  private RetryAfter() {}

  /**
   * @return from zero (also for a date in the past) to an hour; empty without the header or if it
   *     is malformed
   */
  public static Optional<Duration> of(HttpOperationFailedException answer, Instant now) {
    Map<String, String> headers = answer.getResponseHeaders();
    return Optional.ofNullable(headers).stream()
        .flatMap(all -> all.entrySet().stream())
        .filter(header -> header.getKey().equalsIgnoreCase("Retry-After"))
        .findFirst()
        .flatMap(header -> pause(header.getValue().strip(), now));
  }

  private static Optional<Duration> pause(String value, Instant now) {
    if (value.matches("\\d+")) {
      boolean fits = value.length() < 10;
      return Optional.of(bounded(fits ? Duration.ofSeconds(Long.parseLong(value)) : LONGEST));
    }
    Instant date = DateUtils.parseStandardDate(value);
    if (date == null) {
      // asctime has no zone, but DateUtils needs one
      date = DateUtils.parseDate(value + " GMT", ASCTIME);
    }
    if (date != null) {
      return Optional.of(bounded(Duration.between(now, date)));
    }
    try {
      Instant at = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(bounded(Duration.between(now, at)));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static Duration bounded(Duration asked) {
    if (asked.isNegative()) {
      return Duration.ZERO;
    }
    return asked.compareTo(LONGEST) > 0 ? LONGEST : asked;
  }
}
