package io.ensrelay.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pause an answer asks for, within bounds. */
class RetryAfterTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          120                           | PT2M
          0                             | PT0S
          3601                          | PT1H
          99999999999999999999          | PT1H
          Mon, 23 Nov 2026 12:00:30 GMT | PT30S
          Mon, 23 Nov 2026 11:00:00 GMT | PT0S
          Mon, 23 Nov 2026 12:00:30 UTC | PT30S
          Mon, 23 Nov 2026 12:00:30 +0000 | PT30S
          Mon, 23 Nov 2026 13:00:30 +0100 | PT30S
          Mon Nov 23 12:00:30 2026      | PT30S
          Wed Nov  4 12:00:30 2026      | PT0S
          Monday, 23-Nov-26 12:00:30 GMT | PT30S
          Tue, 24 Nov 2026 12:00:00 GMT | PT1H
          """)
  void isBetweenNoneAndAnHour(String retryAfter, Duration expected) {
    assertEquals(Optional.of(expected), pause(Map.of("retry-after", retryAfter)));
  }

  @Test
  void isNotSetByNonsense() {
    assertEquals(Optional.empty(), pause(Map.of("Retry-After", "soon")));
    assertEquals(Optional.empty(), pause(Map.of("Retry-After", "-5")));
    assertEquals(Optional.empty(), pause(Map.of()));
  }

  private static Optional<Duration> pause(Map<String, String> headers) {
    return RetryAfter.of(
        new HttpOperationFailedException("http://x", 429, "", null, headers, ""), NOW);
  }
}
