package io.ensrelay.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.config.Settings;
import io.ensrelay.destination.KafkaBroker;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.intake.TenantState;
import io.ensrelay.simulator.SimulatedTenant;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import io.ensrelay.simulator.SimulatorOptions;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.kafka.KafkaSettings;
import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** A relay that only delivers what other machines store on Kafka, with details of devices. */
@EnabledIf("io.ensrelay.destination.KafkaBroker#isThere")
class DetailsOnKafkaTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String ACME = "tenant-001";
  private static final String GLOBEX = "tenant-002";

  @TempDir Path dir;
  private KafkaBroker broker;
  private Simulator service;
  private Relay relay;
  private CompletableFuture<Integer> run = CompletableFuture.completedFuture(0);

  @BeforeEach
  void start() throws Exception {
    broker = new KafkaBroker(dir.resolve("kafka")).start();
    service =
        Simulator.start(
            SimulatorOptions.in(dir.resolve("service"))
                .withFleet(5, 0, 1)
                .withPorts(0, 0)
                .withTenants(2));
    Files.createDirectories(dir.resolve("tenants"));
    write(ACME);
    write(GLOBEX);
    Files.createDirectories(dir.resolve("routes/destinations"));
    Path shipped = Path.of("routes");
    for (String file : List.of("errors.camel.yaml", "metadata.camel.yaml", "intake.camel.yaml")) {
      Files.copy(shipped.resolve(file), dir.resolve("routes").resolve(file));
    }
    Files.copy(
        shipped.resolve("details.camel.yaml"), dir.resolve("routes").resolve("details.camel.yaml"));
    Files.writeString(
        dir.resolve("routes/destinations/cmdb.camel.yaml"),
        """
        - route:
            id: destination.cmdb
            from:
              uri: kamelet:ens-events-source
              parameters:
                destination: cmdb
              steps:
                - to:
                    uri: kamelet:ens-details-action
                    parameters:
                      delay: "0"
                - to:
                    uri: file
                    parameters:
                      directoryName: "%s"
                      fileName: "${header.eventId}.json"
                      tempPrefix: "."
        """
            .formatted(dir.resolve("out")));
  }

  @AfterEach
  void stop() throws Exception {
    if (relay != null) {
      relay.stop();
      run.join();
    }
    service.close();
    broker.close();
  }

  private void write(String name) throws Exception {
    SimulatedTenant tenant = service.tenant(name);
    SimulatorCertificates certificates = service.certificates();
    Properties file = new Properties();
    file.setProperty("ens.api.url", service.apiUrl());
    file.setProperty("ens.api.username", name);
    file.setProperty("ens.api.password", tenant.password());
    file.setProperty("ens.mqtt.url", service.mqttUrl());
    file.setProperty("ens.tls.truststore", certificates.truststore().toString());
    file.setProperty("ens.tls.truststore-password", certificates.password());
    try (var out = Files.newBufferedWriter(dir.resolve("tenants").resolve(name + ".properties"))) {
      file.store(out, null);
    }
  }

  private void deliver() {
    Properties given = new Properties();
    given.setProperty("ens.role", "delivery");
    given.setProperty("ens.spool.kafka", broker.brokers());
    given.setProperty("ens.spool.kafka.partitions", "2");
    given.setProperty("ens.spool.kafka.replicas", "1");
    given.setProperty("ens.archive.dir", dir.resolve("events").toString());
    given.setProperty("ens.tenants.dir", dir.resolve("tenants").toString());
    given.setProperty("ens.data.dir", dir.resolve("data").toString());
    given.setProperty("ens.http.port", "0");
    given.setProperty("camel.management.port", "0");
    given.setProperty(
        "camel.main.routesIncludePattern",
        "file:%1$s/routes/*.camel.yaml,file:%1$s/routes/destinations/*.camel.yaml".formatted(dir));
    given.setProperty("camel.component.kamelet.location", "file:routes/kamelets");
    relay = new Relay(Settings.load(dir.resolve("none.properties"), Map.of(), given), false);
    run =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return relay.run();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            },
            task -> new Thread(task, "relay").start());
  }

  /** As the machine that takes the tenants' events would. */
  private void store(String... tenants) throws Exception {
    Spool.Config config =
        Spool.Config.keepingAll("x")
            .on(Optional.of(KafkaSettings.of(broker.brokers(), "ens-events", 2, 1)));
    try (Spool other = new Spool(dir.resolve("other"), config)) {
      other.expect("cmdb", Begin.NOW);
      List<LogEntry> entries = new ArrayList<>();
      for (String tenant : tenants) {
        String message =
            "{\"timestamp\":1,\"eventType\":\"device.check_in\",\"devices\":[{\"deviceGuid\":\"x\"}]}";
        for (Event event :
            new EventSplitter(tenant)
                .split(
                    "t/device/check_in",
                    "device_check_in",
                    message.getBytes(StandardCharsets.UTF_8))) {
          entries.add(
              new LogEntry(
                  System.currentTimeMillis(), event.attributes(), event.json(), Optional.empty()));
        }
      }
      other.append(entries);
    }
  }

  private List<Path> delivered() throws IOException {
    Path out = Files.createDirectories(dir.resolve("out"));
    try (Stream<Path> files = Files.list(out)) {
      return files.filter(file -> !file.getFileName().toString().startsWith(".")).toList();
    }
  }

  @Test
  void asksForTheDetailsOfTenantsWhoseEventsAnotherMachineTakes() throws Exception {
    deliver();
    store(ACME, GLOBEX);

    await().atMost(SOON).until(() -> delivered().size() == 2);

    for (Path file : delivered()) {
      JsonNode event = new ObjectMapper().readTree(file.toFile());
      // the service has answered that it does not know this device
      assertTrue(event.at("/data/details/missing").asBoolean(), event::toString);
    }
    assertTrue(
        relay.tenants().orElseThrow().all().stream()
            .allMatch(tenant -> tenant.state() == TenantState.State.ELSEWHERE));
  }
}
