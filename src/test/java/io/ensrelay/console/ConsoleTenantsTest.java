package io.ensrelay.console;

import static java.util.Map.entry;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.config.Settings;
import io.ensrelay.runtime.Relay;
import io.ensrelay.simulator.SimulatedTenant;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import io.ensrelay.simulator.SimulatorOptions;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of a relay with three tenants, of which the last has a wrong password. */
class ConsoleTenantsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path dir;
  private static Simulator service;
  private static Relay relay;
  private static Thread thread;
  private static int observePort;

  @BeforeAll
  static void start() throws Exception {
    service = Simulator.start(SimulatorOptions.in(dir.resolve("service")).withTenants(3));
    Path folder = Files.createDirectories(dir.resolve("tenants"));
    for (SimulatedTenant each : service.tenants()) {
      Files.writeString(
          folder.resolve(each.name() + ".properties"),
          """
          ens.api.url=%s
          ens.api.username=%s
          ens.api.password=%s
          ens.mqtt.url=%s
          ens.tls.keystore=%s
          """
              .formatted(
                  service.apiUrl(),
                  each.name(),
                  each.name().equals("tenant-003") ? "wrong" : each.password(),
                  service.mqttUrl(),
                  service.certificates().tenant(each.name())));
    }
    try (ServerSocket free = new ServerSocket(0)) {
      observePort = free.getLocalPort();
    }
    Properties given = new Properties();
    Map.ofEntries(
            entry("ens.tenants.dir", folder.toString()),
            entry("ens.tls.keystore-password", SimulatorCertificates.PASSWORD),
            entry("ens.tls.truststore", service.certificates().truststore().toString()),
            entry("ens.tls.truststore-password", SimulatorCertificates.PASSWORD),
            entry("ens.data.dir", dir.resolve("data").toString()),
            entry("ens.archive.dir", dir.resolve("events").toString()),
            entry("ens.http.port", "0"),
            entry("camel.management.port", Integer.toString(observePort)))
        .forEach(given::setProperty);
    Settings settings = Settings.load(dir.resolve("none.properties"), Map.of(), given);
    settings.check();
    relay = new Relay(settings, true);
    thread =
        new Thread(
            () -> {
              try {
                relay.run();
              } catch (Exception e) {
                e.printStackTrace();
              }
            },
            "relay-under-test");
    thread.start();
    until(() -> Files.exists(dir.resolve("data/console.url")));
    until(() -> tenant("tenant-001").path("state").asText().equals("connected"));
    until(() -> tenant("tenant-002").path("state").asText().equals("connected"));
    until(() -> tenant("tenant-003").path("level").asText().equals("failed"));
  }

  @AfterAll
  static void stop() throws Exception {
    relay.stop();
    thread.join(Duration.ofSeconds(60).toMillis());
    service.close();
  }

  @Test
  void theStatusListsTheTenantsWithTheWorstFirst() throws Exception {
    JsonNode status = get("/api/status");

    assertEquals(
        List.of("tenant-003", "tenant-001", "tenant-002"), texts(status.path("tenants"), "name"));
    JsonNode worst = status.path("tenants").get(0);
    assertEquals("waiting", worst.path("state").asText());
    assertTrue(worst.path("reason").asText().contains("HTTP 401"), worst.toString());
    JsonNode good = status.path("tenants").get(1);
    assertEquals("ok", good.path("level").asText());
    assertEquals(9, good.at("/topics/subscribed").asInt());
    assertTrue(good.at("/certificate/daysLeft").asInt() > 300, good.toString());
    assertEquals("", status.path("tenant").asText());
    assertEquals("failed", status.at("/overall/state").asText());
    assertTrue(status.at("/overall/reason").asText().startsWith("Tenant tenant-003: "));
  }

  @Test
  void theRelayIsReadyWhileOneTenantIsDownAndSaysWhich() throws Exception {
    HttpResponse<String> ready = observe("/observe/health/ready");
    HttpResponse<String> all = observe("/observe/health");

    assertEquals(200, ready.statusCode(), ready.body());
    assertTrue(ready.body().contains("\"down\":[\"tenant-003\"]"), ready.body());
    assertEquals(503, all.statusCode());
    assertTrue(all.body().contains("\"name\":\"tenant.tenant-003\",\"status\":\"DOWN\""));
    assertTrue(all.body().contains("\"name\":\"tenant.tenant-001\",\"status\":\"UP\""));
    assertEquals(200, observe("/observe/health/live").statusCode());
  }

  @Test
  void eventsAndMetricsAreThoseOfATenant() throws Exception {
    long before = tenant("tenant-001").path("events").asLong();
    service.publish(
        service.tenant("tenant-001"),
        "device/check_in",
        "{\"eventType\":\"device.check_in\",\"devices\":[{\"deviceGuid\":\"one\"}]}"
            .getBytes(StandardCharsets.UTF_8));
    until(() -> tenant("tenant-001").path("events").asLong() == before + 1);

    String metrics = observe("/observe/metrics").body();
    assertTrue(metrics.contains("ens_connected{tenant=\"tenant-001\"} 1.0"), metrics);
    assertTrue(metrics.contains("ens_connected{tenant=\"tenant-003\"} 0.0"), metrics);
    assertTrue(metrics.contains("ens_tenants{level=\"failed\"} 1.0"), metrics);
    assertTrue(metrics.contains("ens_messages_received_total{tenant=\"tenant-001\"}"), metrics);
    assertTrue(metrics.contains("ens_certificate_expiry_seconds{tenant=\"tenant-002\"}"), metrics);
    assertFalse(metrics.contains("ens_connected 1.0"), metrics);
  }

  @Test
  void malformedMessagesAreDeadLettersOfTheirTenant() throws Exception {
    service.publish(
        service.tenant("tenant-002"),
        "device/check_in",
        "not json".getBytes(StandardCharsets.UTF_8));

    until(() -> get("/api/dead?tenant=tenant-002").path("total").asInt() == 1);
    assertEquals(0, get("/api/dead?tenant=tenant-001").path("total").asInt());
    assertEquals("tenant-002", get("/api/dead").path("items").get(0).path("tenant").asText());
  }

  private interface Check {
    boolean isTrue() throws Exception;
  }

  private static void until(Check check) {
    await().atMost(RunningRelay.SOON).until(check::isTrue);
  }

  private static JsonNode tenant(String name) throws Exception {
    for (JsonNode each : get("/api/status").path("tenants")) {
      if (each.path("name").asText().equals(name)) {
        return each;
      }
    }
    return JSON.nullNode();
  }

  private static List<String> texts(JsonNode list, String field) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.path(field).asText()));
    return texts;
  }

  private static JsonNode get(String path) throws Exception {
    Path data = dir.resolve("data");
    return JSON.readTree(
        send(HttpRequest.newBuilder(
                    URI.create(Files.readString(data.resolve("console.url")) + path))
                .header(
                    "Authorization",
                    "Bearer " + Files.readString(data.resolve("console.token")).strip()))
            .body());
  }

  private static HttpResponse<String> observe(String path) throws Exception {
    return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + observePort + path)));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
  }
}
