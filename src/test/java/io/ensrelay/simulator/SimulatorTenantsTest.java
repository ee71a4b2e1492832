package io.ensrelay.simulator;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatorTenantsTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final String CHECK_IN = "device/check_in";

  @TempDir Path dir;
  private Simulator simulator;
  private SimulatedTenant one;
  private SimulatedTenant two;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(SimulatorOptions.in(dir).withTenants(3));
    one = simulator.tenant("tenant-001");
    two = simulator.tenant("tenant-002");
  }

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void answersMetadataToTheCertificateThatAsks() throws Exception {
    assertEquals(
        one.uuid() + "/" + CHECK_IN, rest(one).metadata().at("/topics/device_check_in").asText());
    assertEquals(
        two.uuid() + "/" + CHECK_IN, rest(two).metadata().at("/topics/device_check_in").asText());
    assertEquals(403, TestRest.of(simulator).get("event/$metadata").statusCode());
  }

  @Test
  void answersMetadataToTheUserThatAsks() throws Exception {
    assertTrue(asUser("tenant-002", "ens-tenant-002").body().contains(two.uuid()));
    assertEquals(401, asUser("tenant-002", "ens-tenant-001").statusCode());
    assertEquals(401, asUser("ens", "ens").statusCode());
    assertEquals(401, asUser("", "").statusCode());
  }

  @Test
  void letsATenantSubscribeToItsOwnTopicsOnly() throws Exception {
    try (TestSubscriber subscriber = connect(one)) {
      subscriber.subscribe(one.uuid() + "/#");
      assertThrows(MqttException.class, () -> subscriber.subscribe("#"));
      assertThrows(MqttException.class, () -> subscriber.subscribe("+/" + CHECK_IN));
      assertThrows(MqttException.class, () -> subscriber.subscribe(two.uuid() + "/#"));

      simulator.publish(two, CHECK_IN, bytes("two"));
      simulator.publish(one, CHECK_IN, bytes("one"));

      await().atMost(BOUND).until(() -> subscriber.texts().equals(List.of("one")));
    }
  }

  @Test
  void refusesAClientOfNoTenant() {
    assertThrows(
        MqttException.class,
        () ->
            TestSubscriber.connect(
                simulator,
                TestTls.showing(simulator.certificates().client(), simulator.certificates()),
                "stranger"));
  }

  @Test
  void sharesTheRateAndCountsWhatEachTenantGot() throws Exception {
    try (TestSubscriber first = connect(one);
        TestSubscriber second = connect(two)) {
      first.subscribe(one.uuid() + "/#");
      second.subscribe(two.uuid() + "/#");
      simulator.setRate(300);
      await().atMost(BOUND).until(() -> simulator.published() > 150);
      simulator.setRate(0);

      await().atMost(BOUND).until(() -> first.received().size() == one.published());
      await().atMost(BOUND).until(() -> second.received().size() == two.published());
      assertTrue(Math.abs(one.published() - two.published()) <= 1);
      assertEquals(
          simulator.published(),
          simulator.tenants().stream().mapToLong(SimulatedTenant::published).sum());
      assertEquals(
          first.texts().stream().mapToLong(SimulatorTenantsTest::events).sum(), one.events());
    }
  }

  @Test
  void givesEachTenantDevicesOfItsOwn() throws Exception {
    simulator.happen(EventKind.ENROLLED, 3);
    await().atMost(BOUND).until(() -> simulator.enrolled() == 3);

    JsonNode first = rest(one).json("device");
    JsonNode second = rest(two).json("device");

    assertEquals(1, first.get("results").asInt());
    assertFalse(first.get("searchResults").equals(second.get("searchResults")));
    simulator.happen(two, EventKind.ENROLLED, 2);
    await().atMost(BOUND).until(() -> two.enrolled() == 3);
    assertEquals(1, one.enrolled());
  }

  @Test
  void countsConnectionsForEachTenant() throws Exception {
    simulator.close();
    simulator =
        Simulator.start(
            SimulatorOptions.in(dir)
                .withTenants(2)
                .withRules(ServiceRules.documented().withConnections(1, Refusal.UNAVAILABLE)));
    one = simulator.tenant("tenant-001");
    try (TestSubscriber first = connect(one);
        TestSubscriber second = connect(simulator.tenant("tenant-002"))) {
      assertTrue(first.isConnected() && second.isConnected());
      assertEquals(2, simulator.connections());
      assertEquals(1, simulator.connections(one));
      assertThrows(
          MqttException.class, () -> TestSubscriber.connect(simulator, tls(one), "surplus"));
    }
  }

  @Test
  void dropsTheConnectionsOfOneTenant() throws Exception {
    try (TestSubscriber first = connect(one);
        TestSubscriber second = connect(two)) {
      simulator.faults().set(Fault.of(FaultKind.MQTT_DROP).of("tenant-001"));

      await().atMost(BOUND).until(first::hasLostItsConnection);
      assertFalse(second.hasLostItsConnection());
    }
  }

  @Test
  void refusesTheLoginOfOneTenant() throws Exception {
    simulator.faults().set(Fault.status(401).of("tenant-001"));
    simulator.faults().set(Fault.of(FaultKind.MQTT_REFUSE).withCode(4).of("tenant-001"));

    assertEquals(401, rest(one).get("event/$metadata").statusCode());
    assertEquals(401, asUser("tenant-001", "ens-tenant-001").statusCode());
    assertThrows(MqttException.class, () -> connect(one));
    assertEquals(200, rest(two).get("event/$metadata").statusCode());
    connect(two).close();
  }

  @Test
  void neverAnswersTheCallsOfOneTenant() throws Exception {
    simulator.faults().set(Fault.of(FaultKind.REST_HANG).of("tenant-001"));

    assertThrows(
        HttpTimeoutException.class,
        () ->
            client()
                .send(
                    request("tenant-001", "ens-tenant-001", Duration.ofMillis(500)),
                    BodyHandlers.ofString()));
    assertEquals(200, asUser("tenant-002", "ens-tenant-002").statusCode());
  }

  /** A socket without a time limit would wait for ever; here the reader gives up. */
  @Test
  void neverAnswersTheConnectionOfOneTenant() throws Exception {
    simulator.faults().set(Fault.of(FaultKind.MQTT_HANG).of("tenant-001"));

    assertTrue(RawMqtt.hangs(simulator, tls(one)));
    assertFalse(RawMqtt.hangs(simulator, tls(two)));
  }

  @Test
  void keepsTheMessagesOfAConnectionThatHangs() throws Exception {
    try (TestSubscriber first = connect(one)) {
      first.subscribe(one.uuid() + "/#");
      simulator.faults().set(Fault.of(FaultKind.MQTT_HANG).of("tenant-001"));
      simulator.publish(one, CHECK_IN, bytes("while it hangs"));
      simulator.faults().clear();
      first.vanish();
    }
    try (TestSubscriber again = connect(one)) {
      await().atMost(BOUND).until(() -> again.texts().equals(List.of("while it hangs")));
    }
  }

  @Test
  void pausesOneTenant() throws Exception {
    try (TestSubscriber first = connect(one);
        TestSubscriber second = connect(two)) {
      first.subscribe(one.uuid() + "/#");
      second.subscribe(two.uuid() + "/#");
      simulator.faults().set(Fault.of(FaultKind.MQTT_PAUSE).of("tenant-001"));
      simulator.publish(one, CHECK_IN, bytes("later"));
      simulator.publish(two, CHECK_IN, bytes("now"));

      await().atMost(BOUND).until(() -> second.texts().equals(List.of("now")));
      assertEquals(List.of(), first.texts());
      simulator.faults().clear();
      await().atMost(BOUND).until(() -> first.texts().equals(List.of("later")));
    }
  }

  @Test
  void knowsTheTenantsThatAFaultNames() {
    Fault fault = Fault.of(FaultKind.REST_HANG).of("acme");

    assertEquals(
        "tenant: must be one of tenant-001 to tenant-003",
        assertThrows(IllegalArgumentException.class, () -> simulator.faults().set(fault))
            .getMessage());
  }

  @Test
  void tellsTheAccountOfEachTenantToWhoSteers() throws Exception {
    try (ControlApi control = ControlApi.start(simulator, 0)) {
      simulator.publish(two, CHECK_IN, bytes("{}"));
      JsonNode tenants =
          new ObjectMapper()
              .readTree(URI.create("http://127.0.0.1:" + control.port() + "/status").toURL())
              .get("tenants");

      assertEquals(3, tenants.size());
      assertEquals("tenant-002", tenants.get(1).get("name").asText());
      assertEquals(1, tenants.get(1).get("published").asInt());
      assertEquals(0, tenants.get(0).get("published").asInt());
    }
  }

  private TestSubscriber connect(SimulatedTenant tenant) throws Exception {
    return TestSubscriber.connect(simulator, tls(tenant), "relay-" + tenant.name());
  }

  private TestRest rest(SimulatedTenant tenant) throws Exception {
    return new TestRest(simulator, tls(tenant));
  }

  private SSLContext tls(SimulatedTenant tenant) throws Exception {
    return TestTls.showing(
        simulator.certificates().tenant(tenant.name()), simulator.certificates());
  }

  private HttpResponse<String> asUser(String user, String password) throws Exception {
    return client().send(request(user, password, BOUND), BodyHandlers.ofString());
  }

  private HttpClient client() throws Exception {
    return HttpClient.newBuilder()
        .sslContext(TestTls.withoutCertificate(simulator.certificates(), "TLS"))
        .build();
  }

  private HttpRequest request(String user, String password, Duration patience) {
    String basic = Base64.getEncoder().encodeToString(bytes(user + ":" + password));
    return HttpRequest.newBuilder(URI.create(simulator.apiUrl() + "/msa/v1/cps/event/$metadata"))
        .header("Authorization", "Basic " + basic)
        .timeout(patience)
        .build();
  }

  private static long events(String message) {
    try {
      return Math.max(1, new ObjectMapper().readTree(message).get("devices").size());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
