package io.ensrelay.service;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pause before the service is asked again, where it says one. */
class MetadataFailureTest {
  @TempDir Path data;

  @ParameterizedTest
  @CsvSource({"0, 1000", "120, 120000", "soon,", "'Wed, 21 Oct 2015 07:28:00 GMT', 1000"})
  void pausesForASecondAtLeast(String retryAfter, Long milliseconds) {
    Exchange exchange = new DefaultExchange(new DefaultCamelContext());
    exchange.setProperty(
        Exchange.EXCEPTION_CAUGHT,
        new HttpOperationFailedException(
            "http://x", 429, "", null, Map.of("Retry-After", retryAfter), ""));

    new MetadataFailure(new MetadataStore(data.toString(), "*")).process(exchange);

    assertEquals(
        milliseconds, exchange.getMessage().getHeader(Exchange.REDELIVERY_DELAY, Long.class));
  }
}
