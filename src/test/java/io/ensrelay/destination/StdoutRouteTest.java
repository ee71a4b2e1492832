package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.EndpointInject;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The line that the stdout destination prints for an event. */
@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = {
      "camel.main.routesIncludePattern="
          + "file:routes/errors.camel.yaml,file:routes/destinations/stdout.camel.yaml",
      "ens.destination.stdout.enabled=true",
      "ens.data.dir=target/no-spool"
    },
    replaceRouteFromWith = "destination.stdout=direct:events",
    mockEndpointsAndSkip = "stream:out|spool:dead")
class StdoutRouteTest {
  @Produce("direct:events")
  ProducerTemplate events;

  @EndpointInject("mock:stream:out")
  MockEndpoint screen;

  @EndpointInject("mock:spool:dead")
  MockEndpoint deadLetters;

  @Test
  void printsTypePlatformStatusAndDevice() throws Exception {
    String line = printed(SpooledEvent.one()).get(0);

    assertTrue(
        line.matches(
            "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d  device\\.app_inventory {6}IOS {7}"
                + "ACTIVE {12}1d71e131-0487-4d1d-9a0d-89f2bd1a888d"),
        line);
  }

  @Test
  void printsALineForEachOfMany() throws Exception {
    List<String> lines = printed(SpooledEvent.many().toArray(SpooledEvent[]::new));

    assertEquals(
        List.of("guid-1", "guid-2", "guid-3"),
        lines.stream().map(line -> line.substring(line.lastIndexOf(' ') + 1)).toList());
  }

  @Test
  void printsADashForWhatIsNotKnownAndNothingOfABodyThatIsNoJson() throws Exception {
    List<String> lines = printed(SpooledEvent.none(), SpooledEvent.malformed());

    assertTrue(
        lines.get(0).matches(".* device\\.check_in +- +- +-"), "without a device: " + lines.get(0));
    assertTrue(lines.get(1).matches(".* device\\.odd +- +- +-"), "malformed: " + lines.get(1));
  }

  @Test
  void printsNoControlCharactersOfADevice() throws Exception {
    SpooledEvent event = SpooledEvent.one().hostile();
    for (String name : List.of("eventType", "deviceOs", "deviceStatus", "deviceId")) {
      event = event.with(name, "a\u001b[2J\r\nb\u009b2J\u0085\u2028\u202e");
    }

    String line = printed(event).get(0);

    assertFalse(
        line.codePoints().anyMatch(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x202e),
        line);
  }

  @AfterEach
  void startsNoBroker() {
    assertTrue(Files.notExists(Path.of("target/no-spool")), "something started the spool");
  }

  private List<String> printed(SpooledEvent... all) throws InterruptedException {
    screen.expectedMessageCount(all.length);
    deadLetters.expectedMessageCount(0);
    for (SpooledEvent event : all) {
      events.sendBodyAndHeaders(event.body(), event.headers());
    }
    MockEndpoint.assertIsSatisfied(screen, deadLetters);
    return screen.getExchanges().stream().map(e -> e.getMessage().getBody(String.class)).toList();
  }
}
