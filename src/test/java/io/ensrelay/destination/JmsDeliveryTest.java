package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.DestinationStatus;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.command.ActiveMQQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The jms destination with brokers that are there, away, closed or another make. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class JmsDeliveryTest {
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final int DEVICES = 20;
  private static final String FILE = "routes/destinations/jms.camel.yaml";

  @TempDir Path dir;

  @Test
  void deliversEverythingInOrderWhenTheBrokerIsBack() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).start();
        Shipped relay = new Shipped(dir.resolve("data"), settings(broker.url()), FILE)) {
      relay.store(0, 500, DEVICES);
      await().atMost(SOON).until(() -> broker.waiting("events") == 500);
      broker.stop();
      relay.store(500, 1000, DEVICES);
      awaitState(relay, DestinationStatus.State.STALLED);
      broker.start();
      await().atMost(SOON).until(() -> broker.waiting("events") >= 1000);
      awaitState(relay, DestinationStatus.State.OK);

      List<Integer> seqs = seqs(broker.take("events"));
      assertEquals(1000, Shipped.firsts(seqs).size());
      assertTrue(Shipped.isInOrder(Shipped.firsts(seqs), DEVICES), "out of order");
      assertEquals(List.of(), relay.deadLetters("jms"));
    }
  }

  @Test
  void isRefusedByABrokerThatDoesNotKnowTheUser() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).askingWho().start();
        Shipped relay =
            new Shipped(
                dir.resolve("data"),
                settings(broker.url(), "username=relay", "password=no"),
                FILE)) {
      relay.store(0, 30, DEVICES);
      awaitState(relay, DestinationStatus.State.REFUSED);
      assertEquals(List.of(), relay.deadLetters("jms"));
    }
  }

  @Test
  void logsInWithAPasswordOfAnyCharacters() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).askingWho().start();
        Shipped relay =
            new Shipped(
                dir.resolve("data"),
                settings(broker.url(), "username=odd", "password=" + JmsBroker.ODD),
                FILE)) {
      relay.store(0, 30, DEVICES);
      await().atMost(SOON).until(() -> broker.waiting("events") == 30);
    }
  }

  @Test
  void sendsToAQueueWhoseNameIsUnusual() throws Exception {
    String odd = "events/of the day=1";
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).start();
        Shipped relay =
            new Shipped(dir.resolve("data"), settings(broker.url(), "queue=" + odd), FILE)) {
      relay.store(0, 30, DEVICES);
      await().atMost(SOON).until(() -> relay.status("jms").delivered() == 30);
      assertEquals(30, broker.waiting(odd));
    }
  }

  @Test
  void isRefusedWhereThereIsNoSuchQueue() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).creatingNothing().start();
        Shipped relay = new Shipped(dir.resolve("data"), settings(broker.url()), FILE)) {
      relay.store(0, 30, DEVICES);
      awaitState(relay, DestinationStatus.State.REFUSED);
      assertEquals(List.of(), relay.deadLetters("jms"));
    }
  }

  @Test
  void sendsByTheFactoryOfAnotherBroker() throws Exception {
    BrokerService broker = new BrokerService();
    broker.setPersistent(false);
    broker.setUseJmx(false);
    String url = "tcp://127.0.0.1:" + JmsBroker.freePort();
    broker.addConnector(url);
    broker.start();
    Map<String, String> settings =
        settings(
            url,
            "factory=org.apache.activemq.ActiveMQConnectionFactory",
            "factory.clientIDPrefix=relay");
    try (Shipped relay = new Shipped(dir.resolve("data"), settings, FILE)) {
      relay.store(0, 100, DEVICES);
      await().atMost(SOON).until(() -> relay.status("jms").delivered() == 100);
      assertEquals(
          100,
          broker
              .getDestination(new ActiveMQQueue("events"))
              .getDestinationStatistics()
              .getEnqueues()
              .getCount());
    } finally {
      broker.stop();
    }
  }

  /** Prints the rate. */
  @Test
  void keepsUpWithABurst() throws Exception {
    try (JmsBroker broker = new JmsBroker(dir.resolve("broker")).start();
        Shipped relay = new Shipped(dir.resolve("data"), settings(broker.url()), FILE)) {
      Burst.of(relay, "jms", "JMS, Artemis", 20_000);
    }
  }

  private static void awaitState(Shipped relay, DestinationStatus.State state) {
    await().atMost(SOON).until(() -> relay.status("jms").state() == state);
  }

  private static List<Integer> seqs(List<Message> messages) throws JMSException {
    List<Integer> seqs = new ArrayList<>();
    for (Message message : messages) {
      seqs.add(Shipped.seq(message.getBody(String.class)));
    }
    return seqs;
  }

  private static Map<String, String> settings(String url, String... more) {
    Map<String, String> all = new HashMap<>();
    all.put("ens.destination.jms.enabled", "true");
    all.put("ens.destination.jms.url", url);
    all.put("ens.destination.jms.queue", "events");
    for (String each : more) {
      String[] parts = each.split("=", 2);
      all.put("ens.destination.jms." + parts[0], parts[1]);
    }
    return all;
  }
}
