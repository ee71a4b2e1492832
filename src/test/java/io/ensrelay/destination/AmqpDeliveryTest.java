package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.delivery.FailureRules;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.time.Duration;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.apache.qpid.jms.message.JmsMessage;
import org.apache.qpid.jms.provider.amqp.message.AmqpJmsMessageFacade;
import org.junit.jupiter.api.Test;

/** The amqp destination with the AMQP 1.0 of Artemis. */
class AmqpDeliveryTest extends BrokerDeliveryTest {
  AmqpDeliveryTest() {
    super("amqp");
  }

  @Override
  String url(JmsBroker broker) {
    return broker.amqp();
  }

  @Override
  String tlsUrl() {
    return broker.tlsAmqp();
  }

  @Test
  void setsAsideAMessageThatTheBrokerRejectsAgainAndAgain() throws Exception {
    try (JmsBroker small = new JmsBroker(dir.resolve("small")).takingAtMost(200_000).start();
        Shipped relay = relay("url=" + url(small))) {
      relay
          .camel
          .getRegistry()
          .lookupByNameAndType("ensFailures", FailureRules.class)
          .setUnknownFor(Duration.ofMillis(300));
      relay.store(0, 50, DEVICES);
      relay.store("device-5", 50, "x".repeat(900_000));
      relay.store("device-6", 51, "x".repeat(900_000));
      relay.store(52, 100, DEVICES);
      await().atMost(SOON).until(() -> relay.status("amqp").delivered() >= 98);
      await().atMost(SOON).until(() -> relay.deadLetters("amqp").size() == 2);
      String reason = relay.deadLetters("amqp").get(0).reason();
      assertTrue(reason.contains("rejects the message: larger than 200000"), reason);
    }
  }

  @Test
  void sendsACloudEventAsBytesWithItsAttributes() throws Exception {
    try (Shipped relay = relay();
        Connection connection =
            new JmsConnectionFactory(broker.amqp()).createConnection("relay", "secret");
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
      relay.store("phone", 7, "ü");
      await().atMost(SOON).until(() -> relay.status("amqp").delivered() == 1);
      connection.start();
      Message message = consumer.receive(SOON.toMillis());
      String body = text(message);
      assertTrue(body.startsWith("{\"specversion\":\"1.0\""), body);
      assertTrue(body.contains("\"filling\":\"ü\""), body);
      assertEquals(DeliveryMode.PERSISTENT, message.getJMSDeliveryMode());
      assertEquals("device.check_in", message.getStringProperty("eventType"));
      assertEquals("phone", message.getStringProperty("deviceId"));
      assertEquals(true, message.getObjectProperty("deviceCompliant"));
      assertEquals(1582796173229L, message.getObjectProperty("eventTime"));
      AmqpJmsMessageFacade properties =
          assertInstanceOf(AmqpJmsMessageFacade.class, ((JmsMessage) message).getFacade());
      assertEquals(
          "application/cloudevents+json; charset=UTF-8", properties.getContentType().toString());
    }
  }
}
