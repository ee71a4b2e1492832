package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.broker.SslContext;
import org.apache.activemq.command.ActiveMQQueue;
import org.junit.jupiter.api.Test;

/** The jms destination with Artemis' own protocol, and with another broker. */
class JmsDeliveryTest extends BrokerDeliveryTest {
  JmsDeliveryTest() {
    super("jms");
  }

  @Override
  String url(JmsBroker broker) {
    return broker.url();
  }

  @Override
  String tlsUrl() {
    return broker.tlsUrl();
  }

  @Test
  void sendsByTheFactoryOfAnotherBroker() throws Exception {
    String url = "tcp://127.0.0.1:" + JmsBroker.freePort();
    BrokerService classic = classic();
    classic.addConnector(url);
    classic.start();
    try (Shipped relay =
        relay(
            "url=" + url,
            "factory=org.apache.activemq.ActiveMQConnectionFactory",
            "factory.clientIDPrefix=relay")) {
      relay.store(0, 100, DEVICES);
      await().atMost(SOON).until(() -> relay.status("jms").delivered() == 100);
      assertEquals(100, enqueued(classic));
    } finally {
      classic.stop();
    }
  }

  @Test
  void givesTheFactoryOfAnotherBrokerTheCertificates() throws Exception {
    String url = "ssl://localhost:" + JmsBroker.freePort();
    BrokerService classic = classic();
    KeyStore keys =
        KeyStore.getInstance(shared.resolve("broker.p12").toFile(), "changeit".toCharArray());
    KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(keys, "changeit".toCharArray());
    classic.setSslContext(new SslContext(managers.getKeyManagers(), null, null));
    classic.addConnector(url);
    classic.start();
    try (Shipped relay =
        relay(
            "url=" + url,
            "factory=org.apache.activemq.ActiveMQSslConnectionFactory",
            "truststore=" + shared.resolve("ca.p12"),
            "truststore-password=changeit")) {
      relay.store(0, 100, DEVICES);
      await().atMost(SOON).until(() -> relay.status("jms").delivered() == 100);
      assertEquals(100, enqueued(classic));
    } finally {
      classic.stop();
    }
  }

  @Test
  void setsAsideAMessageThatIsTooLargeForAnotherBroker() throws Exception {
    String url = "tcp://127.0.0.1:" + JmsBroker.freePort();
    BrokerService classic = classic();
    classic.addConnector(url + "?wireFormat.maxFrameSize=200000");
    classic.start();
    try (Shipped relay =
        relay("url=" + url, "factory=org.apache.activemq.ActiveMQConnectionFactory")) {
      relay.store(0, 50, DEVICES);
      relay.store("device-5", 50, "x".repeat(900_000));
      relay.store(51, 100, DEVICES);
      await().atMost(SOON).until(() -> relay.status("jms").delivered() >= 99);
      await().atMost(SOON).until(() -> !relay.deadLetters("jms").isEmpty());
      assertEquals(1, relay.deadLetters("jms").size());
      String reason = relay.deadLetters("jms").get(0).reason();
      assertTrue(reason.contains("does not take a message of this size"), reason);
    } finally {
      classic.stop();
    }
  }

  @Test
  void saysWhenAFactoryTakesNoCertificates() {
    Exception refused =
        assertThrows(
            Exception.class,
            () ->
                relay(
                    "factory=org.apache.activemq.ActiveMQConnectionFactory",
                    "truststore=" + shared.resolve("ca.pem")));

    assertTrue(
        causes(refused).contains("ActiveMQConnectionFactory does not take certificates this way"),
        causes(refused));
  }

  private static String causes(Throwable failure) {
    return failure.getCause() == null ? failure.toString() : failure + causes(failure.getCause());
  }

  private static BrokerService classic() throws Exception {
    BrokerService classic = new BrokerService();
    classic.setPersistent(false);
    classic.setUseJmx(false);
    return classic;
  }

  private long enqueued(BrokerService classic) throws Exception {
    return classic
        .getDestination(new ActiveMQQueue(queue))
        .getDestinationStatistics()
        .getEnqueues()
        .getCount();
  }
}
