package io.ensrelay.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pause that an endpoint asks for; with an endpoint in ErrorsRouteTest. */
class RetryPauseTest {
  private final RetryPause pause = new RetryPause();
  private final Exchange exchange = new DefaultExchange(new DefaultCamelContext());

  @ParameterizedTest
  @CsvSource({"1, 1000", "120, 120000", "' 7 ', 7000", "3600, 3600000", "999999999, 3600000"})
  void takesSecondsUpToAnHour(String value, long milliseconds) {
    assertEquals(milliseconds, pauseAfter(answer("Retry-After", value)));
  }

  @Test
  void takesADateUpToAnHourAhead() {
    long near = pauseAfter(answer("Retry-After", inSeconds(100)));
    assertTrue(near > 95_000 && near <= 100_000, near + " ms");
    assertEquals(3_600_000, pauseAfter(answer("retry-after", inSeconds(100_000))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-5", "", "soon", "1.5", "Wed, 21 Oct 2015 07:28:00 GMT", "1e3"})
  void takesItsOwnPauseWhereTheValueIsOfNoUse(String value) {
    assertFirst(pauseAfter(answer("Retry-After", value)));
  }

  @Test
  void doublesItsPauseUpToTheLongest() {
    pause.setFirst(Duration.ofSeconds(1));
    pause.setLongest(Duration.ofSeconds(60));
    for (int failed : new int[] {0, 1, 2, 5, 6, 100, Integer.MAX_VALUE - 1}) {
      exchange.getIn().setHeader(Exchange.REDELIVERY_COUNTER, failed + 1);
      long expected = failed > 5 ? 60_000 : 1000L << failed;

      long pause = pauseAfter(new IOException("connection reset"));

      assertTrue(Math.abs(pause - expected) <= expected / 5, failed + ": " + pause);
    }
  }

  private static void assertFirst(long pause) {
    assertTrue(pause >= 840 && pause <= 1160, pause + " ms");
  }

  @Test
  void forgetsThePauseOfTheAnswerBefore() {
    pauseAfter(answer("Retry-After", "120"));

    assertFirst(pauseAfter(answer("X-Other", "120")));
    pauseAfter(answer("Retry-After", "120"));
    assertFirst(pauseAfter(new HttpOperationFailedException("u", 503, "", null, null, "")));
    pauseAfter(answer("Retry-After", "120"));
    assertFirst(pauseAfter(new IOException("connection reset")));
  }

  private long pauseAfter(Exception failure) {
    exchange.setProperty(Exchange.EXCEPTION_CAUGHT, failure);
    pause.process(exchange);
    return exchange.getIn().getHeader(Exchange.REDELIVERY_DELAY, long.class);
  }

  private static Exception answer(String header, String value) {
    return new HttpOperationFailedException("u", 503, "", null, Map.of(header, value), "");
  }

  private static String inSeconds(long seconds) {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(
        ZonedDateTime.now(ZoneOffset.UTC).plus(Duration.ofSeconds(seconds)));
  }
}
