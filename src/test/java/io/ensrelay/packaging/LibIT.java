package io.ensrelay.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.JavaCommand;
import io.ensrelay.lib.Jars;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar with jars in its lib/. */
class LibIT {
  private static final Path JAR = Path.of(System.getProperty("faults.jar"));
  private static final int LONGEST_SECONDS = 60;

  @TempDir Path dir;

  private record Ended(int code, String said) {}

  private Ended run(String... arguments) throws IOException, InterruptedException {
    List<String> command = JavaCommand.of("-Dens.lib.dir=lib", "-jar", JAR.toString());
    command.addAll(List.of(arguments));
    Path said = dir.resolve("said.txt");
    Process process =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    assertTrue(process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS), "it goes on and on");
    return new Ended(process.exitValue(), Files.readString(said));
  }

  @Test
  void namesWhatItHolds() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      String list =
          new String(
              jar.getInputStream(jar.getEntry("META-INF/ens-relay/bundled.txt")).readAllBytes(),
              StandardCharsets.UTF_8);

      assertTrue(list.startsWith("io.ensrelay:ens-relay:"), list);
      assertTrue(list.contains("\norg.apache.camel:camel-api:"), list);
      assertTrue(list.contains("\norg.slf4j:slf4j-api:"), list);
    }
  }

  @Test
  void runsWithTheJarsOfTheFolder() throws IOException, InterruptedException {
    Jars.jar(dir.resolve("lib"), "org.example:driver:1.0");

    Ended version = run("version");

    assertEquals(0, version.code(), version.said());
    assertTrue(version.said().contains("ens-relay"), version.said());
  }

  @Test
  void refusesAComponentOfAnotherCamel() throws IOException, InterruptedException {
    Jars.jar(dir.resolve("lib"), "org.apache.camel:camel-kafka:3.0.0");

    Ended version = run("version");

    assertEquals(2, version.code(), version.said());
    assertEquals(1, version.said().lines().count(), version.said());
    assertTrue(
        version.said().startsWith("ens-relay: lib/camel-kafka-3.0.0.jar: is of Camel 3.0.0"),
        version.said());
  }

  @Test
  void addsAndRemovesWithoutANetwork() throws IOException, InterruptedException {
    Path repository = dir.resolve("repository");
    Jars.publish(repository, "org.example:driver:1.0", "org.slf4j:slf4j-api:1.7.36");

    Ended add = run("add", "org.example:driver:1.0", "--from", "repository");
    assertEquals(0, add.code(), add.said());
    assertTrue(Files.exists(dir.resolve("lib/driver-1.0.jar")), add.said());
    assertTrue(add.said().contains("Left to ens-relay's jar: slf4j-api "), add.said());

    Ended list = run("add", "list");
    assertTrue(list.said().contains("org.example:driver  1.0"), list.said());
    assertEquals(0, run("add", "remove", "driver").code());
    assertTrue(Files.notExists(dir.resolve("lib/driver-1.0.jar")));
    assertEquals(1, run("add", "camel:none", "--from", "repository").code());
    assertEquals(2, run("add", "none").code());
  }
}
