package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.EndpointInject;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.apache.camel.test.main.junit5.Configure;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the jms destination puts into its queue. */
@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = {
      "camel.main.routesIncludePattern="
          + "file:routes/errors.camel.yaml,file:routes/destinations/jms.camel.yaml",
      "ens.destination.jms.enabled=true",
      "ens.destination.jms.queue=events",
      "ens.data.dir=target/no-spool"
    },
    replaceRouteFromWith = "destination.jms=direct:events",
    mockEndpointsAndSkip = "spool:dead")
class JmsRouteTest {
  @TempDir static Path dir;
  private static JmsBroker broker;

  @Produce("direct:events")
  ProducerTemplate events;

  @EndpointInject("mock:spool:dead")
  MockEndpoint deadLetters;

  /** Placeholders of the route file are read before a test could set a property otherwise. */
  @Configure
  void connect(MainConfigurationProperties main) throws Exception {
    if (broker == null) {
      broker = new JmsBroker(dir).start();
    }
    System.setProperty("ens.destination.jms.url", broker.url());
  }

  @AfterEach
  void startsNoSpool() {
    System.clearProperty("ens.destination.jms.url");
    assertTrue(Files.notExists(Path.of("target/no-spool")), "something started the spool");
  }

  @Test
  void sendsAnEventAsTextWithItsAttributes() throws Exception {
    Message message = sent(SpooledEvent.one()).get(0);

    assertEquals(SpooledEvent.one().text(), text(message));
    assertEquals(SpooledEvent.one().headers(), properties(message));
    assertEquals(DeliveryMode.PERSISTENT, message.getJMSDeliveryMode());
  }

  @Test
  void sendsManyInOrder() throws Exception {
    List<Message> messages = sent(SpooledEvent.many().toArray(SpooledEvent[]::new));

    for (int i = 0; i < messages.size(); i++) {
      assertEquals(SpooledEvent.many().get(i).text(), text(messages.get(i)));
    }
  }

  @Test
  void sendsAsTextWhatHasNoDeviceOrIsNoJson() throws Exception {
    List<Message> messages = sent(SpooledEvent.none(), SpooledEvent.malformed());

    assertEquals(SpooledEvent.none().text(), text(messages.get(0)));
    assertEquals(SpooledEvent.malformed().text(), text(messages.get(1)));
  }

  @Test
  void takesNoHeaderThatNamesAnotherQueueOrCharacterSet() throws Exception {
    Message message = sent(SpooledEvent.one().hostile()).get(0);

    assertEquals(SpooledEvent.one().text(), text(message));
    assertEquals(SpooledEvent.one().headers(), properties(message));
  }

  private static String text(Message message) throws JMSException {
    return assertInstanceOf(TextMessage.class, message).getText();
  }

  private static Map<String, Object> properties(Message message) throws JMSException {
    Map<String, Object> all = new HashMap<>();
    for (Object name : Collections.list(message.getPropertyNames())) {
      if (!name.toString().startsWith("JMSX")) {
        all.put(name.toString(), message.getObjectProperty(name.toString()));
      }
    }
    return all;
  }

  private List<Message> sent(SpooledEvent... all) throws Exception {
    deadLetters.expectedMessageCount(0);
    for (SpooledEvent event : all) {
      events.sendBodyAndHeaders(event.body(), event.headers());
    }
    deadLetters.assertIsSatisfied();
    List<Message> messages = broker.take("events");
    assertEquals(all.length, messages.size());
    return messages;
  }
}
