package io.ensrelay.lib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What 'add' takes from a folder, and what it leaves of it in lib/. */
class AddedLibrariesTest {
  private static final BundledLibraries BUNDLED =
      BundledLibraries.of(
          List.of(
              "org.apache.camel:camel-api:4.17.0",
              "org.apache.camel:camel-support:4.17.0",
              "io.netty:netty-common:4.1.137",
              "org.slf4j:slf4j-api:2.0.17"));

  @TempDir Path repository;
  @TempDir Path parent;
  private Path lib;
  private AddedLibraries added;

  @BeforeEach
  void aRepository() throws IOException {
    lib = parent.resolve("lib");
    added = new AddedLibraries(lib, BUNDLED);
    Jars.publish(
        repository,
        "org.apache.camel:camel-kafka:4.17.0",
        "org.apache.camel:camel-support:4.17.0",
        "org.apache.kafka:kafka-clients:4.1.1",
        "org.example:only-for-tests:1.0:test");
    Jars.publish(
        repository,
        "org.apache.kafka:kafka-clients:4.1.1",
        "org.slf4j:slf4j-api:1.7.36",
        "org.example:snappy:1.1.10");
    Jars.publish(repository, "org.example:snappy:1.1.10");
    Jars.publish(repository, "org.example:snappy:1.1.9");
    Jars.publish(repository, "org.example:store:1.0", "org.example:snappy:1.1.9");
    Jars.publish(repository, "org.example:store:2.0", "org.example:snappy:1.1.10");
    Jars.publish(
        repository,
        "org.example:driver:1.0",
        "org.example:snappy:1.1.9",
        "org.example:not-there:1.0:optional");
    Jars.publish(repository, "org.example:proton:1.0", "io.netty:netty-codec:4.1.100");
    Jars.publish(repository, "io.netty:netty-codec:4.1.100", "io.netty:netty-common:4.1.100");
    Jars.publish(repository, "io.netty:netty-codec:4.1.137", "io.netty:netty-common:4.1.137");
  }

  @Test
  void takesWhatTheJarDoesNotHold() throws IOException {
    assertEquals(List.of("slf4j-api 2.0.17 (wanted: 1.7.36)"), add("camel:kafka").leftToOurs());

    assertEquals(
        Set.of("camel-kafka-4.17.0.jar", "kafka-clients-4.1.1.jar", "snappy-1.1.10.jar"), jars());
    assertEquals(
        "[Entry[library=org.apache.camel:camel-kafka:4.17.0, files=["
            + "camel-kafka-4.17.0.jar, kafka-clients-4.1.1.jar, snappy-1.1.10.jar]]]",
        added.entries().toString());
    assertEquals(3, new LibFolder(lib, BUNDLED).classPath().size());
  }

  @Test
  void leavesOutWhatIsOptional() throws IOException {
    add("org.example:driver:1.0");

    assertEquals(Set.of("driver-1.0.jar", "snappy-1.1.9.jar"), jars());
  }

  @Test
  void takesRelativesOfOurLibrariesInOurVersion() throws IOException {
    add("org.example:proton:1.0");

    assertEquals(Set.of("proton-1.0.jar", "netty-codec-4.1.137.jar"), jars());
  }

