package io.ensrelay.simulator;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulatorMqttTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final String CHECK_IN = "device/check_in";

  @TempDir Path dir;
  private Simulator simulator;

  @AfterEach
  void stop() {
    if (simulator != null) {
      simulator.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Profile.class)
  void deliversAnEventAtQos1OnTheTopicOfTheProfile(Profile profile) throws Exception {
    start(SimulatorOptions.in(dir).withProfile(profile));
    try (TestSubscriber subscriber = connect("one")) {
      subscriber.subscribe(simulator.topics().get("device_check_in"));

      simulator.publish(CHECK_IN, bytes("{}"));

      await().atMost(BOUND).until(() -> subscriber.received().size() == 1);
      assertEquals(
          new TestSubscriber.Received(
              profile.topic(SimulatorOptions.EXAMPLE_TENANT, CHECK_IN), "{}", 1),
          subscriber.received().get(0));
      assertEquals(1, simulator.published());
    }
  }

  @Test
  void takesAFullTopicAndAnyBytes() throws Exception {
    start(SimulatorOptions.in(dir));
    try (TestSubscriber subscriber = connect("one")) {
      subscriber.subscribe("another/#");

      simulator.publish("another/topic", bytes("no JSON"));

      await().atMost(BOUND).until(() -> subscriber.received().size() == 1);
      assertEquals("another/topic", subscriber.received().get(0).topic());
      assertEquals("no JSON", subscriber.received().get(0).text());
    }
  }

  @Test
  void keepsEventsInOrderForAClientThatIsAway() throws Exception {
    start(SimulatorOptions.in(dir));
    subscribeAndLeave("away");

    publish(1, 50);

    try (TestSubscriber subscriber = connect("away")) {
      awaitNumbers(subscriber, 50);
    }
  }

  @Test
  void keepsEventsAcrossARestart() throws Exception {
    SimulatorOptions options = SimulatorOptions.in(dir);
    start(options);
    subscribeAndLeave("away");
    publish(1, 20);

    simulator.close();
    start(options);
    publish(21, 40);

    try (TestSubscriber subscriber = connect("away")) {
      awaitNumbers(subscriber, 40);
    }
  }

  /** One topic must not wait for the other when both have more than the window holds. */
  @Test
  void drainsSeveralTopicsWithMoreThanTheWindowHolds() throws Exception {
    start(SimulatorOptions.in(dir));
    List<String> topics = List.copyOf(simulator.topics().values());
    try (TestSubscriber subscriber = connect("away")) {
      subscriber.subscribe(topics.toArray(String[]::new));
    }
    int perTopic = BrokerConfiguration.IN_FLIGHT * 2;
    byte[] payload = bytes("{}");
    for (String topic : topics) {
      for (int i = 0; i < perTopic; i++) {
        simulator.publish(topic, payload);
      }
    }

    try (TestSubscriber subscriber = connect("away")) {
      await()
          .atMost(BOUND)
          .untilAsserted(
              () -> assertEquals(perTopic * topics.size(), subscriber.received().size()));
    }
  }

  @Test
  void playsTheFleetOnAllItsTopics() throws Exception {
    start(SimulatorOptions.in(dir).withFleet(20, 400, 7));
    try (TestSubscriber subscriber = connect("one")) {
      subscriber.subscribe(simulator.topics().values().toArray(String[]::new));

      await()
          .atMost(BOUND)
          .untilAsserted(
              () ->
                  assertTrue(
                      subscriber.received().stream()
                          .map(TestSubscriber.Received::topic)
                          .collect(Collectors.toSet())
                          .containsAll(simulator.topics().values())));
      assertTrue(subscriber.received().stream().allMatch(each -> each.qos() == 1));
    }
  }

  @Test
  void refusesAClientWithoutCertificate() throws Exception {
    start(SimulatorOptions.in(dir));
    SSLContext tls = TestTls.withoutCertificate(simulator.certificates(), "TLS");

    assertThrows(MqttException.class, () -> TestSubscriber.connect(simulator, tls, "none"));
  }

  @Test
  void refusesTheCertificateOfAnotherAuthority() throws Exception {
    start(SimulatorOptions.in(dir));
    assertRefused(
        CertificateAuthority.create("stranger").issue(CertificateRequest.client("ens-relay")));
  }

  @Test
  void refusesAnExpiredCertificate() throws Exception {
    start(SimulatorOptions.in(dir));
    Instant now = Instant.now();
    assertRefused(
        simulator
            .certificates()
            .authority()
            .issue(
                CertificateRequest.client("late")
                    .valid(now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)))));
  }

  @Test
  void speaksTls12OnlyAsEpmm() throws Exception {
    start(SimulatorOptions.in(dir).withProfile(Profile.EPMM));

    assertEquals("TLSv1.2", shakeHands("TLSv1.2"));
    assertThrows(SSLException.class, () -> shakeHands("TLSv1.3"));
  }

  @Test
  void speaksTls12And13AsNeurons() throws Exception {
    start(SimulatorOptions.in(dir));

    assertEquals("TLSv1.2", shakeHands("TLSv1.2"));
    assertEquals("TLSv1.3", shakeHands("TLSv1.3"));
  }

  private String shakeHands(String protocol) throws Exception {
    URI url = URI.create(simulator.mqttUrl());
    try (SSLSocket socket =
        (SSLSocket) certificate().getSocketFactory().createSocket(url.getHost(), url.getPort())) {
      socket.setEnabledProtocols(new String[] {protocol});
      socket.startHandshake();
      return socket.getSession().getProtocol();
    }
  }

  private void start(SimulatorOptions options) throws IOException {
    simulator = Simulator.start(options);
  }

  private SSLContext certificate() throws Exception {
    return TestTls.showing(simulator.certificates().client(), simulator.certificates());
  }

  private TestSubscriber connect(String clientId) throws Exception {
    return TestSubscriber.connect(simulator, certificate(), clientId);
  }

  private void subscribeAndLeave(String clientId) throws Exception {
    try (TestSubscriber subscriber = connect(clientId)) {
      subscriber.subscribe(simulator.topics().get("device_check_in"));
    }
  }

  private void publish(int first, int last) throws IOException {
    for (int number = first; number <= last; number++) {
      simulator.publish(CHECK_IN, bytes(Integer.toString(number)));
    }
  }

  private static void awaitNumbers(TestSubscriber subscriber, int last) {
    List<String> expected = IntStream.rangeClosed(1, last).mapToObj(Integer::toString).toList();
    await()
        .atMost(BOUND)
        .untilAsserted(
            () ->
                assertEquals(
                    expected,
                    subscriber.received().stream().map(TestSubscriber.Received::text).toList()));
    assertTrue(subscriber.received().stream().allMatch(each -> each.qos() == 1));
  }

  private void assertRefused(IssuedCertificate certificate) throws Exception {
    Path file = dir.resolve("refused.p12");
    certificate.writePkcs12(file, simulator.certificates().password());
    SSLContext tls = TestTls.showing(file, simulator.certificates());

    assertThrows(MqttException.class, () -> TestSubscriber.connect(simulator, tls, "refused"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
