package io.ensrelay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a mistake in a route file: the file, and what is wrong. */
class RouteFilesTest {
  @TempDir Path folder;
  @TempDir Path data;

  @BeforeEach
  void aFolderWithGoodOnes() throws IOException {
    copy("errors.camel.yaml");
    copy("destinations/stdout.camel.yaml");
    copy("kamelets/ens-events-source.kamelet.yaml");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          uri: spool:events         | destination: x             | nosuchstep: {}                     | , line 8: Unknown node id: nosuchstep
          uri: spool:events         | destination: x             | to: [                              | , line 9: expected the node content
          uri: spool:events         | destination: x             | to: {uri: 'nosuch:thing'}          | : No endpoint could be found for: nosuch
          uri: spool:events         | destination: x             | to: {uri: 'log:{{no.such.key}}'}   | : Property with key [no.such.key] not found
          uri: spool:events         | destination: x             | to: {uri: 'kamelet:nosuch'}        | : no kamelet nosuch
          uri: spool:events         | destination: x             | to: {uri: 'log:x?nosuch=1'}        | : Failed to resolve endpoint: log://x
          uri: spool:events         | destination: x/y           | log: {message: hi}                 | : destination=x/y: a destination needs a name
          uri: spool:events         | {destination: x, selector: a = = b} | log: {message: hi}        | : AMQ229020: Invalid filter
          uri: kamelet:ens-events-source | destinatio: x         | log: {message: hi}                 | : Route template ens-events-source
          uri: kamelet:ens-events-source | {destination: x, lanes: 999} | log: {message: hi}          | : lanes=999: 1 to 256
          """)
  void namesTheFileAndWhatIsWrong(String uri, String parameters, String step, String said)
      throws Exception {
    write("x", uri, parameters, step);
    String line = line();
    assertTrue(line.startsWith(folder.resolve("x.camel.yaml") + said), line);
  }

  @Test
  void namesBothFilesOfAnIdThatStandsTwice() throws Exception {
    write("stdout", "uri: spool:events", "destination: x", "log: {message: hi}");
    String line = line();
    assertTrue(line.contains("destinations/stdout.camel.yaml or "), line);
    assertTrue(line.contains("Duplicate route ids detected: destination.stdout;"), line);
  }

  @Test
  void refusesAFolderWithoutRoutes(@TempDir Path empty) {
    ConfigurationException e =
        assertThrows(ConfigurationException.class, () -> new RouteFiles(empty).requireSome());
    assertTrue(e.getMessage().contains("there is no *.camel.yaml in it"), e.getMessage());
    new RouteFiles(folder).requireSome();
  }

  @Test
  void leavesOtherFailuresAlone() {
    assertTrue(new RouteFiles(folder).problem(new IOException("the disk is full")).isEmpty());
  }

  private String line() {
    Main camel = new Main();
    Properties properties = new Properties();
    properties.setProperty("ens.data.dir", data.toString());
    properties.setProperty("ens.destination.stdout.enabled", "true");
    properties.setProperty(
        "camel.main.routesIncludePattern",
        "file:%1$s/*.camel.yaml,file:%1$s/destinations/*.camel.yaml".formatted(folder));
    properties.setProperty("camel.component.kamelet.location", "file:" + folder + "/kamelets");
    camel.setDefaultPropertyPlaceholderLocation("false");
    camel.setOverrideProperties(properties);
    try {
      Exception failure = assertThrows(Exception.class, camel::start);
      String line = new RouteFiles(folder).problem(failure).orElseThrow().getMessage();
      assertEquals(1, line.lines().count(), line);
      return line;
    } finally {
      camel.stop();
    }
  }

  private void write(String name, String uri, String parameters, String step) throws IOException {
    Files.writeString(
        folder.resolve("x.camel.yaml"),
        """
        - route:
            id: destination.%s
            from:
              %s
              parameters:
                %s
              steps:
                - %s
        """
            .formatted(name, uri, parameters, step));
  }

  private void copy(String file) throws IOException {
    Path to = folder.resolve(file);
    Files.createDirectories(to.getParent());
    try (Stream<String> lines = Files.lines(Path.of("routes").resolve(file))) {
      Files.write(to, lines.toList());
    }
  }
}
