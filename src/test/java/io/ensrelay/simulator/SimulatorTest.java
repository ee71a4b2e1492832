package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatorTest {
  @TempDir Path dir;

  @Test
  void runsTwoAtOnce() throws Exception {
    try (Simulator one = Simulator.start(SimulatorOptions.in(dir.resolve("one")));
        Simulator other = Simulator.start(SimulatorOptions.in(dir.resolve("other")))) {
      one.publish("device/check_in", new byte[0]);

      assertEquals(1, one.published());
      assertEquals(0, other.published());
    }
  }

  @Test
  void freesPortsAndFolderWhenClosed() throws Exception {
    Simulator first = Simulator.start(SimulatorOptions.in(dir));
    SimulatorOptions again =
        SimulatorOptions.in(dir).withPorts(port(first.apiUrl()), port(first.mqttUrl()));

    first.close();
    first.close();

    try (Simulator second = Simulator.start(again)) {
      assertEquals(first.mqttUrl(), second.mqttUrl());
      assertEquals(first.apiUrl(), second.apiUrl());
    }
  }

  @Test
  void forgetsItsFaultsWhenClosed() throws Exception {
    Simulator first = Simulator.start(SimulatorOptions.in(dir));
    SimulatorOptions again =
        SimulatorOptions.in(dir).withPorts(port(first.apiUrl()), port(first.mqttUrl()));
    first.faults().set(Fault.of(FaultKind.MQTT_NOT_ACCEPTING));
    first.faults().set(Fault.of(FaultKind.MQTT_PAUSE));
    first.close();

    try (Simulator second = Simulator.start(again)) {
      assertEquals(List.of(), second.faults().list());
      TestSubscriber.connect(
              second, TestTls.showing(second.certificates().client(), second.certificates()), "one")
          .close();
    }
  }

  @Test
  void namesThePortThatIsInUseAndLeavesNothingRunning() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();

      assertFails("apiPort: port %d is in use".formatted(port), port, 0);
      assertFails("mqttPort: port %d is in use".formatted(port), 0, port);
    }
    Simulator.start(SimulatorOptions.in(dir)).close();
  }

  @Test
  void doesNotShareAFolder() throws Exception {
    try (Simulator first = Simulator.start(SimulatorOptions.in(dir))) {
      IOException failure =
          assertThrows(IOException.class, () -> Simulator.start(SimulatorOptions.in(dir)));

      assertTrue(failure.getMessage().startsWith("dir: "), failure.getMessage());
      assertFalse(first.apiUrl().isEmpty());
    }
  }

  @Test
  void listensOnTheLoopbackAddressOnly() throws Exception {
    try (Simulator simulator = Simulator.start(SimulatorOptions.in(dir));
        ServerSocket sameApiPort = new ServerSocket();
        ServerSocket sameMqttPort = new ServerSocket()) {
      InetAddress elsewhere = InetAddress.getByName("127.0.0.2");

      sameApiPort.bind(new InetSocketAddress(elsewhere, port(simulator.apiUrl())));
      sameMqttPort.bind(new InetSocketAddress(elsewhere, port(simulator.mqttUrl())));
    }
  }

  @Test
  void publishesNothingOnceClosed() throws Exception {
    Simulator simulator = Simulator.start(SimulatorOptions.in(dir));
    simulator.close();

    assertThrows(
        IllegalStateException.class, () -> simulator.publish("device/check_in", new byte[0]));
  }

  private void assertFails(String start, int apiPort, int mqttPort) {
    IOException failure =
        assertThrows(
            IOException.class,
            () -> Simulator.start(SimulatorOptions.in(dir).withPorts(apiPort, mqttPort)));
    assertTrue(failure.getMessage().startsWith(start), failure.getMessage());
  }

  private static int port(String url) {
    return URI.create(url).getPort();
  }
}
