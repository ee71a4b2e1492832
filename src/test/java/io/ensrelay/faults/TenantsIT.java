package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.simulator.Fault;
import io.ensrelay.simulator.FaultKind;
import io.ensrelay.simulator.SimulatedTenant;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many tenants in one relay, some of them cut, some silent, one with a wrong password. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class TenantsIT {
  private static final String MESSAGE =
      "{\"timestamp\":%s,\"eventType\":\"device.check_in\",\"seq\":%s,\"devices\":[{\"deviceGuid\":\"%s\"}]}";

  @TempDir Path dir;
  private final Map<String, BitSet> published = new TreeMap<>();
  private final Account account = new Account();
  private Simulator service;
  private RelayProcess relay;
  private ArchiveReader archive;
  private int observePort;

  @Test
  void oneThatIsCutSilentOrRefusedTouchesNoOther() throws Exception {
    try (Simulator simulator =
            Simulator.start(
                SimulatorOptions.in(dir.resolve("service")).withTenants(Scale.TENANTS));
        RelayProcess process = new RelayProcess(dir.resolve("relay"))) {
      service = simulator;
      relay = process;
      archive = new ArchiveReader(relay.dir().resolve("events"), account);
      List<SimulatedTenant> good = simulator.tenants().subList(0, Scale.TENANTS - 3);
      String wordless = simulator.tenants().get(Scale.TENANTS - 3).name();
      String mqttWordless = simulator.tenants().get(Scale.TENANTS - 2).name();
      String refused = simulator.tenants().get(Scale.TENANTS - 1).name();
      simulator.faults().set(Fault.of(FaultKind.REST_HANG).of(wordless));
      simulator.faults().set(Fault.of(FaultKind.MQTT_HANG).of(mqttWordless));
      configure(refused);

      relay.start();
      await("every good tenant subscribed", () -> subscribed() >= good.size());
      publish(good);
      await(
          "every event of the good tenants", () -> archive.follow().against(published).lost() == 0);

      Account.Result result = account.against(published);
      FaultTable.add(
          Scale.TENANTS + " tenants, " + Scale.CUT_TENANTS + " cut, 2 silent, 1 refused",
          "simulator",
          Scale.CUTS,
          result,
          -1);
      assertAll(
          () -> assertEquals(0, result.twice(), "twice"),
          () -> assertEquals(0, result.outOfOrder(), "out of order"),
          () ->
              assertEquals(
                  account.count(), good.stream().mapToLong(SimulatedTenant::events).sum()));
      await("the cut tenants connected again", () -> subscribed() == good.size());
      assertNamed(refused, "HTTP 401");
      assertNamed(wordless, "");
      assertNamed(mqttWordless, "");
      assertEquals(200, health("/ready"));
      assertEquals(503, health(""));
      assertEquals(200, health("/live"));
    }
  }

  private void configure(String refused) throws IOException {
    observePort = Brokers.freePort();
    relay
        .set("ens.mqtt.url", service.mqttUrl())
        .set("ens.mqtt.keep-alive", 5)
        .set("ens.tls.keystore-password", Certificates.PASSWORD)
        .set("ens.tls.truststore", service.certificates().truststore())
        .set("ens.tls.truststore-password", Certificates.PASSWORD)
        .set("ens.http.port", 0)
        .set("camel.management.port", observePort);
    Path folder = Files.createDirectories(relay.dir().resolve("tenants"));
    service
        .certificates()
        .makeTenants(service.tenants().stream().map(SimulatedTenant::name).toList());
    for (SimulatedTenant each : service.tenants()) {
      Files.writeString(
          folder.resolve(each.name() + ".properties"),
          """
          ens.api.url=%s
          ens.api.username=%s
          ens.api.password=%s
          ens.tls.keystore=%s
          """
              .formatted(
                  service.apiUrl(),
                  each.name(),
                  each.name().equals(refused) ? "wrong" : each.password(),
                  service.certificates().tenant(each.name())));
    }
  }

  /** In turn, at a steady rate, while some are cut off again and again. */
  private void publish(List<SimulatedTenant> good) throws IOException {
    int rounds = Math.max(1, Scale.RATE * Scale.TENANT_SECONDS / good.size());
    int cutEvery = Math.max(1, rounds / (Scale.CUTS + 1));
    long pause = TimeUnit.SECONDS.toNanos(1) / Scale.RATE;
    long next = System.nanoTime();
    for (int seq = 0; seq < rounds; seq++) {
      if (seq % cutEvery == cutEvery - 1) {
        good.subList(0, Scale.CUT_TENANTS)
            .forEach(
                tenant -> service.faults().set(Fault.of(FaultKind.MQTT_DROP).of(tenant.name())));
      }
      for (SimulatedTenant tenant : good) {
        String message = MESSAGE.formatted(System.currentTimeMillis(), seq, tenant.name());
        service.publish(tenant, "device/check_in", message.getBytes(StandardCharsets.UTF_8));
        published.computeIfAbsent(tenant.name(), name -> new BitSet()).set(seq);
        next += pause;
        LockSupport.parkNanos(next - System.nanoTime());
      }
    }
  }

  private long subscribed() throws Exception {
    long count = 0;
    for (JsonNode tenant : status().path("tenants")) {
      boolean all = tenant.at("/topics/subscribed").asInt() == service.topics().size();
      count += all && tenant.path("state").asText().equals("connected") ? 1 : 0;
    }
    return count;
  }

  private void assertNamed(String name, String reason) throws Exception {
    for (JsonNode tenant : status().path("tenants")) {
      if (tenant.path("name").asText().equals(name)) {
        assertTrue(!tenant.path("state").asText().equals("connected"), tenant.toString());
        assertTrue(tenant.path("reason").asText("").contains(reason), tenant.toString());
        assertTrue(!tenant.path("level").asText().equals("ok"), tenant.toString());
        return;
      }
    }
    throw new AssertionError(name + " is not in the status");
  }

  private JsonNode status() throws Exception {
    return relay.get("/api/status");
  }

  private int health(String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + observePort + "/observe/health" + path))
                .build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  private void await(String what, Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(Scale.PATIENCE)
        .pollInterval(100, TimeUnit.MILLISECONDS)
        // the relay is not there yet
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(condition);
  }
}
