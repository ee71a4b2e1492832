package io.ensrelay.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code check} of the folder that {@code init} makes, in a small Java. */
class CheckMemoryTest {
  @TempDir Path dir;

  @Test
  void needsNoMoreThan128MegabytesForTheRoutes() throws Exception {
    Path folder = dir.resolve("relay");
    CommandLine init = EnsRelay.commandLine().setOut(new PrintWriter(new StringWriter()));
    assertEquals(0, init.execute("init", folder.toString()));
    // a file of the user's makes it load the schema
    Path own = folder.resolve("routes/destinations/stdout.camel.yaml");
    Files.writeString(own, Files.readString(own) + "# mine\n");
    Path out = dir.resolve("out.txt");
    Process check =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-Dens.api.url=https://127.0.0.1:1",
                "-Dens.mqtt.url=ssl://127.0.0.1:1",
                "-Dens.mqtt.username=instead of the certificate",
                "-Dens.mqtt.password=secret",
                "-cp",
                System.getProperty("java.class.path"),
                EnsRelay.class.getName(),
                "check")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    try {
      assertTrue(check.waitFor(120, TimeUnit.SECONDS), "check does not end");
    } finally {
      check.destroyForcibly();
    }

    String said = Files.readString(out, UTF_8);
    assertFalse(said.contains("OutOfMemory"), said);
    assertTrue(said.lines().anyMatch(line -> line.matches("ok +routes .*")), said);
    assertEquals(1, check.exitValue(), said);
  }
}
