package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.EndpointInject;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.apache.camel.test.main.junit5.Configure;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the webhook destination posts. */
@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = {
      "camel.main.routesIncludePattern="
          + "file:routes/errors.camel.yaml,file:routes/destinations/webhook.camel.yaml",
      "ens.destination.webhook.enabled=true",
      "ens.data.dir=target/no-spool"
    },
    replaceRouteFromWith = "destination.webhook=direct:events",
    mockEndpointsAndSkip = "spool:dead")
class WebhookRouteTest {
  @Produce("direct:events")
  ProducerTemplate events;

  private final WebhookServer server = WebhookServer.onAFreePort().start();

  @EndpointInject("mock:spool:dead")
  MockEndpoint deadLetters;

  /** Placeholders of the route file are read before a test could set a property otherwise. */
  @Configure
  void connect(MainConfigurationProperties main) {
    System.setProperty("ens.destination.webhook.url", server.url());
  }

  @Test
  void postsAnEventAsACloudEvent() {
    send(SpooledEvent.one());

    WebhookServer.Request post = server.requests().get(0);
    assertArrayEquals(SpooledEvent.one().body(), post.body());
    assertEquals("application/cloudevents+json", post.header("Content-Type"));
    assertEquals(0, deadLetters.getReceivedCounter());
  }

  @Test
  void postsManyInOrder() {
    SpooledEvent.many().forEach(this::send);

    assertEquals(
        SpooledEvent.many().stream().map(SpooledEvent::text).toList(),
        server.requests().stream().map(WebhookServer.Request::text).toList());
  }

  @Test
  void postsAsItIsWhatHasNoDeviceOrIsNoJson() {
    List<SpooledEvent> odd =
        List.of(SpooledEvent.none(), SpooledEvent.malformed(), SpooledEvent.pretty());

    odd.forEach(this::send);

    assertEquals(0, deadLetters.getReceivedCounter());
    for (int i = 0; i < odd.size(); i++) {
      assertArrayEquals(odd.get(i).body(), server.requests().get(i).body());
    }
  }

  @AfterEach
  void startsNoBroker() {
    System.clearProperty("ens.destination.webhook.url");
    server.close();
    assertTrue(Files.notExists(Path.of("target/no-spool")), "something started the spool");
  }

  private void send(SpooledEvent event) {
    events.sendBodyAndHeaders(event.body(), event.headers());
  }
}
