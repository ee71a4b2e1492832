package io.ensrelay.intake;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import io.ensrelay.simulator.SimulatorOptions;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.camel.Processor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped intake route on a broker over sockets and mutual TLS, with its spool on disk. */
class IntakeTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path dir;

  @Test
  void getsEverythingThatWaitedWhenItStarts() throws Exception {
    try (Simulator service = service()) {
      makeSession(service.mqttUrl(), service);
      publish(service, 0, 3000);
      try (Intake intake = intake(service.mqttUrl(), service)) {
        awaitAll(intake, 3000);
      }
    }
  }

  @Test
  void getsEverythingThatCameWhileTheConnectionWasCut() throws Exception {
    try (Simulator service = service();
        Cable cable = new Cable(URI.create(service.mqttUrl()).getPort())) {
      String url = "ssl://localhost:" + cable.port();
      try (Intake intake = intake(url, service)) {
        awaitSubscribed(intake, service);
        for (int round = 0; round < 3; round++) {
          cable.cut();
          publish(service, round * 3000, (round + 1) * 3000);
          cable.mend();
          awaitAll(intake, (round + 1) * 3000);
        }
      }
    }
  }

  @Test
  void losesNothingAndRepeatsNothingWhenItIsStoppedUnderLoad() throws Exception {
    try (Simulator service = service()) {
      makeSession(service.mqttUrl(), service);
      List<Integer> delivered = new ArrayList<>();
      publish(service, 0, 4000);
      for (int stop = 1; stop <= 3; stop++) {
        int enough = 500 * stop;
        try (Intake intake = intake(service.mqttUrl(), service)) {
          await()
              .atMost(SOON)
              .until(
                  () ->
                      intake.delivered.size() >= enough - 400
                          || delivered.size() + intake.delivered.size() >= 4000);
          intake.close();
          delivered.addAll(intake.delivered);
        }
      }
      try (Intake intake = intake(service.mqttUrl(), service)) {
        await().atMost(SOON).until(() -> delivered.size() + intake.delivered.size() >= 4000);
        intake.close();
        delivered.addAll(intake.delivered);
      }
      assertEquals(IntStream.range(0, 4000).boxed().toList(), delivered);
    }
  }

  @Test
  void staysConnectedAndGoesOnWhenTheSpoolRefusesForLongerThanTheKeepAlive() throws Exception {
    try (Simulator service = service()) {
      makeSession(service.mqttUrl(), service);
      publish(service, 0, 2500);
      AtomicBoolean refused = new AtomicBoolean();
      CountDownLatch longer = new CountDownLatch(1);
      HashSet<Integer> stored = new HashSet<>();
      Processor store =
          exchange -> {
            if (refused.compareAndSet(false, true)) {
              longer.await(12, TimeUnit.SECONDS);
            }
            synchronized (stored) {
              stored.add(
                  Intake.seq(
                      new String(
                          ((io.ensrelay.event.Event)
                                  exchange.getMessage().getBody(List.class).get(0))
                              .json(),
                          StandardCharsets.UTF_8)));
            }
          };
      try (Intake intake =
          new Intake(
              service.mqttUrl(),
              tls(service),
              dir.resolve("data"),
              UnaryOperator.identity(),
              Intake.storing(store))) {
        await()
            .atMost(SOON)
            .until(
                () -> {
                  synchronized (stored) {
                    return stored.size() == 2500;
                  }
                });
        assertTrue(refused.get());
      }
    }
  }

  @Test
  void waitsForABrokerThatIsDownWhenItStarts() throws Exception {
    int port = freePort();
    SimulatorOptions options = SimulatorOptions.in(dir.resolve("service")).withPorts(0, port);
    Simulator.start(options).close();
    SimulatorCertificates certificates =
        new SimulatorCertificates(options.dir().resolve("certificates"));
    try (Intake intake =
        new Intake("ssl://localhost:" + port, tls(certificates), dir.resolve("data"))) {
      await().during(Duration.ofSeconds(2)).atMost(SOON).until(() -> intake.camel.isStarted());
      try (Simulator service = Simulator.start(options)) {
        awaitSubscribed(intake, service);
      }
    }
  }

  @Test
  void dropsACopyOfAMessageThatIsInTheSpoolAlready() throws Exception {
    try (Simulator service = service();
        Intake intake = intake(service.mqttUrl(), service)) {
      awaitSubscribed(intake, service);
      for (int copy = 0; copy < 3; copy++) {
        publish(service, 0, 5);
      }
      publish(service, 5, 6);
      awaitAll(intake, 6);
    }
  }

  @Test
  void keepsAMalformedMessageAndGoesOn() throws Exception {
    try (Simulator service = service();
        Intake intake = intake(service.mqttUrl(), service)) {
      awaitSubscribed(intake, service);
      for (String odd : List.of("", "no json", "[]", "{\"seq\":", "\0\0\0\0", "{}{}")) {
        service.publish(Intake.TOPIC, odd.getBytes(StandardCharsets.UTF_8));
      }
      publish(service, 0, 3);
      awaitAll(intake, 3);
    }
  }

  @Test
  void saysThatAnUnknownCertificateIsRefusedAndStaysUp() throws Exception {
    TestKeys keys = new TestKeys();
    try (ScriptedBroker broker = new ScriptedBroker(keys.server());
        Intake intake = new Intake(broker.url(), keys.stranger(dir), dir.resolve("data"))) {
      await()
          .during(Duration.ofSeconds(2))
          .atMost(SOON)
          .until(() -> broker.clients.isEmpty() && intake.camel.isStarted());
    }
  }

  private Simulator service() throws IOException {
    return Simulator.start(SimulatorOptions.in(dir.resolve("service")));
  }

  private Intake intake(String url, Simulator service) throws Exception {
    return new Intake(url, tls(service), dir.resolve("data"));
  }

  private static TlsMaterial tls(Simulator service) {
    return tls(service.certificates());
  }

  private static TlsMaterial tls(SimulatorCertificates certificates) {
    TlsMaterial tls = new TlsMaterial();
    tls.setKeystore(certificates.client().toString());
    tls.setKeystorePassword(certificates.password());
    tls.setTruststore(certificates.truststore().toString());
    tls.setTruststorePassword(certificates.password());
    tls.setProtocols("TLSv1.2,TLSv1.3");
    return tls;
  }

  private void makeSession(String url, Simulator service) throws Exception {
    try (Intake intake = intake(url, service)) {
      awaitSubscribed(intake, service);
    }
  }

  /** Publishes markers until one comes through: from then on the subscription is there. */
  private static void awaitSubscribed(Intake intake, Simulator service) {
    int[] marker = {1_000_000_000};
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              publish(service, marker[0], ++marker[0]);
              return !intake.delivered.isEmpty();
            });
    await()
        .atMost(SOON)
        .until(() -> intake.delivered.get(intake.delivered.size() - 1) == marker[0] - 1);
    intake.delivered.clear();
  }

  private static void awaitAll(Intake intake, int number) {
    await().atMost(SOON).until(() -> intake.delivered.size() >= number);
    assertEquals(IntStream.range(0, number).boxed().toList(), List.copyOf(intake.delivered));
  }

  private static void publish(Simulator service, int from, int to) throws IOException {
    for (int seq = from; seq < to; seq++) {
      service.publish(Intake.TOPIC, Intake.message(seq).getBytes(StandardCharsets.UTF_8));
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
