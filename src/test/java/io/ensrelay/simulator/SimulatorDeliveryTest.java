package io.ensrelay.simulator;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules by which the service delivers, one after the other. */
class SimulatorDeliveryTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final String LAST = "last";

  @TempDir static Path sharedDir;
  private static Simulator shared;
  private static int tests;

  @TempDir Path dir;
  private final String topic = "test/" + ++tests;
  private Simulator simulator;
  private SSLContext tls;

  @BeforeAll
  static void startShared() throws Exception {
    shared = Simulator.start(SimulatorOptions.in(sharedDir));
  }

  @AfterAll
  static void stopShared() {
    shared.close();
  }

  @BeforeEach
  void useShared() throws Exception {
    use(shared);
  }

  @AfterEach
  void stop() {
    if (simulator != shared) {
      simulator.close();
    }
  }

  @Test
  void purgesWhatAnotherHasAcknowledgedForWhoIsAway() throws Exception {
    subscribeAndLeave("away");
    try (TestSubscriber present = connect("present")) {
      present.subscribe(topic);
      publish(1, 50);
      await().atMost(BOUND).until(() -> present.received().size() == 50);
    }
    awaitAcknowledgedBy("present");

    assertEquals(List.of(LAST), whatIsLeftFor("away"));
  }

  /** With fresh threads, many messages under way, and a session that has not settled. */
  @Test
  void keepsTheOrderOfWhatClientsPublish() throws Exception {
    List<String> sent = IntStream.range(0, 300).mapToObj(Integer::toString).toList();
    for (int round = 0; round < 5; round++) {
      try (Simulator fresh = Simulator.start(SimulatorOptions.in(dir.resolve("fresh" + round)))) {
        use(fresh);
        try (TestSubscriber subscriber = connect("subscriber");
            TestPublisher publisher = TestPublisher.connect(fresh, tls, 60)) {
          subscriber.subscribe(topic);
          publisher.publish(topic, sent);
          await().atMost(BOUND).until(() -> subscriber.received().size() == sent.size());
          assertEquals(sent, subscriber.texts());
        }
      }
    }
    use(shared);
  }

  /** It needs no ping: what it publishes shows that it lives. */
  @Test
  void keepsAClientThatOnlyPublishes() throws Exception {
    try (TestPublisher publisher = TestPublisher.connect(simulator, tls, 1)) {
      for (int i = 0; i < 60; i++) {
        publisher.publish(topic, List.of("still here"));
        Thread.sleep(100);
      }
      assertTrue(publisher.isConnected());
    }
  }

  @Test
  void deliversAMessageOfTenMegabytes() throws Exception {
    String text = "x".repeat(10 << 20);
    try (TestSubscriber subscriber = connect("one");
        TestPublisher publisher = TestPublisher.connect(simulator, tls, 30)) {
      subscriber.subscribe(topic);
      publisher.publish(topic, List.of("before", text, "after"));

      await().atMost(BOUND).until(() -> subscriber.received().size() == 3);
      assertEquals(List.of("before", text, "after"), subscriber.texts());
    }
  }

  /** Also when the backlog is paged to disk. */
  @Test
  void purgesALongBacklogOfTwoThatWereAway() throws Exception {
    subscribeAndLeave("one");
    subscribeAndLeave("other");
    byte[] payload = new byte[8192];
    for (int i = 0; i < 1000; i++) {
      simulator.publish(topic, payload);
    }

    try (TestSubscriber one = connect("one")) {
      await().atMost(BOUND).until(() -> one.received().size() == 1000);
    }
    awaitAcknowledgedBy("one");

    assertEquals(List.of(LAST), whatIsLeftFor("other"));
  }

  @Test
  void givesAMessageToAllWhoAreThere() throws Exception {
    try (TestSubscriber one = connect("one");
        TestSubscriber other = TestSubscriber.hesitant(simulator, tls, unique("other"))) {
      one.subscribe(topic);
      other.subscribe(topic);

      publish(1, 20);

      await().atMost(BOUND).until(() -> one.received().size() == 20);
      await().atMost(BOUND).until(() -> other.received().size() == 20);
    }
  }

  @Test
  void purgesWhatAnotherHasAcknowledgedWhenAClientGoesWithoutHavingDoneSo() throws Exception {
    try (TestSubscriber one = connect("one")) {
      one.subscribe(topic);
      TestSubscriber other = TestSubscriber.hesitant(simulator, tls, unique("other"));
      other.subscribe(topic);
      publish(1, 20);
      await().atMost(BOUND).until(() -> one.received().size() == 20);
      await().atMost(BOUND).until(() -> other.received().size() == 20);
      other.vanish();
    }
    await().atMost(BOUND).until(() -> simulator.connections() == 0);

    assertEquals(List.of(LAST), whatIsLeftFor("other"));
  }

  @Test
  void keepsWhatNobodyHasAcknowledged() throws Exception {
    subscribeAndLeave("away");
    TestSubscriber hesitant = TestSubscriber.hesitant(simulator, tls, unique("hesitant"));
    hesitant.subscribe(topic);
    publish(1, 20);
    await().atMost(BOUND).until(() -> hesitant.received().size() == 20);
    hesitant.vanish();

    List<String> expected = numbers(1, 20);
    expected.add(LAST);
    assertEquals(expected, whatIsLeftFor("away"));
  }

  @Test
  void takesADeliveryAtQos0ForAcknowledged() throws Exception {
    subscribeAndLeave("away");
    try (TestSubscriber present = connect("present")) {
      present.subscribe(0, topic);
      publish(1, 20);
      await().atMost(BOUND).until(() -> present.received().size() == 20);
      assertTrue(present.received().stream().allMatch(each -> each.qos() == 0));
    }

    assertEquals(List.of(LAST), whatIsLeftFor("away"));
  }

  @Test
  void setsDupOnWhatItDeliversAgain() throws Exception {
    TestSubscriber first = TestSubscriber.hesitant(simulator, tls, unique("one"));
    first.subscribe(topic);
    publish(1, 3);
    await().atMost(BOUND).until(() -> first.received().size() == 3);
    assertEquals(List.of(), first.duplicates());
    first.vanish();
    await().atMost(BOUND).until(() -> simulator.connections() == 0);
    publish(4, 5);

    try (TestSubscriber again = connect("one")) {
      await().atMost(BOUND).until(() -> again.received().size() == 5);
      assertEquals(numbers(1, 5), again.texts());
      assertEquals(numbers(1, 3), again.duplicates());
    }
  }

  @Test
  void givesASessionToTheSecondConnectionOfItsClientId() throws Exception {
    TestSubscriber first = TestSubscriber.hesitant(simulator, tls, unique("one"));
    first.subscribe(topic);
    publish(1, 3);
    await().atMost(BOUND).until(() -> first.received().size() == 3);

    try (TestSubscriber second = connect("one")) {
      await().atMost(BOUND).until(first::hasLostItsConnection);
      await().atMost(BOUND).until(() -> second.received().size() == 3);
      assertEquals(numbers(1, 3), second.duplicates());
      assertEquals(1, simulator.connections());
      publish(4, 4);
      await().atMost(BOUND).until(() -> second.received().size() == 4);
    }
    first.close();
  }

  @Test
  void forgetsAMessageAfterTheRetentionTime() throws Exception {
    start(ServiceRules.documented().withRetention(Duration.ofSeconds(1)));
    subscribeAndLeave("away");
    publish(1, 20);
    long published = System.nanoTime();
    await()
        .atMost(BOUND)
        .until(() -> System.nanoTime() - published > Duration.ofMillis(1_100).toNanos());

    assertEquals(List.of(LAST), whatIsLeftFor("away"));
  }

  @Test
  void keepsNothingForAClientThatIsAwayAndSubscribedWithQos0() throws Exception {
    try (TestSubscriber away = connect("away")) {
      away.subscribe(0, topic);
    }
    await().atMost(BOUND).until(() -> simulator.connections() == 0);
    publish(1, 20);

    // an accepted connection has not got its old subscription yet, and QoS 0 waits for nobody
    assertEquals(List.of(LAST), whatIsLeftForSubscriber("away", 0));
  }

  @Test
  void keepsNothingForAClientWithACleanSession() throws Exception {
    try (TestSubscriber away = TestSubscriber.clean(simulator, tls, unique("away"))) {
      away.subscribe(topic);
    }
    await().atMost(BOUND).until(() -> simulator.connections() == 0);
    publish(1, 20);

    assertEquals(List.of(LAST), whatIsLeftForSubscriber("away", 1));
  }

  @Test
  void deletesASessionWhenItsClientComesWithACleanOne() throws Exception {
    subscribeAndLeave("away");
    publish(1, 20);
    TestSubscriber.clean(simulator, tls, unique("away")).close();
    await().atMost(BOUND).until(() -> simulator.connections() == 0);

    assertEquals(List.of(LAST), whatIsLeftForSubscriber("away", 1));
  }

  @Test
  void deletesABacklogWhenItsClientSubscribesWithAnotherQos() throws Exception {
    subscribeAndLeave("away");
    simulator.faults().set(Fault.of(FaultKind.MQTT_PAUSE));
    publish(1, 20);

    try (TestSubscriber again = connect("away")) {
      again.subscribe(0, topic);
      publishLast();
      simulator.faults().clear();
      await().atMost(BOUND).until(() -> again.texts().contains(LAST));
      assertEquals(List.of(LAST), again.texts());
    }
  }

  @Test
  void refusesOneConnectionMoreThanTheRulesAllow() throws Exception {
    start(ServiceRules.documented().withConnections(2, Refusal.UNAVAILABLE));
    TestSubscriber first = connect("one");
    try (TestSubscriber second = connect("two")) {
      assertEquals(3, assertThrows(MqttException.class, () -> connect("three")).getReasonCode());
      // not one more: it takes over
      connect("two").close();
      assertTrue(first.isConnected());
      await().atMost(BOUND).until(second::hasLostItsConnection);
    }
    await().atMost(BOUND).until(() -> simulator.connections() == 1);
    connect("three").close();
    first.close();
  }

  @Test
  void refusesInTheWayTheRulesSay() throws Exception {
    start(ServiceRules.documented().withConnections(1, Refusal.NOT_AUTHORIZED));
    try (TestSubscriber only = connect("one")) {
      assertEquals(5, assertThrows(MqttException.class, () -> connect("two")).getReasonCode());
      assertTrue(only.isConnected());
    }
  }

  @Test
  void closesTheConnectionWithoutAWordWhenTheRulesSaySo() throws Exception {
    start(ServiceRules.documented().withConnections(1, Refusal.CLOSE));
    try (TestSubscriber only = connect("one")) {
      int code = assertThrows(MqttException.class, () -> connect("two")).getReasonCode();
      assertEquals(MqttException.REASON_CODE_CONNECTION_LOST, code);
      assertTrue(only.isConnected());
    }
  }

  private void start(ServiceRules rules) throws Exception {
    use(Simulator.start(SimulatorOptions.in(dir).withRules(rules)));
  }

  private void use(Simulator used) throws Exception {
    simulator = used;
    tls = TestTls.showing(simulator.certificates().client(), simulator.certificates());
  }

  private TestSubscriber connect(String clientId) throws Exception {
    return TestSubscriber.connect(simulator, tls, unique(clientId));
  }

  /** A client of this test only. */
  private String unique(String clientId) {
    return topic + clientId;
  }

  private void subscribeAndLeave(String clientId) throws Exception {
    try (TestSubscriber subscriber = connect(clientId)) {
      subscriber.subscribe(topic);
    }
    await().atMost(BOUND).until(() -> simulator.connections() == 0);
  }

  /** The broker may take its time for the last acknowledgements of a client that has gone. */
  private void awaitAcknowledgedBy(String clientId) {
    await().atMost(BOUND).until(() -> whatIsLeftFor(clientId).equals(List.of(LAST)));
  }

  /** One message more is published, which comes last: what came before it was left. */
  private List<String> whatIsLeftFor(String clientId) throws Exception {
    await().atMost(BOUND).until(() -> simulator.connections() == 0);
    try (TestSubscriber again = connect(clientId)) {
      publishLast();
      await().atMost(BOUND).until(() -> again.texts().contains(LAST));
      return again.texts();
    }
  }

  /** The same for one that subscribes when it is back, before the last message. */
  private List<String> whatIsLeftForSubscriber(String clientId, int qos) throws Exception {
    try (TestSubscriber again = connect(clientId)) {
      again.subscribe(qos, topic);
      publishLast();
      await().atMost(BOUND).until(() -> again.texts().contains(LAST));
      return again.texts();
    }
  }

  private void publishLast() throws IOException {
    simulator.publish(topic, LAST.getBytes(StandardCharsets.UTF_8));
  }

  private void publish(int first, int last) throws IOException {
    for (int number = first; number <= last; number++) {
      simulator.publish(topic, Integer.toString(number).getBytes(StandardCharsets.UTF_8));
    }
  }

  private static List<String> numbers(int first, int last) {
    return new ArrayList<>(IntStream.rangeClosed(first, last).mapToObj(Integer::toString).toList());
  }
}