  @Test
  void writesFilesThatEverybodyCanRead() throws IOException {
    add("camel:kafka");

    for (String name : List.of("camel-kafka-4.17.0.jar", "added.txt")) {
      assertEquals(
          "rw-r--r--",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(lib.resolve(name))));
    }
  }

  @Test
  void saysWhatIsNotThere() {
    assertEquals(
        "there is no org.apache.camel:camel-kafak:4.17.0 in " + repository.toUri(),
        failure("camel:kafak"));
    assertEquals(Set.of(), jars());
  }

  @Test
  void saysWhichOfTheNeededIsNotThere() throws IOException {
    delete("org/example/snappy/1.1.10/snappy-1.1.10.pom");

    assertTrue(failure("camel:kafka").startsWith("there is no org.example:snappy:"));
    assertEquals(Set.of(), jars());
  }

  @Test
  void writesNothingWhenAChecksumIsWrong() throws IOException {
    Path jar = repository.resolve("org/apache/kafka/kafka-clients/4.1.1/kafka-clients-4.1.1.jar");
    Files.write(jar, new byte[] {1, 2, 3});

    String failure = failure("camel:kafka");

    assertTrue(failure.startsWith("the checksum of org.apache.kafka:kafka-clients:4.1.1"), failure);
    assertEquals(Set.of(), jars());
  }

  @Test
  void doesWithoutChecksumsInAFolder() throws IOException {
    delete("org/example/snappy/1.1.10/snappy-1.1.10.jar.sha1");

    add("camel:kafka");

    assertEquals(3, jars().size());
  }

  @Test
  void takesAllJarsOfAFolderOfJars() throws IOException {
    Path flat = repository.resolve("flat");
    Jars.jar(flat, "org.apache.camel:camel-kafka:4.17.0");
    Jars.jar(flat, "org.apache.camel:camel-support:4.17.0");
    Jars.jar(flat, "org.slf4j:slf4j-api:1.7.36");
    Jars.silent(flat, "kafka-clients-4.1.1.jar");

    Resolution found = add("camel:kafka", flat);

    assertEquals(Set.of("camel-kafka-4.17.0.jar", "kafka-clients-4.1.1.jar"), jars());
    assertEquals(List.of("slf4j-api 2.0.17 (here: 1.7.36)"), found.leftToOurs());
  }

  @Test
  void refusesAFolderOfJarsWithoutTheOneThatIsAskedForOrWithAWrongOne() throws IOException {
    Path flat = repository.resolve("flat");
    Path jar = Jars.jar(flat, "org.example:snappy:1.1.10");

    assertEquals(
        "there is no camel-kafka-4.17.0.jar in " + flat,
        assertThrows(IOException.class, () -> add("camel:kafka", flat)).getMessage());
    Jars.checksum(jar);
    Files.write(jar.resolveSibling("snappy-1.1.10.jar.sha1"), new byte[40]);
    assertEquals(
        "the checksum of " + jar + " is wrong: get the file again",
        assertThrows(IOException.class, () -> add("org.example:snappy:1.1.10", flat)).getMessage());
    assertEquals(Set.of(), jars());
  }

  @Test
  void removesOnlyWhatNobodyElseNeeds() throws IOException {
    add("camel:kafka");
    add("org.example:store:2.0");

    assertEquals(
        List.of("camel-kafka-4.17.0.jar", "kafka-clients-4.1.1.jar"), added.remove("camel:kafka"));

    assertEquals(Set.of("store-2.0.jar", "snappy-1.1.10.jar"), jars());
    assertEquals(List.of("snappy-1.1.10.jar", "store-2.0.jar"), added.remove("store"));
    assertEquals(List.of(), added.entries());
  }

  @Test
  void keepsTheNewerOfTwoVersions() throws IOException {
    add("org.example:store:1.0");
    assertEquals(Set.of("store-1.0.jar", "snappy-1.1.9.jar"), jars());

    add("camel:kafka");

    assertTrue(jars().contains("snappy-1.1.10.jar"));
    assertFalse(jars().contains("snappy-1.1.9.jar"));
    added.remove("camel:kafka");
    assertEquals(Set.of("store-1.0.jar", "snappy-1.1.10.jar"), jars());
  }

  @Test
  void replacesAnEarlierVersionOfWhatIsAskedFor() throws IOException {
    add("org.example:store:2.0");
    add("org.example:store:1.0");

    assertEquals(Set.of("store-1.0.jar", "snappy-1.1.10.jar"), jars());
    assertEquals(1, added.entries().size());
  }

  @Test
  void tellsWhatSomebodyElseHasPutThere() throws IOException {
    add("camel:kafka");
    Jars.silent(lib, "driver.jar");

    assertEquals(List.of("driver.jar"), added.others());
    added.remove("camel-kafka");
    assertEquals(Set.of("driver.jar"), jars());
  }

  @Test
  void saysWhatCanBeRemoved() throws IOException {
    add("camel:kafka");

    assertEquals(
        "camel:sql: was not added to " + lib + "; give one of camel:kafka",
        assertThrows(ConfigurationException.class, () -> added.remove("camel:sql")).getMessage());
  }

  @Test
  void knowsTheLibrariesOfComponentsWithAnotherName() {
    assertEquals("camel-ftp-4.17.0.jar", Coordinates.asked("camel:sftp", "4.17.0").fileName());
    assertEquals("camel-mail-4.17.0.jar", Coordinates.asked("camel:smtps", "4.17.0").fileName());
  }

  @Test
  void refusesWhatIsNoLibraryOrOfAnotherCamel() {
    for (String wrong :
        List.of(
            "kafka",
            "org.postgresql:postgresql",
            "org.apache.camel:camel-kafka:4.16.0",
            "camel:../kafka",
            "a:b:c:d:e")) {
      assertThrows(ConfigurationException.class, () -> Coordinates.asked(wrong, "4.17.0"), wrong);
    }
  }

  private Resolution add(String library) throws IOException {
    return add(library, repository);
  }

  private Resolution add(String library, Path from) throws IOException {
    Coordinates asked = Coordinates.asked(library, "4.17.0");
    try (LibrarySource source = LibrarySource.folder(from, BUNDLED)) {
      Resolution found = source.resolve(asked);
      added.add(asked, found);
      return found;
    }
  }

  private String failure(String library) {
    return assertThrows(IOException.class, () -> add(library)).getMessage();
  }

  private void delete(String file) throws IOException {
    Files.delete(repository.resolve(file));
  }

  private Set<String> jars() {
    return LibFolder.jars(lib).stream()
        .map(jar -> jar.getFileName().toString())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
