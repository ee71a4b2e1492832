package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.DestinationStatus;
import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.apache.qpid.jms.message.JmsMessage;
import org.apache.qpid.jms.provider.amqp.message.AmqpJmsMessageFacade;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The amqp destination with the AMQP 1.0 of Artemis. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class AmqpDeliveryTest {
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final int DEVICES = 20;
  private static final String FILE = "routes/destinations/amqp.camel.yaml";

  @TempDir Path dir;

  @Test
  void sendsACloudEventAsBytesWithItsAttributes() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).askingWho().start();
        Shipped relay =
            new Shipped(
                dir.resolve("data"),
                settings(broker.amqp(), "username=odd", "password=" + JmsBroker.ODD),
                FILE)) {
      relay.store("phone", 7, "ü");
      await().atMost(SOON).until(() -> relay.status("amqp").delivered() == 1);
      Message message = take(broker).get(0);
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

  @Test
  void deliversEverythingInOrderWhenTheBrokerIsBack() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).start();
        Shipped relay = new Shipped(dir.resolve("data"), settings(broker.amqp()), FILE)) {
      relay.store(0, 500, DEVICES);
      await().atMost(SOON).until(() -> relay.status("amqp").delivered() == 500);
      broker.stop();
      relay.store(500, 1000, DEVICES);
      awaitState(relay, DestinationStatus.State.STALLED);
      broker.start();
      await().atMost(SOON).until(() -> relay.status("amqp").delivered() >= 1000);
      List<Integer> seqs = new ArrayList<>();
      for (Message message : take(broker)) {
        seqs.add(Shipped.seq(text(message)));
      }
      assertEquals(1000, Shipped.firsts(seqs).size());
      assertTrue(Shipped.isInOrder(Shipped.firsts(seqs), DEVICES), "out of order");
      assertEquals(List.of(), relay.deadLetters("amqp"));
    }
  }

  @Test
  void isRefusedByABrokerThatDoesNotKnowTheUser() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).askingWho().start();
        Shipped relay =
            new Shipped(
                dir.resolve("data"),
                settings(broker.amqp(), "username=relay", "password=no"),
                FILE)) {
      relay.store(0, 30, DEVICES);
      awaitState(relay, DestinationStatus.State.REFUSED);
      assertEquals(List.of(), relay.deadLetters("amqp"));
    }
  }

  @Test
  void isRefusedWhereThereIsNoSuchQueue() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).creatingNothing().start();
        Shipped relay = new Shipped(dir.resolve("data"), settings(broker.amqp()), FILE)) {
      relay.store(0, 30, DEVICES);
      awaitState(relay, DestinationStatus.State.REFUSED);
      assertEquals(List.of(), relay.deadLetters("amqp"));
    }
  }

  /** Prints the rate. */
  @Test
  void keepsUpWithABurst() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).start();
        Shipped relay = new Shipped(dir.resolve("data"), settings(broker.amqp()), FILE)) {
      Burst.of(relay, "amqp", "AMQP, Artemis", 20_000);
    }
  }

  private static void awaitState(Shipped relay, DestinationStatus.State state) {
    await().atMost(SOON).until(() -> relay.status("amqp").state() == state);
  }

  private static String text(Message message) throws JMSException {
    return new String(
        assertInstanceOf(BytesMessage.class, message).getBody(byte[].class),
        StandardCharsets.UTF_8);
  }

  private static List<Message> take(JmsBroker broker) throws JMSException {
    try (Connection connection =
            new JmsConnectionFactory(broker.amqp()).createConnection("relay", "secret");
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue("events"))) {
      connection.start();
      List<Message> all = new ArrayList<>();
      for (Message next = consumer.receive(2000); next != null; next = consumer.receive(500)) {
        all.add(next);
      }
      return all;
    }
  }

  private static Map<String, String> settings(String url, String... more) {
    Map<String, String> all = new HashMap<>();
    all.put("ens.destination.amqp.enabled", "true");
    all.put("ens.destination.amqp.url", url);
    all.put("ens.destination.amqp.queue", "events");
    for (String each : more) {
      String[] parts = each.split("=", 2);
      all.put("ens.destination.amqp." + parts[0], parts[1]);
    }
    return all;
  }
}
