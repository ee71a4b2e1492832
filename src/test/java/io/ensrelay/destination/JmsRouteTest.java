package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.EndpointInject;
import org.apache.camel.Message;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the jms destination hands to its queue; no broker is asked. */
@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = {
      "camel.main.routesIncludePattern="
          + "file:routes/errors.camel.yaml,file:routes/destinations/jms.camel.yaml",
      "ens.destination.jms.enabled=true",
      "ens.destination.jms.url=tcp://example.com:61616",
      "ens.destination.jms.queue=events",
      "ens.data.dir=target/no-spool"
    },
    replaceRouteFromWith = "destination.jms=direct:events",
    mockEndpointsAndSkip = "sjms2:.*|spool:dead")
class JmsRouteTest {
  @Produce("direct:events")
  ProducerTemplate events;

  @EndpointInject("mock:sjms2:queue:events")
  MockEndpoint queue;

  @EndpointInject("mock:spool:dead")
  MockEndpoint deadLetters;

  @Test
  void sendsAnEventAsTextWithItsAttributes() throws Exception {
    Message message = sent(SpooledEvent.one()).get(0);

    assertEquals(SpooledEvent.one().text(), assertInstanceOf(String.class, message.getBody()));
    assertEquals(SpooledEvent.one().headers(), message.getHeaders());
  }

  @Test
  void sendsManyInOrder() throws Exception {
    List<Message> messages = sent(SpooledEvent.many().toArray(SpooledEvent[]::new));

    assertEquals(
        SpooledEvent.many().stream().map(SpooledEvent::text).toList(),
        messages.stream().map(Message::getBody).toList());
  }

  @Test
  void sendsAsTextWhatHasNoDeviceOrIsNoJson() throws Exception {
    List<Message> messages = sent(SpooledEvent.none(), SpooledEvent.malformed());

    assertEquals(SpooledEvent.none().text(), messages.get(0).getBody());
    assertEquals(SpooledEvent.malformed().text(), messages.get(1).getBody());
  }

  @Test
  void takesNoHeaderThatNamesAnotherQueueOrCharacterSet() throws Exception {
    Message message = sent(SpooledEvent.one().hostile()).get(0);

    assertEquals(SpooledEvent.one().text(), message.getBody());
    assertEquals(SpooledEvent.one().headers(), message.getHeaders());
  }

  @AfterEach
  void startsNoBroker() {
    assertTrue(Files.notExists(Path.of("target/no-spool")), "something started the spool");
  }

  private List<Message> sent(SpooledEvent... all) throws InterruptedException {
    queue.expectedMessageCount(all.length);
    deadLetters.expectedMessageCount(0);
    for (SpooledEvent event : all) {
      events.sendBodyAndHeaders(event.body(), event.headers());
    }
    MockEndpoint.assertIsSatisfied(queue, deadLetters);
    return queue.getExchanges().stream().map(e -> e.getMessage()).toList();
  }
}
