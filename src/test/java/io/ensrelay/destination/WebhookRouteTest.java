package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the webhook destination posts; nothing leaves the process. */
@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = {
      "camel.main.routesIncludePattern="
          + "file:routes/errors.camel.yaml,file:routes/destinations/webhook.camel.yaml",
      "ens.destination.webhook.enabled=true",
      "ens.destination.webhook.url=https://example.com/events",
      "ens.data.dir=target/no-spool"
    },
    replaceRouteFromWith = "destination.webhook=direct:events",
    mockEndpointsAndSkip = "http:.*|spool:dead")
class WebhookRouteTest {
  @Produce("direct:events")
  ProducerTemplate events;

  @EndpointInject("mock:http:webhook")
  MockEndpoint webhook;

  @EndpointInject("mock:spool:dead")
  MockEndpoint deadLetters;

  @Test
  void postsAnEventAsACloudEvent() throws Exception {
    webhook.expectedMessageCount(1);
    deadLetters.expectedMessageCount(0);

    send(SpooledEvent.one());

    MockEndpoint.assertIsSatisfied(webhook, deadLetters);
    Exchange post = webhook.getExchanges().get(0);
    assertArrayEquals(SpooledEvent.one().body(), post.getMessage().getBody(byte[].class));
    assertEquals(
        "application/cloudevents+json", post.getMessage().getHeader("Content-Type", String.class));
  }

  @Test
  void postsManyInOrder() throws Exception {
    webhook.expectedBodiesReceived(SpooledEvent.many().stream().map(SpooledEvent::text).toList());

    SpooledEvent.many().forEach(this::send);

    webhook.assertIsSatisfied();
  }

  @Test
  void postsAsItIsWhatHasNoDeviceOrIsNoJson() throws Exception {
    List<SpooledEvent> odd =
        List.of(SpooledEvent.none(), SpooledEvent.malformed(), SpooledEvent.pretty());
    webhook.expectedMessageCount(3);
    deadLetters.expectedMessageCount(0);

    odd.forEach(this::send);

    MockEndpoint.assertIsSatisfied(webhook, deadLetters);
    for (int i = 0; i < odd.size(); i++) {
      assertArrayEquals(
          odd.get(i).body(), webhook.getExchanges().get(i).getMessage().getBody(byte[].class));
    }
  }

  @AfterEach
  void startsNoBroker() {
    assertTrue(Files.notExists(Path.of("target/no-spool")), "something started the spool");
  }

  private void send(SpooledEvent event) {
    events.sendBodyAndHeaders(event.body(), event.headers());
  }
}
