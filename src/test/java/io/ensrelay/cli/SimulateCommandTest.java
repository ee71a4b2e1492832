package io.ensrelay.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.simulator.ControlApi;
import io.ensrelay.simulator.FaultKind;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SimulateCommandTest {
  private static final Duration BOUND = Duration.ofSeconds(20);

  private static final String[] PORTS = {
    "--api-port", "0", "--mqtt-port", "0", "--control-port", "0"
  };

  @TempDir Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void printsTheLinesThatConnectARelayAndRunsUntilInterrupted() throws Exception {
    AtomicInteger exitCode = new AtomicInteger(-1);
    Thread running = new Thread(() -> exitCode.set(execute(PORTS)));
    running.start();
    await().atMost(BOUND).until(() -> out.toString().contains("Ctrl-C"));

    Properties lines = propertiesIn(out.toString());
    assertTrue(lines.getProperty("ens.api.url").startsWith("https://localhost:"));
    assertTrue(lines.getProperty("ens.mqtt.url").startsWith("ssl://localhost:"));
    assertTrue(Files.isReadable(Path.of(lines.getProperty("ens.tls.keystore"))));
    assertTrue(Files.isReadable(Path.of(lines.getProperty("ens.tls.truststore"))));
    assertEquals("changeit", lines.getProperty("ens.tls.keystore-password"));
    assertEquals("changeit", lines.getProperty("ens.tls.truststore-password"));
    assertFalse(lines.containsKey("ens.api.username"));
    assertTrue(out.toString().contains("#ens.api.username=ens"));

    running.interrupt();
    running.join(BOUND.toMillis());
    assertEquals(0, exitCode.get());
    assertEquals("", err.toString());
  }

  @Test
  void writesTheSettingsOfEachTenant() throws Exception {
    Path folder = dir.resolve("tenants");
    String[] options = {
      "--tenants",
      "3",
      "--write-tenants",
      folder.toString(),
      "--api-port",
      "0",
      "--mqtt-port",
      "0",
      "--control-port",
      "0"
    };
    Thread running = new Thread(() -> execute(options));
    running.start();
    await().atMost(BOUND).until(() -> out.toString().contains("Ctrl-C"));
    running.interrupt();
    running.join(BOUND.toMillis());

    Properties second = propertiesIn(Files.readString(folder.resolve("tenant-002.properties")));
    assertTrue(second.getProperty("ens.api.url").startsWith("https://localhost:"));
    assertEquals("tenant-002", second.getProperty("ens.api.username"));
    assertEquals("ens-tenant-002", second.getProperty("ens.api.password"));
    assertTrue(second.getProperty("ens.tls.keystore").endsWith("/tenant-002.p12"));
    assertTrue(Files.isReadable(Path.of(second.getProperty("ens.tls.keystore"))));
    try (Stream<Path> written = Files.list(folder)) {
      assertEquals(3, written.count());
    }
    assertEquals("", err.toString());
  }

  @Test
  void saysWhichPortIsInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());

      assertEquals(1, execute("--api-port", "0", "--mqtt-port", port));
    }
    assertOneLine("simulate: --mqtt-port: port ");
  }

  @Test
  void saysWhichOptionIsWrong() {
    assertEquals(2, execute("--rate", "-1"));
    assertOneLine("simulate: --rate: -1.0 must be from 0");
  }

  @Test
  void knowsTwoProfiles() {
    assertEquals(2, execute("--profile", "core"));
    assertOneLine("simulate: --profile: core must be one of neurons, epmm");
  }

  @Test
  void namesEveryWrongOptionAsItIsWritten() {
    assertWrong("--retention: soon must be a number and ms, s, m, h or d", "--retention", "soon");
    assertWrong("--retention: 0s must be from 1s to 7d", "--retention", "0s");
    assertWrong("--connections: 0 must be from 1", "--connections", "0");
    assertWrong(
        "--refusal: no must be one of unavailable, not-authorized, close", "--refusal", "no");
    assertWrong("--api-lag: 2h must be from 0s to 1h", "--api-lag", "2h");
    assertWrong("--server-certificate: bad must be one of", "--server-certificate", "bad");
    assertWrong("--enrolled: 101 must be from 0 to the number of devices", "--enrolled", "101");
    assertWrong("--sweep-every: 31d must be 0s (never) or", "--sweep-every", "31d");
    assertWrong("--control-port: 65536 must be from 0", "--control-port", "65536");
    assertWrong("--tenants: 1000 must be from 1 to 999", "--tenants", "1000");
    assertWrong("--tenants: 2 needs the profile neurons", "--tenants", "2", "--profile", "epmm");
    assertWrong("--write-tenants: needs --tenants", "--write-tenants", "tenants");
    assertWrong("--scenario: missing.yaml can't be read", "--scenario", "missing.yaml");
  }

  @Test
  void setsAndClearsFaultsOfARunningSimulation() throws Exception {
    try (Simulator simulator = Simulator.start(SimulatorOptions.in(dir));
        ControlApi control = ControlApi.start(simulator, 0)) {
      String port = Integer.toString(control.port());

      assertEquals(
          0,
          steer("fault", "rest-status", "--status", "503", "--count", "2", "--control-port", port));
      assertEquals(503, simulator.faults().list().get(0).fault().status());
      assertEquals(0, steer("fault", "--list", "--control-port", port));
      assertTrue(out.toString().contains("\"kind\":\"rest-status\""), out.toString());
      assertEquals(0, steer("fault", "--clear", "all", "--control-port", port));
      assertEquals(List.of(), simulator.faults().list());
      assertEquals(0, steer("step", "--rate", "3.5", "--control-port", port));
      assertEquals(3.5, simulator.rate());
      assertEquals("", err.toString());

      assertEquals(
          2, steer("fault", "rest-hang", "--tenant", "tenant-001", "--control-port", port));
      assertEquals(
          "simulate fault: tenant: the simulator has one only, start it with --tenants\n",
          err.toString());
      err.getBuffer().setLength(0);
      assertEquals(2, steer("step", "--event", "device_lost", "--control-port", port));
      assertTrue(err.toString().startsWith("simulate step: event: must be one of"), err.toString());
    }
  }

  @Test
  void saysWhatIsWrongWithAFault() throws Exception {
    assertEquals(2, steer("fault", "fire"));
    assertEquals(2, steer("fault", "rest-status", "--status", "200"));
    assertEquals(2, steer("fault", "--clear", "some"));

    assertEquals(
        List.of(
            "simulate fault: fire is none of " + FaultKind.names(),
            "simulate fault: --status: 200 must be from 400 to 599",
            "simulate fault: --clear: must be all or an id"),
        err.toString().lines().toList());
  }

  @Test
  void saysWhenThereIsNothingToSteer() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      free = socket.getLocalPort();
    }

    assertEquals(1, steer("fault", "--list", "--control-port", Integer.toString(free)));
    assertOneLine("simulate fault: no simulation is steered at port " + free);
  }

  private void assertWrong(String message, String... options) {
    err.getBuffer().setLength(0);
    assertEquals(2, execute(options));
    assertOneLine("simulate: " + message);
  }

  private int steer(String... arguments) {
    return commandLine().execute(arguments);
  }

  private int execute(String... options) {
    String[] all = new String[options.length + 2];
    all[0] = "--dir";
    all[1] = dir.toString();
    System.arraycopy(options, 0, all, 2, options.length);
    return commandLine().execute(all);
  }

  private CommandLine commandLine() {
    return new CommandLine(new SimulateCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err));
  }

  private void assertOneLine(String start) {
    assertTrue(err.toString().startsWith(start), err.toString());
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertEquals("", out.toString());
  }

  private static Properties propertiesIn(String text) throws IOException {
    Properties properties = new Properties();
    properties.load(
        new StringReader(
            String.join("\n", text.lines().filter(line -> line.startsWith("ens.")).toList())));
    return properties;
  }
}
