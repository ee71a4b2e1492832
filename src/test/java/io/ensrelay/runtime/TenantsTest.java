package io.ensrelay.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.Settings;
import io.ensrelay.intake.IntakeStatus;
import io.ensrelay.intake.Resync;
import io.ensrelay.intake.TenantState;
import io.ensrelay.simulator.Fault;
import io.ensrelay.simulator.FaultKind;
import io.ensrelay.simulator.SimulatedTenant;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import io.ensrelay.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Several tenants of the simulated service in one relay. */
class TenantsTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final String ACME = "tenant-001";
  private static final String GLOBEX = "tenant-002";
  private static final String UMBRELLA = "tenant-003";

  @TempDir static Path serviceDir;
  private static Simulator service;

  @TempDir Path dir;
  private Relay relay;
  private CompletableFuture<Integer> run = CompletableFuture.completedFuture(0);

  @BeforeAll
  static void simulate() throws IOException {
    service =
        Simulator.start(
            SimulatorOptions.in(serviceDir).withFleet(5, 0, 1).withPorts(0, 0).withTenants(3));
  }

  @AfterAll
  static void end() {
    service.close();
  }

  @BeforeEach
  void folder() throws IOException {
    Files.createDirectories(dir.resolve("tenants"));
  }

  @AfterEach
  void stop() {
    service.faults().clear();
    if (relay != null) {
      relay.stop();
      run.join();
    }
    await().atMost(BOUND).until(() -> service.connections() == 0);
  }

  @Test
  void eachTenantHasItsOwnSessionAndItsOwnFile() throws IOException {
    write(ACME);
    write(GLOBEX);
    start();
    connected(ACME, GLOBEX);

    happen(ACME, 3);
    happen(GLOBEX, 2);

    await().atMost(BOUND).until(() -> lines(ACME).size() == 3 && lines(GLOBEX).size() == 2);
    assertTrue(lines(ACME).stream().allMatch(line -> line.contains("\"source\":\"/ens/" + ACME)));
    assertTrue(Files.exists(dir.resolve("data/tenants").resolve(ACME).resolve("session.json")));
    assertFalse(Files.exists(dir.resolve("data/session.json")));
  }

  @Test
  void allTenantsShareOneEventLogAlsoWhileNoDestinationIsOn() throws IOException {
    write(ACME);
    start("ens.destination.archive.enabled", "false");
    connected(ACME);

    happen(ACME, 1);

    await().atMost(BOUND).until(() -> Files.exists(dir.resolve("data/spool/format")));
    assertFalse(Files.exists(dir.resolve("data/tenants").resolve(ACME).resolve("spool")));
  }

  @Test
  void otherThreadsDoNotSeeTheSettingsOfATenantThatStarts() throws Exception {
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      camel.getPropertiesComponent().addInitialProperty("ens.data.dir", "data");
      Properties own = new Properties();
      own.setProperty("ens.data.dir", "data/tenants/acme");
      camel.getPropertiesComponent().setLocalProperties(new TenantRoutes.OfThisThread(own));

      assertEquals("data/tenants/acme", camel.resolvePropertyPlaceholders("{{ens.data.dir}}"));
      assertEquals(
          "data",
          CompletableFuture.supplyAsync(
                  () -> camel.resolvePropertyPlaceholders("{{ens.data.dir}}"),
                  task -> new Thread(task).start())
              .get());
    }
  }

  @Test
  void aMistakeInOneFileAndAServiceThatHangsAffectNoOtherTenant() throws IOException {
    service.faults().set(Fault.of(FaultKind.REST_HANG).of(GLOBEX));
    write(ACME);
    write(GLOBEX);
    write(UMBRELLA, "ens.mqtt.keep-alvie=30");
    start();
    connected(ACME);

    happen(ACME, 2);

    await().atMost(BOUND).until(() -> lines(ACME).size() == 2);
    TenantState mistaken = state(UMBRELLA);
    assertEquals(TenantState.State.FAILED, mistaken.state());
    assertEquals(
        dir.resolve("tenants/" + UMBRELLA + ".properties")
            + ": ens.mqtt.keep-alvie: unknown key; did you mean ens.mqtt.keep-alive?",
        mistaken.reason().orElseThrow());
    assertEquals(TenantState.State.RUNNING, state(GLOBEX).state());

    write(UMBRELLA);
    connected(UMBRELLA);
    assertEquals(Optional.empty(), state(UMBRELLA).reason());
  }

  @Test
  void filesTakeEffectWhileTheRelayRuns() throws IOException {
    write(ACME);
    start();
    connected(ACME);
    Instant since = connectedSince(ACME);

    write(GLOBEX);
    connected(GLOBEX);
    Instant before = connectedSince(GLOBEX);
    write(GLOBEX, "ens.destination.webhook.enabled=true");
    await().atMost(BOUND).until(() -> state(GLOBEX).reason().isPresent());
    assertTrue(
        state(GLOBEX).reason().get().contains("put it into application.properties"),
        state(GLOBEX).reason().get());
    assertEquals(before, connectedSince(GLOBEX), "goes on as it is");

    write(GLOBEX, "ens.mqtt.keep-alive=17");
    await()
        .atMost(BOUND)
        .until(() -> isConnected(GLOBEX) && connectedSince(GLOBEX).isAfter(before));
    assertEquals(Optional.empty(), state(GLOBEX).reason());

    Files.delete(dir.resolve("tenants").resolve(GLOBEX + ".properties"));
    await().atMost(BOUND).until(() -> service.connections(service.tenant(GLOBEX)) == 0);
    await().atMost(BOUND).until(() -> relay.tenants().orElseThrow().of(GLOBEX).isEmpty());
    assertEquals(since, connectedSince(ACME), "was not touched");
    assertTrue(Files.exists(dir.resolve("data/tenants").resolve(GLOBEX).resolve("session.json")));
  }

  @Test
  void eventsOfATenantThatWasOutOfTheFolderAreNotLost() throws IOException {
    write(ACME);
    write(GLOBEX);
    start();
    connected(ACME, GLOBEX);
    Files.delete(dir.resolve("tenants").resolve(GLOBEX + ".properties"));
    await().atMost(BOUND).until(() -> service.connections(service.tenant(GLOBEX)) == 0);

    happen(GLOBEX, 4);
    write(GLOBEX);

    await().atMost(BOUND).until(() -> lines(GLOBEX).size() == 4);
  }

  @Test
  void theLineOfAResyncThatContinuesNamesItsTenant() throws IOException {
    Path resync = dir.resolve("data/tenants").resolve(ACME).resolve("resync");
    Files.createDirectories(resync);
    Files.writeString(resync.resolve("run.json"), "{\"run\":\"r1\",\"statuses\":[\"ACTIVE\"]}");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger logger = (Logger) LoggerFactory.getLogger(Resync.class);
    logger.addAppender(log);
    write(ACME);
    start();
    connected(ACME);
    logger.detachAppender(log);

    assertEquals(
        List.of(ACME),
        log.list.stream().map(event -> event.getMDCPropertyMap().get("tenant")).toList());
  }

  @Test
  void endsWhenNoTenantCanRun() throws IOException {
    write(ACME, "ens.tenant=x");
    Files.writeString(dir.resolve("tenants/globex.properties"), "ens.api.url=https://localhost\n");

    ConfigurationException none =
        assertThrows(ConfigurationException.class, () -> new Relay(settings(), true).run());

    assertTrue(none.getMessage().startsWith("none of the 2 tenants can run: "), none.getMessage());
  }

  @Test
  void theOnlyTenantKeepsItsSessionWhenAFolderComes() throws IOException {
    Files.createDirectories(dir.resolve("data"));
    Files.writeString(dir.resolve("data/session.json"), "{\"clientId\":\"the-old-one\"}");
    write(ACME);
    start("ens.tenant", ACME);
    connected(ACME);

    assertEquals(
        "the-old-one",
        relay.tenants().orElseThrow().intake(ACME).orElseThrow().status().get().clientId());
    assertFalse(Files.exists(dir.resolve("data/session.json")));
  }

  private void start(String... more) {
    relay = new Relay(settings(more), true);
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

  private Settings settings(String... more) {
    Properties given = new Properties();
    given.setProperty("ens.tenants.dir", dir.resolve("tenants").toString());
    given.setProperty("ens.data.dir", dir.resolve("data").toString());
    given.setProperty("ens.archive.dir", dir.resolve("events").toString());
    given.setProperty("ens.http.port", "0");
    given.setProperty("camel.management.port", "0");
    for (int i = 0; i < more.length; i += 2) {
      given.setProperty(more[i], more[i + 1]);
    }
    return Settings.load(dir.resolve("none.properties"), Map.of(), given);
  }

  private void write(String name, String... more) throws IOException {
    SimulatedTenant tenant = service.tenant(name);
    SimulatorCertificates certificates = service.certificates();
    Properties file = new Properties();
    file.setProperty("ens.api.url", service.apiUrl());
    file.setProperty("ens.api.username", name);
    file.setProperty("ens.api.password", tenant.password());
    file.setProperty("ens.mqtt.url", service.mqttUrl());
    file.setProperty("ens.tls.keystore", certificates.tenant(name).toString());
    file.setProperty("ens.tls.keystore-password", certificates.password());
    file.setProperty("ens.tls.truststore", certificates.truststore().toString());
    file.setProperty("ens.tls.truststore-password", certificates.password());
    for (String line : more) {
      file.setProperty(line.split("=")[0], line.split("=")[1]);
    }
    try (var out = Files.newBufferedWriter(dir.resolve("tenants").resolve(name + ".properties"))) {
      file.store(out, null);
    }
  }

  private static void happen(String name, int count) throws IOException {
    SimulatedTenant tenant = service.tenant(name);
    String topic = tenant.topics().get("device_check_in");
    for (int i = 0; i < count; i++) {
      String message =
          "{\"timestamp\":%s,\"eventType\":\"device.check_in\",\"devices\":[{\"deviceGuid\":\"%s\"}]}"
              .formatted(System.nanoTime(), i);
      service.publish(tenant, topic, message.getBytes(StandardCharsets.UTF_8));
    }
  }

  private void connected(String... tenants) {
    for (String tenant : tenants) {
      await().atMost(BOUND).until(() -> isConnected(tenant));
    }
  }

  private boolean isConnected(String tenant) {
    return status(tenant)
        .filter(status -> status.state() == IntakeStatus.State.CONNECTED)
        .isPresent();
  }

  private Instant connectedSince(String tenant) {
    return status(tenant).orElseThrow().since();
  }

  private Optional<IntakeStatus> status(String tenant) {
    return relay
        .tenants()
        .flatMap(tenants -> tenants.intake(tenant))
        .flatMap(intake -> intake.status());
  }

  private TenantState state(String tenant) {
    return relay.tenants().orElseThrow().of(tenant).orElseThrow();
  }

  private List<String> lines(String tenant) {
    Path events = dir.resolve("events");
    if (!Files.isDirectory(events)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(events)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(tenant + "-"))
          .flatMap(TenantsTest::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<String> read(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
