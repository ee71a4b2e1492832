package io.ensrelay.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.JavaCommand;
import io.ensrelay.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RelayTest {
  @Test
  void bringsEveryShippedRouteFileAlongInTheJar() throws IOException {
    Path routes = Path.of("routes");
    try (Stream<Path> files = Files.walk(routes)) {
      List<String> shipped =
          files
              .filter(file -> file.toString().endsWith(".camel.yaml"))
              .map(file -> routes.relativize(file).toString().replace('\\', '/'))
              .sorted()
              .toList();
      assertEquals(shipped, StarterRoutes.ROUTES.stream().sorted().toList());
    }
  }

  @Test
  void startsAFolderWithEveryShippedKamelet() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("routes/kamelets"))) {
      assertEquals(
          files.map(file -> file.getFileName().toString()).sorted().toList(),
          StarterRoutes.KAMELETS.stream().sorted().toList());
    }
  }

  @Test
  void endsWhenAThreadIsWithoutMemory(@TempDir Path dir) throws Exception {
    Process process =
        new ProcessBuilder(
                JavaCommand.of(
                    "-Xmx256m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    WithoutMemory.class.getName(),
                    dir.toString()))
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("log").toFile())
            .start();
    try {
      assertTrue(process.waitFor(2, TimeUnit.MINUTES));
      assertEquals(1, process.exitValue(), Files.readString(dir.resolve("log")));
    } finally {
      process.destroyForcibly();
    }
  }

  /** A relay that runs, and a thread that wants more than there is. */
  static final class WithoutMemory {
    private static final int RETURNED = 3;
    private static final int FAILED = 4;

    static volatile long[] memory;

    public static void main(String[] args) throws Exception {
      Path dir = Path.of(args[0]);
      Properties given = new Properties();
      given.setProperty("ens.api.url", "http://127.0.0.1:1");
      given.setProperty("ens.mqtt.url", "tcp://127.0.0.1:1");
      given.setProperty("ens.data.dir", dir.resolve("data").toString());
      given.setProperty("ens.archive.dir", dir.resolve("events").toString());
      given.setProperty("ens.http.port", "0");
      given.setProperty("camel.management.port", "0");
      Settings settings = Settings.load(dir.resolve("none.properties"), Map.of(), given);
      new Thread(
              () -> {
                try {
                  new Relay(settings, true).run();
                  System.exit(RETURNED);
                } catch (Exception e) {
                  e.printStackTrace();
                  System.exit(FAILED);
                }
              })
          .start();
      while (!Files.exists(dir.resolve("data").resolve("console.url"))) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
      new Thread(() -> memory = new long[Integer.MAX_VALUE - 8]).start();
    }
  }
}
