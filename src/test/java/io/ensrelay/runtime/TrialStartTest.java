package io.ensrelay.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A start of the routes on trial: what it finds, and what it leaves alone. */
@Timeout(60)
class TrialStartTest {
  @TempDir Path dir;

  @BeforeEach
  void theShippedRoutes() throws IOException {
    for (String file : StarterRoutes.all()) {
      Path to = dir.resolve("routes").resolve(file);
      Files.createDirectories(to.getParent());
      Files.copy(Path.of("routes").resolve(file), to);
    }
  }

  @Test
  void startsTheShippedRoutesAndLeavesNothingBehind() throws IOException {
    List<Path> before = temporary();

    assertEquals("", problem());
    assertFalse(Files.exists(dir.resolve("data")), "the data directory was touched");
    // those of other tests at the same time end too
    await().atMost(Duration.ofSeconds(30)).until(() -> before.containsAll(temporary()));
  }

  @Test
  void startsAnUnusualFile() throws IOException {
    Files.copy(
        Path.of("src/test/resources/unusual/right.camel.yaml"),
        dir.resolve("routes/destinations/right.camel.yaml"));

    assertEquals("", problem());
  }

  @Test
  void findsMistakesThatOnlyAStartShows() throws IOException {
    Path file = dir.resolve("routes/destinations/siem.camel.yaml");
    Files.writeString(
        file,
        """
        - route:
            id: destination.siem
            from:
              uri: kamelet:ens-events-source
              parameters:
                destination: siem
                selector: deviceOs = = 'IOS'
              steps:
                - to:
                    uri: log:siem
        """);

    String said = problem();
    assertTrue(said.contains("selector"), said);
    assertTrue(said.startsWith(file.toString()), said);
  }

  @Test
  void bindsNoPortAndSendsNothing() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        ServerSocket service = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      service.setSoTimeout(1);
      String url = "127.0.0.1:" + service.getLocalPort();
      Properties keys = new Properties();
      keys.setProperty("ens.api.url", "https://" + url);
      keys.setProperty("ens.mqtt.url", "ssl://" + url);
      keys.setProperty("ens.http.port", taken.getLocalPort() + "");
      keys.setProperty("camel.management.port", taken.getLocalPort() + "");
      Files.writeString(
          dir.resolve("routes/heartbeat.camel.yaml"),
          """
          - route:
              id: heart.beat
              from:
                uri: timer:beat?delay=0
                steps:
                  - to:
                      uri: http:%s
          """
              .formatted(url));

      assertEquals("", problem(keys));
      assertTrue(isUntouched(service), "somebody connected");
    }
  }

  private static boolean isUntouched(ServerSocket server) throws IOException {
    try {
      server.accept().close();
      return false;
    } catch (SocketTimeoutException e) {
      return true;
    }
  }

  private String problem() throws IOException {
    return problem(new Properties());
  }

  private String problem(Properties more) throws IOException {
    Properties all = new Properties();
    all.setProperty("ens.api.url", "https://127.0.0.1:1");
    all.setProperty("ens.mqtt.url", "ssl://127.0.0.1:1");
    all.setProperty("ens.data.dir", dir.resolve("data").toString());
    all.setProperty("ens.archive.dir", dir.resolve("events").toString());
    all.setProperty(
        "camel.main.routesIncludePattern",
        "file:%1$s/routes/*.camel.yaml,file:%1$s/routes/destinations/*.camel.yaml".formatted(dir));
    all.setProperty("camel.component.kamelet.location", "file:" + dir + "/routes/kamelets");
    all.putAll(more);
    Settings settings = Settings.load(dir.resolve("none.properties"), Map.of(), all);
    return new TrialStart(settings).problem().map(ConfigurationException::getMessage).orElse("");
  }

  private static List<Path> temporary() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files.filter(each -> each.toString().contains("ens-relay-check")).sorted().toList();
    }
  }
}
