package io.ensrelay.lib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which jars of lib/ are on the class path, and which end the start. */
class LibFolderTest {
  private static final BundledLibraries BUNDLED =
      BundledLibraries.of(
          List.of(
              "io.ensrelay:ens-relay:1.0.0",
              "org.apache.camel:camel-api:4.17.0",
              "org.apache.camel:camel-http:4.17.0",
              "com.example:json:2.1",
              "io.netty:netty-native:4.1.0:linux-x86_64"));

  @TempDir Path dir;

  @Test
  void takesComponentsOfOurCamelAndWhatTheyNeed() throws IOException {
    Jars.jar(dir, "org.apache.camel:camel-kafka:4.17.0");
    Jars.jar(dir, "org.apache.kafka:kafka-clients:4.1.1");
    Jars.silent(dir, "driver.jar");
    Files.writeString(dir.resolve("added.txt"), "");

    assertEquals(
        List.of("camel-kafka-4.17.0.jar", "driver.jar", "kafka-clients-4.1.1.jar"), taken());
  }

  @Test
  void takesNothingWhereThereIsNoFolder() {
    assertEquals(List.of(), new LibFolder(dir.resolve("none"), BUNDLED).classPath());
  }

  @Test
  void leavesOutWhatTheJarHoldsInTheSameVersion() throws IOException {
    Jars.jar(dir, "org.apache.camel:camel-http:4.17.0");
    Jars.silent(dir, "json-2.1.jar");

    assertEquals(List.of(), taken());
  }

  @Test
  void refusesAComponentOfAnotherCamel() throws IOException {
    Path jar = Jars.jar(dir, "org.apache.camel:camel-kafka:4.16.0");

    assertEquals(
        jar
            + ": is of Camel 4.16.0, and ens-relay's is 4.17.0;"
            + " remove it, or replace it by: ens-relay add camel:kafka",
        refusal());
  }

  @Test
  void refusesAComponentOfAnotherCamelByItsNameAlone() throws IOException {
    Jars.silent(dir, "camel-aws2-s3-4.18.1.jar");

    assertTrue(refusal().contains("is of Camel 4.18.1"), refusal());
  }

  @Test
  void refusesALibraryThatTheJarHoldsInAnotherVersion() throws IOException {
    Path jar = Jars.jar(dir, "com.example:json:2.0");

    assertEquals(jar + ": ens-relay's jar holds json 2.1; remove it", refusal());
  }

  @Test
  void refusesARenamedJarByWhatIsWrittenInIt() throws IOException {
    Files.move(Jars.jar(dir, "com.example:json:2.0"), dir.resolve("mine.jar"));

    assertTrue(refusal().endsWith("ens-relay's jar holds json 2.1; remove it"), refusal());
  }

  @Test
  void tellsLibrariesOfOneNameApartByTheirGroup() throws IOException {
    Jars.jar(dir, "org.other:json:7.0");
    Jars.jar(dir, "com.acme:camel-acme:1.0");

    assertEquals(List.of("camel-acme-1.0.jar", "json-7.0.jar"), taken());
  }

  @Test
  void takesAnotherFormOfALibrary() throws IOException {
    Jars.jar(dir, "io.netty:netty-native:4.1.0:linux-aarch_64");
    Jars.jar(dir, "io.netty:netty-native:4.1.0:linux-x86_64");

    assertEquals(List.of("netty-native-4.1.0-linux-aarch_64.jar"), taken());
  }

  @Test
  void refusesWhatIsNoJar() throws IOException {
    Path half = Files.writeString(dir.resolve("half.jar"), "<html>");

    assertEquals(half + ": can't be read as a jar; remove it, and get it again", refusal());
  }

  private List<String> taken() {
    return new LibFolder(dir, BUNDLED)
        .classPath().stream().map(jar -> jar.getFileName().toString()).toList();
  }

  private String refusal() {
    return assertThrows(ConfigurationException.class, this::taken).getMessage();
  }
}
