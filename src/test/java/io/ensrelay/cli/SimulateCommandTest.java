package io.ensrelay.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SimulateCommandTest {
  private static final Duration BOUND = Duration.ofSeconds(20);

  @TempDir Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void printsTheLinesThatConnectARelayAndRunsUntilInterrupted() throws Exception {
    AtomicInteger exitCode = new AtomicInteger(-1);
    Thread running = new Thread(() -> exitCode.set(execute("--api-port", "0", "--mqtt-port", "0")));
    running.start();
    await().atMost(BOUND).until(() -> out.toString().contains("Ctrl+C"));

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
    assertOneLine("simulate: --profile: core must be neurons or epmm");
  }

  private int execute(String... options) {
    CommandLine commandLine =
        new CommandLine(new SimulateCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err));
    String[] all = new String[options.length + 2];
    all[0] = "--dir";
    all[1] = dir.toString();
    System.arraycopy(options, 0, all, 2, options.length);
    return commandLine.execute(all);
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
