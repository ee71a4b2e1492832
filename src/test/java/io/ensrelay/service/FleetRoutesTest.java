package io.ensrelay.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The calls as the route sees them. */
class FleetRoutesTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  private final CamelContext camel = new DefaultCamelContext();
  private FleetRoutes calls;
  private String called;
  private String answer = "[]";
  private String date = "Sun, 01 Mar 2026 12:00:04 GMT";
  private Exception failure;

  @BeforeEach
  void start() throws Exception {
    camel.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:resync.call.x")
                .errorHandler(noErrorHandler())
                .process(each -> serve(each));
          }
        });
    camel.start();
    calls =
        new FleetRoutes(
            camel.createProducerTemplate(), ".x", Set.of(), Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private void serve(Exchange exchange) throws Exception {
    called =
        "%s device%s %s %s"
            .formatted(
                exchange.getMessage().getHeader(Exchange.HTTP_METHOD),
                exchange.getMessage().getHeader(Exchange.HTTP_PATH),
                exchange.getMessage().getHeader(Exchange.HTTP_QUERY),
                exchange.getMessage().getBody(String.class));
    if (failure != null) {
      throw failure;
    }
    exchange.getMessage().setHeader("Date", date);
    exchange.getMessage().setBody(answer);
  }

  @AfterEach
  void stop() {
    camel.stop();
  }

  @Test
  void asksForAPage() throws Exception {
    assertEquals(NOW, calls.page("WIPE SENT", 180, 200).asked());
    assertEquals("GET device status=WIPE+SENT&offset=180&limit=200 null", called);
  }

  @Test
  void asksForTheNumber() throws Exception {
    answer = "{\"result\":7}";

    assertEquals(OptionalLong.of(7), calls.count("ACTIVE"));
    assertEquals("GET device/count status=ACTIVE null", called);
  }

  @Test
  void asksForDevicesByName() throws Exception {
    calls.find(true, List.of("a", "b\"c"));

    assertEquals(
        "POST device/uuid null {\"identifiers\":[\"a\",\"b\\\"c\"],\"identifierType\":\"GUID\"}",
        called);
  }

  @Test
  void takesTheTimeOfAServiceWhoseClockDiffers() throws Exception {
    date = "Sun, 01 Mar 2026 11:00:00 GMT";

    assertEquals(Instant.parse("2026-03-01T11:00:00Z"), calls.page("ACTIVE", 0, 200).asked());
  }

  @Test
  void takesItsOwnTimeIfTheServiceSendsNone() throws Exception {
    date = "soon";

    assertEquals(NOW, calls.page("ACTIVE", 0, 200).asked());
  }

  @Test
  void throwsTheFailureOfTheCall() {
    failure = new IOException("Connection reset");

    assertEquals(failure, assertThrows(IOException.class, () -> calls.count("ACTIVE")));
  }
}
