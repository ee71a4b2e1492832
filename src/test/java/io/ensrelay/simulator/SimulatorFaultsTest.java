package io.ensrelay.simulator;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each fault does what its name says, as often or as long as it is told to. */
class SimulatorFaultsTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final String METADATA = "event/$metadata";

  @TempDir static Path dir;
  private static Simulator simulator;
  private static Faults faults;
  private static TestRest rest;
  private static SSLContext tls;

  @BeforeAll
  static void start() throws Exception {
    simulator = Simulator.start(SimulatorOptions.in(dir));
    faults = simulator.faults();
    rest = TestRest.of(simulator);
    tls = TestTls.showing(simulator.certificates().client(), simulator.certificates());
  }

  @AfterAll
  static void stop() {
    simulator.close();
  }

  @AfterEach
  void clear() {
    faults.clear();
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 429, 503})
  void answersWithAnHttpStatus(int status) throws Exception {
    faults.set(Fault.status(status).retryAfter(7));

    HttpResponse<String> answer = rest.get(METADATA);

    assertEquals(status, answer.statusCode());
    assertEquals("7", answer.headers().firstValue("Retry-After").orElse(""));
  }

  @Test
  void endsWithItsCount() throws Exception {
    faults.set(Fault.status(503).times(2));

    assertEquals(503, rest.get(METADATA).statusCode());
    assertEquals(1, faults.list().get(0).remaining());
    assertEquals(503, rest.get(METADATA).statusCode());
    assertEquals(200, rest.get(METADATA).statusCode());
    assertEquals(List.of(), faults.list());
  }

  @Test
  void endsWithItsTime() throws Exception {
    faults.set(Fault.status(503).lasting(Duration.ofSeconds(1)));

    assertEquals(503, rest.get(METADATA).statusCode());
    await().atMost(BOUND).until(() -> rest.get(METADATA).statusCode() == 200);
  }

  @Test
  void endsWhenItIsCleared() throws Exception {
    long id = faults.set(Fault.status(503)).id();

    assertFalse(faults.clear(id + 1));
    assertEquals(503, rest.get(METADATA).statusCode());
    assertTrue(faults.clear(id));
    assertEquals(200, rest.get(METADATA).statusCode());
  }

  @Test
  void isAboutThePathItIsGiven() throws Exception {
    faults.set(Fault.status(503).on("device/count"));

    assertEquals(503, rest.get("device/count").statusCode());
    assertEquals(200, rest.get("device").statusCode());
    assertEquals(200, rest.get(METADATA).statusCode());
  }

  @Test
  void answersLate() throws Exception {
    faults.set(Fault.of(FaultKind.REST_SLOW).delayed(Duration.ofMillis(600)));
    long begin = System.nanoTime();

    assertEquals(200, rest.get(METADATA).statusCode());
    assertTrue(System.nanoTime() - begin >= Duration.ofMillis(600).toNanos());
  }

  @Test
  void cutsAnAnswerOff() throws Exception {
    faults.set(Fault.of(FaultKind.REST_CUT).times(1));

    assertThrows(IOException.class, () -> rest.get(METADATA));
    assertEquals(200, rest.get(METADATA).statusCode());
  }

  @Test
  void answersWithSomethingThatIsNotJson() throws Exception {
    faults.set(Fault.of(FaultKind.REST_NOT_JSON));

    HttpResponse<String> answer = rest.get(METADATA);

    assertEquals(200, answer.statusCode());
    assertThrows(JsonProcessingException.class, () -> new ObjectMapper().readTree(answer.body()));
  }

  @Test
  void listsNoTopicsOneMoreOrOneLess() throws Exception {
    faults.set(Fault.of(FaultKind.METADATA_NEW_KEY));
    faults.set(Fault.of(FaultKind.METADATA_MISSING_KEY).withKey("device_wiped"));

    var topics = rest.metadata().get("topics");
    assertEquals(
        SimulatorOptions.EXAMPLE_TENANT + "/device/sign_out",
        topics.get("device_sign_out").asText());
    assertFalse(topics.has("device_wiped"));
    assertEquals(9, topics.size());

    faults.set(Fault.of(FaultKind.METADATA_NO_TOPICS));
    assertEquals(0, rest.metadata().get("topics").size());
  }

  @Test
  void refusesConnectionsWithACode() throws Exception {
    faults.set(Fault.of(FaultKind.MQTT_REFUSE).withCode(4).times(1));

    assertEquals(4, assertThrows(MqttException.class, () -> connect("one")).getReasonCode());
    connect("one").close();
  }

  @Test
  void dropsAllConnectionsOnce() throws Exception {
    TestSubscriber one = connect("one");
    TestSubscriber other = connect("other");

    faults.set(Fault.of(FaultKind.MQTT_DROP));

    await().atMost(BOUND).until(one::hasLostItsConnection);
    await().atMost(BOUND).until(other::hasLostItsConnection);
    one.close();
    other.close();
    connect("one").close();
    assertEquals(List.of(), faults.list());
  }

  @Test
  void refusesSubscriptions() throws Exception {
    faults.set(Fault.of(FaultKind.MQTT_REFUSE_SUBSCRIPTIONS).times(1));
    try (TestSubscriber subscriber = connect("refused")) {
      String topic = simulator.topics().get("device_check_in");

      MqttException refusal = assertThrows(MqttException.class, () -> subscriber.subscribe(topic));
      assertEquals(0x80, refusal.getReasonCode());
      subscriber.subscribe(topic);
      simulator.publish(topic, bytes("1"));
      await().atMost(BOUND).until(() -> subscriber.texts().equals(List.of("1")));
    }
  }

  /** Twice, because what listens is not the same the second time. */
  @Test
  void listensNoMoreWhileConnectionsGoOn() throws Exception {
    try (TestSubscriber subscriber = connect("listener")) {
      subscriber.subscribe("#");
      for (int time = 1; time <= 2; time++) {
        faults.set(Fault.of(FaultKind.MQTT_NOT_ACCEPTING));
        assertThrows(ConnectException.class, SimulatorFaultsTest::touch);
        simulator.publish("device/check_in", bytes("" + time));
        int expected = time;
        await().atMost(BOUND).until(() -> subscriber.received().size() == expected);

        faults.clear();
        touch();
        connect("other").close();
      }
    }
  }

  @Test
  void delaysDelivery() throws Exception {
    try (TestSubscriber subscriber = connect("waiting")) {
      subscriber.subscribe("#");
      faults.set(Fault.of(FaultKind.MQTT_PAUSE));
      simulator.publish("device/check_in", bytes("1"));
      // a round trip on the same connection, which would come after the message
      subscriber.subscribe("another/topic");
      assertEquals(List.of(), subscriber.texts());

      faults.clear();
      await().atMost(BOUND).until(() -> subscriber.texts().equals(List.of("1")));
    }
  }

  @Test
  void refusesMqtt5() throws Exception {
    URI url = URI.create(simulator.mqttUrl());
    byte[] connect = {0x10, 16, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0, 0, 3, 'o', 'n', 'e'};
    try (Socket socket = tls.getSocketFactory().createSocket(url.getHost(), url.getPort())) {
      socket.getOutputStream().write(connect);
      assertEquals(List.of(0x20, 2, 0, 1), read(socket, 4));
    }
  }

  @Test
  void takesAHundredAtMost() {
    for (int i = 0; i < 100; i++) {
      faults.set(Fault.of(FaultKind.REST_CUT));
    }

    assertThrows(IllegalArgumentException.class, () -> faults.set(Fault.of(FaultKind.REST_CUT)));
  }

  private static TestSubscriber connect(String clientId) throws Exception {
    return TestSubscriber.connect(simulator, tls, clientId);
  }

  private static void touch() throws IOException {
    URI url = URI.create(simulator.mqttUrl());
    new Socket("127.0.0.1", url.getPort()).close();
  }

  private static List<Integer> read(Socket socket, int bytes) throws IOException {
    byte[] read = socket.getInputStream().readNBytes(bytes);
    return java.util.stream.IntStream.range(0, read.length)
        .mapToObj(place -> (int) read[place])
        .toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
