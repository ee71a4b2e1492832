package io.ensrelay.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.RoutePatterns;
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
class RouteFailureTest {
  @TempDir Path folder;
  @TempDir Path data;

  private final Properties properties = new Properties();

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
          uri: spool:events         | destination: x             | to: {uri: 'kafka:thing?a=secret'}  | , line 8: no component kafka; correct it, or get it by: ens-relay add camel:kafka
          uri: aws2-sqs:queue       | autoCreateQueue: false     | log: {message: hi}                 | , line 4: no component aws2-sqs; correct it, or get it by: ens-relay add camel:aws2-sqs
          uri: spool:events         | destination: x             | to: {uri: 'log:{{no.such.key}}'}   | , line 8: Property with key [no.such.key] not found
          uri: spool:events         | destination: x             | to: {uri: 'kamelet:nosuch'}        | , line 8: no kamelet nosuch
          uri: spool:events         | destination: x             | to: {uri: 'log:x?nosuch=1'}        | , line 8: Failed to resolve endpoint: log://x
          uri: spool:events         | destination: x/y           | log: {message: hi}                 | , line 6: destination=x/y: a destination needs a name
          uri: spool:events         | destination: intake        | log: {message: hi}                 | , line 6: destination=intake: the dead letters of the intake
          uri: spool:events         | {destination: x, selector: a = = b} | log: {message: hi}        | , line 6: selector=a = = b: is no JMS selector
          uri: direct:x             | bridgeErrorHandler: false  | to: {uri: 'log:x?tokn=secret&b=secret'} | , line 8: Failed to resolve endpoint: log://x?
          uri: 'spool:{{no.such}}'  | destination: x             | log: {message: hi}                 | , line 4: Property with key [no.such] not found
          uri: kamelet:ens-events-source | destinatio: x         | log: {message: hi}                 | : Route template ens-events-source
          uri: kamelet:ens-events-source | {destination: x, lanes: 999} | log: {message: hi}          | , line 6: lanes=999: 1 to 256
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {name: b, type: io.ensrelay.NoSuch}                                      | , line 2: no class io.ensrelay.NoSuch
          {name: b, type: java.util.Date, properties: {tiem: secret}}                   | , line 2: Date has no property tiem, or the value does not fit; correct the file
          {name: b, type: java.util.Date, properties: {time: "{{no.such.key}}"}}   | , line 2: Property with key [no.such.key] not found
          """)
  void namesTheFileOfABeanThatCanNotBeMade(String bean, String said) throws Exception {
    Files.writeString(folder.resolve("x.camel.yaml"), "- beans:\n    - " + bean + "\n");
    String line = line();
    assertTrue(line.startsWith(folder.resolve("x.camel.yaml") + said), line);
  }

  @Test
  void namesAFileOfADestinationThatStandsTwice() throws Exception {
    write("x", "uri: kamelet:ens-events-source", "destination: stdout", "log: {message: hi}");
    String line = line();
    assertTrue(line.contains(".camel.yaml: Multiple consumers for the same endpoint"), line);
  }

  @Test
  void namesTheKeyOfASettingThatCamelDoesNotKnow() throws Exception {
    properties.setProperty("camel.component.log.nosuch", "secret");
    String line = line();
    assertTrue(line.startsWith("camel.component.log.nosuch: LogComponent has no property"), line);
  }

  @Test
  void namesAnEmptyFile() throws Exception {
    Files.createFile(folder.resolve("x.camel.yaml"));
    assertEquals(folder.resolve("x.camel.yaml") + ": is empty; correct the file", line());
  }

  @Test
  void refusesAFolderWithoutRoutes(@TempDir Path other) throws IOException {
    String pattern = "file:" + other + "/*.camel.yaml";
    Files.createDirectories(other.resolve("old"));
    Files.createFile(other.resolve("old/x.camel.yaml"));

    String none = refused(pattern);
    assertTrue(none.contains(": there is no such file; put the route files back"), none);
    String missing = refused(pattern() + ",file:" + other + "/missing/*.camel.yaml");
    assertTrue(missing.contains(other + "/missing is no folder; make it"), missing);
    new RoutePatterns(pattern()).requireSome();
    new RoutePatterns("classpath:x.camel.yaml").requireSome();
  }

  private static String refused(String pattern) {
    return assertThrows(
            ConfigurationException.class, () -> new RoutePatterns(pattern).requireSome())
        .getMessage();
  }

  @Test
  void leavesOtherFailuresAlone() {
    assertTrue(
        new RouteFailure(new RoutePatterns(pattern()))
            .problem(new IOException("the disk is full"))
            .isEmpty());
  }

  private String line() {
    Main camel = new Main();
    properties.setProperty("ens.data.dir", data.toString());
    properties.setProperty("ens.destination.stdout.enabled", "true");
    properties.setProperty("ens.destination.stdout.snapshots", "false");
    properties.setProperty("camel.main.routesIncludePattern", pattern());
    properties.setProperty("camel.component.kamelet.location", "file:" + folder + "/kamelets");
    camel.setDefaultPropertyPlaceholderLocation("false");
    camel.setOverrideProperties(properties);
    try {
      Exception failure = assertThrows(Exception.class, camel::start);
      String line =
          new RouteFailure(new RoutePatterns(pattern()))
              .problem(failure)
              .orElseThrow()
              .getMessage();
      assertEquals(1, line.lines().count(), line);
      assertFalse(line.contains("secret"), line);
      return line;
    } finally {
      camel.stop();
    }
  }

  private String pattern() {
    return "file:%1$s/*.camel.yaml,file:%1$s/destinations/*.camel.yaml".formatted(folder);
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
