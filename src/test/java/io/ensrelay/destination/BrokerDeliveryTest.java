package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import io.ensrelay.spool.DestinationStatus;
import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the jms and the amqp destination have in common, with one Artemis broker for each class. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
abstract class BrokerDeliveryTest {
  static final Duration SOON = Duration.ofSeconds(40);
  static final int DEVICES = 20;

  @TempDir static Path shared;
  static JmsBroker broker;

  @TempDir Path dir;

  /** Of each test its own. */
  String queue;

  private final String destination;

  BrokerDeliveryTest(String destination) {
    this.destination = destination;
  }

  @BeforeAll
  static void open() throws Exception {
    CertificateAuthority authority = CertificateAuthority.create("CA " + UUID.randomUUID());
    authority.writePem(shared.resolve("ca.pem"));
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("ca", authority.certificate());
    try (OutputStream out = Files.newOutputStream(shared.resolve("ca.p12"))) {
      trust.store(out, "changeit".toCharArray());
    }
    authority
        .issue(CertificateRequest.server("localhost", "localhost"))
        .writePkcs12(shared.resolve("broker.p12"), "changeit");
    authority
        .issue(CertificateRequest.client("relay"))
        .writePkcs12(shared.resolve("client.p12"), "changeit");
    CertificateAuthority.create("another CA").writePem(shared.resolve("other.pem"));
    broker =
        new JmsBroker(shared.resolve("broker"))
            .askingWho()
            .withTls(shared.resolve("broker.p12"), shared.resolve("ca.p12"))
            .start();
  }

  @AfterAll
  static void close() throws Exception {
    broker.close();
  }

  @BeforeEach
  void name(TestInfo test) {
    queue = test.getTestMethod().orElseThrow().getName();
  }

  abstract String url(JmsBroker broker);

  abstract String tlsUrl();

  @Test
  void deliversEverythingInOrderWhenTheBrokerIsBack() throws Exception {
    try (Shipped relay = relay()) {
      relay.store(0, 500, DEVICES);
      await().atMost(SOON).until(() -> broker.waiting(queue) == 500);
      broker.stop();
      relay.store(500, 1000, DEVICES);
      awaitState(relay, DestinationStatus.State.STALLED);
      broker.start();
      await().atMost(SOON).until(() -> relay.status(destination).delivered() >= 1000);
      awaitState(relay, DestinationStatus.State.OK);

      List<Integer> seqs = new ArrayList<>();
      for (Message message : broker.take(queue)) {
        seqs.add(Shipped.seq(text(message)));
      }
      assertEquals(1000, Shipped.firsts(seqs).size());
      assertTrue(Shipped.isInOrder(Shipped.firsts(seqs), DEVICES), "out of order");
      assertEquals(List.of(), relay.deadLetters(destination));
    }
  }

  @Test
  void isRefusedByABrokerThatDoesNotKnowTheUser() throws Exception {
    try (Shipped relay = relay("password=no")) {
      relay.store(0, 30, DEVICES);
      awaitState(relay, DestinationStatus.State.REFUSED);
      assertEquals(List.of(), relay.deadLetters(destination));
    }
  }

  @Test
  void logsInWithAPasswordOfAnyCharacters() throws Exception {
    try (Shipped relay = relay("username=odd", "password=" + JmsBroker.ODD)) {
      relay.store(0, 30, DEVICES);
      await().atMost(SOON).until(() -> broker.waiting(queue) == 30);
    }
  }

  @Test
  void sendsToAQueueWhoseNameIsUnusual() throws Exception {
    String odd = "events/of the day=1+2 %2B \u00fc";
    try (Shipped relay = relay("queue=" + odd)) {
      relay.store(0, 30, DEVICES);
      await().atMost(SOON).until(() -> broker.waiting(odd) == 30);
    }
  }

  @Test
  void isRefusedWhereThereIsNoSuchQueue() throws Exception {
    try (JmsBroker strict = new JmsBroker(dir.resolve("strict")).creatingNothing().start();
        Shipped relay = relay("url=" + url(strict))) {
      relay.store(0, 30, DEVICES);
      awaitState(relay, DestinationStatus.State.REFUSED);
      assertEquals(List.of(), relay.deadLetters(destination));
    }
  }

  @Test
  void sendsToATopic() throws Exception {
    broker.subscribe(queue, queue + "-one");
    broker.subscribe(queue, queue + "-two");
    try (Shipped relay = relay("queue=", "topic=" + queue)) {
      relay.store(0, 30, DEVICES);
      await().atMost(SOON).until(() -> broker.waiting(queue + "-two") == 30);
      assertEquals(30, broker.waiting(queue + "-one"));
    }
  }

  @Test
  void sendsOverTlsWithAClientCertificate() throws Exception {
    try (Shipped relay = encrypted(tlsUrl(), "ca.pem")) {
      relay.store(0, 30, DEVICES);
      await().atMost(SOON).until(() -> broker.waiting(queue) == 30);
    }
  }

  @Test
  void sendsNothingToABrokerWhoseCertificateIsNotTrusted() throws Exception {
    try (Shipped relay = encrypted(tlsUrl(), "other.pem")) {
      relay.store(0, 30, DEVICES);
      awaitState(relay, DestinationStatus.State.STALLED);
      assertEquals(0, broker.waiting(queue));
    }
  }

  @Test
  void sendsNothingToABrokerOfAnotherName() throws Exception {
    String another = tlsUrl().replace("localhost", "127.0.0.1");
    try (Shipped relay = encrypted(another, "ca.pem")) {
      relay.store(0, 30, DEVICES);
      awaitState(relay, DestinationStatus.State.STALLED);
      assertEquals(0, broker.waiting(queue));
    }
  }

  private Shipped encrypted(String url, String authorities) throws Exception {
    return relay(
        "url=" + url,
        "truststore=" + shared.resolve(authorities),
        "keystore=" + shared.resolve("client.p12"),
        "keystore-password=changeit");
  }

  /** Prints the rate. */
  @Test
  void keepsUpWithABurst() throws Exception {
    try (Shipped relay = relay()) {
      Burst.of(relay, destination, destination + ", Artemis", 5000);
    }
  }

  final void awaitState(Shipped relay, DestinationStatus.State state) {
    await().atMost(SOON).until(() -> relay.status(destination).state() == state);
  }

  static String text(Message message) throws JMSException {
    return message instanceof BytesMessage bytes
        ? new String(bytes.getBody(byte[].class), StandardCharsets.UTF_8)
        : message.getBody(String.class);
  }

  /** The shipped destination, with further settings {@code key=value}. */
  final Shipped relay(String... more) throws Exception {
    Map<String, String> all = new HashMap<>();
    String prefix = "ens.destination." + destination + ".";
    all.put(prefix + "enabled", "true");
    all.put(prefix + "url", url(broker));
    all.put(prefix + "queue", queue);
    all.put(prefix + "username", "relay");
    all.put(prefix + "password", "secret");
    for (String each : more) {
      String[] parts = each.split("=", 2);
      all.put(prefix + parts[0], parts[1]);
    }
    return new Shipped(
        dir.resolve("data"), all, "routes/destinations/" + destination + ".camel.yaml");
  }
}
