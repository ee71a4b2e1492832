package io.ensrelay.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.JavaCommand;
import io.ensrelay.runtime.DestinationTestReports;
import io.ensrelay.runtime.DestinationTestResult;
import io.ensrelay.runtime.DestinationTests;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.w3c.dom.Document;
import picocli.CommandLine;

/** Destinations tested in YAML: the shipped ones by their files, and what the command says. */
class TestCommandTest {
  private static final Path SHIPPED = Path.of("routes/destinations");
  private static final Path FILES = Path.of("src/test/resources/destination-tests");
  private static final Path SIEM = Path.of("src/test/resources/readme/siem.camel.yaml");

  @TempDir Path root;
  private Path folder;

  @BeforeEach
  void startAFolder() throws IOException {
    folder = Files.createDirectories(root.resolve("routes/destinations"));
    Files.copy(Path.of("routes/errors.camel.yaml"), root.resolve("routes/errors.camel.yaml"));
    Files.copy(SIEM, folder.resolve("siem.camel.yaml"));
  }

  @Test
  void everyShippedDestinationPassesItsTests() throws IOException {
    List<String> failures = new ArrayList<>();
    try (DestinationTests tests = new DestinationTests(Path.of(""), new SimulatorSamples())) {
      List<Path> files = tests.files(List.of());
      for (Path file : files) {
        tests.run(file).stream()
            .filter(each -> !each.hasPassed())
            .forEach(each -> failures.add(each.name() + "\n" + each.failure().orElseThrow()));
      }
      assertEquals(names(SHIPPED, ".camel.yaml"), names(SHIPPED, ".test.yaml"));
    }
    assertEquals(List.of(), failures);
  }

  @Test
  void detailsStandInTheTestAndNothingIsCalled() throws IOException {
    for (String file : List.of("cmdb.camel.yaml", "cmdb.test.yaml")) {
      Files.copy(FILES.resolve(file), folder.resolve(file));
    }
    try (DestinationTests tests = new DestinationTests(root, new SimulatorSamples())) {
      List<DestinationTestResult> results = tests.run(folder.resolve("cmdb.test.yaml"));

      assertEquals(4, results.size());
      results.forEach(each -> assertTrue(each.hasPassed(), () -> each.failure().orElse("")));
      Path wrong = folder.resolve("cmdb.test.yaml");
      Files.writeString(wrong, "- test: odd\n  send: wiped\n  details: {device: [1]}\n");
      assertTrue(
          assertThrows(ConfigurationException.class, () -> tests.run(wrong))
              .getMessage()
              .contains("device is no map"));
    }
  }

  private static List<String> names(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(ending))
          .map(name -> name.replace(ending, ""))
          .sorted()
          .toList();
    }
  }

  @Test
  void theSchemaKnowsAllFilesAndAllSamples() throws IOException {
    JsonNode text = new ObjectMapper().readTree(Path.of("routes/test.schema.json").toFile());
    JsonSchema schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(text);
    List<Path> files = new ArrayList<>();
    files.add(FILES.resolve("siem.test.yaml"));
    files.add(FILES.resolve("cmdb.test.yaml"));
    for (String name : names(SHIPPED, ".test.yaml")) {
      files.add(SHIPPED.resolve(name + ".test.yaml"));
    }
    for (Path file : files) {
      String yaml = Files.readString(file);
      Object content = new Load(LoadSettings.builder().build()).loadFromString(yaml);
      assertEquals(
          List.of(),
          List.copyOf(schema.validate(new ObjectMapper().valueToTree(content))),
          file.toString());
      assertTrue(yaml.startsWith("# yaml-language-server: $schema=../test.schema.json\n"));
    }
    List<String> samples = new ArrayList<>();
    text.at("/definitions/sample/anyOf/0/enum").forEach(name -> samples.add(name.asText()));
    List<String> known = new ArrayList<>(new SimulatorSamples().names());
    known.addAll(
        List.of(
            "relay.gap", "snapshot", "missing", "relay.resync.started", "relay.resync.finished"));
    assertEquals(known, samples);
  }

  @Test
  void everySampleIsOfAnotherIphoneAndTheSameEachTime() throws IOException {
    SimulatorSamples samples = new SimulatorSamples();
    for (String name : samples.names()) {
      String first = device(samples, name, 0);
      assertEquals(first, device(samples, name, 0));
      assertNotEquals(first, device(samples, name, 1));
    }
  }

  private static String device(SimulatorSamples samples, String name, int number)
      throws IOException {
    JsonNode device =
        new ObjectMapper()
            .readTree(samples.of(name, number).orElseThrow().payload())
            .path("devices")
            .path(0);
    assertEquals("IOS", device.path("os").asText(), name);
    return device.path("deviceGuid").asText();
  }

  @Test
  void theDocumentationShowsATestThatRuns() throws IOException {
    String shown = Files.readString(FILES.resolve("siem.test.yaml"));

    assertTrue(
        Files.readString(Path.of("docs/testing.md")).contains("```yaml\n" + shown + "```\n"));
  }

  @Test
  void passesTheTestInTheReadme() throws IOException {
    Files.copy(SIEM.resolveSibling("siem.test.yaml"), folder.resolve("siem.test.yaml"));

    List<DestinationTestResult> results = run("siem");

    assertEquals(1, results.size());
    assertEquals("", results.get(0).failure().orElse(""));
  }

  @Test
  void runsARouteOfAUserWithEveryKindOfAnswer() throws IOException {
    copy("siem.test.yaml", "siem.test.yaml");

    List<DestinationTestResult> results = run("siem");

    assertEquals(5, results.size());
    results.forEach(each -> assertEquals("", each.failure().orElse(""), each.name()));
  }

  @Test
  void saysWhereAndHowWhatHappenedDiffers() throws IOException {
    copy("wrong.test.yaml", "siem.test.yaml");

    List<DestinationTestResult> results = run("siem");

    String said =
        results
            .get(0)
            .failure()
            .orElseThrow()
            .replace(folder + File.separator, "")
            .replaceAll("(\"specversion\":\"1.0\",).*", "$1...");
    assertEquals(Files.readString(FILES.resolve("wrong.txt")).strip(), said);
    assertTrue(results.get(1).hasPassed());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "- test: a\\n  sned: check_in | line 2: unknown field 'sned' of a test; did you mean send?",
        "- test: a\\n  send: chekc_in | line 2: unknown sample 'chekc_in'; did you mean check_in?",
        "- test: a\\n  send: check_in\\n  expect: {atempts: 1} | line 3: unknown field 'atempts'",
        "- test: a\\n  send: check_in\\n  answer: [timout] | line 3: unknown answer 'timout'",
        "- test: a\\n  send: check_in\\n  expect: no | line 3: unknown word 'no'",
        "- test: a\\n  send: {file: none.json} | line 2: can't read",
        "- test: a | line 1: a test without 'send'",
        "- test: [ | is no YAML",
        "test: a | line 1: is no list of tests",
        "- test: a\\n  config: {ens.destination.webhook.ur: x}\\n  send: check_in"
            + " | line 2: ens.destination.webhook.ur: unknown key; did you mean"
      })
  void aMistakeHasItsLine(String yaml, String problem) throws IOException {
    Files.writeString(folder.resolve("siem.test.yaml"), yaml.replace("\\n", "\n"));

    ConfigurationException said = assertThrows(ConfigurationException.class, () -> run("siem"));

    assertTrue(said.getMessage().contains("siem.test.yaml"), said.getMessage());
    assertTrue(said.getMessage().contains(problem), said.getMessage());
  }

  @Test
  void aMisspeltDestinationIsNamedRight() {
    ConfigurationException said = assertThrows(ConfigurationException.class, () -> run("sime"));

    assertEquals("sime: there is no such destination; did you mean siem?", said.getMessage());
  }

  @Test
  void recordsWhatHappenedAndKeepsComments() throws IOException {
    copy("unrecorded.test.yaml", "siem.test.yaml");
    Path file = folder.resolve("siem.test.yaml");

    try (DestinationTests tests = tests()) {
      assertEquals(3, tests.record(file));
      String text = Files.readString(file);
      assertTrue(text.endsWith(Files.readString(FILES.resolve("recorded.txt"))), text);
      assertTrue(text.startsWith("# what the SIEM gets\n"), text);
      assertTrue(text.contains("# the usual case\n"), text);
      assertTrue(text.contains("send: not_compliant   # a sample\n"), text);
      assertTrue(
          text.contains("    https://siem.example.com/collect:\n      - method: POST\n"), text);
      tests.run(file).forEach(each -> assertEquals("", each.failure().orElse(""), each.name()));
      tests.record(file);
      assertEquals(text, Files.readString(file));
    }
  }

  @Test
  void recordsAFirstFileAndNoSecret() throws IOException {
    Files.writeString(
        root.resolve("application.properties"),
        "ens.destination.webhook.url=https://hooks.example.com/in/T0SECRET9?sig=s3cr3t\n"
            + "ens.destination.webhook.api-key-header=X-Key\n"
            + "ens.destination.webhook.api-key=open-sesame\n");
    Files.copy(SHIPPED.resolve("webhook.camel.yaml"), folder.resolve("webhook.camel.yaml"));
    Path file = folder.resolve("webhook.test.yaml");

    try (DestinationTests tests = tests()) {
      tests.record(file);
      String text = Files.readString(file);
      assertTrue(text.contains("\"https://hooks.example.com/in/***\":"), text);
      assertTrue(text.contains("pauses: [1s]"), text);
      assertFalse(text.matches("(?s).*(open-sesame|T0SECRET9|s3cr3t).*"), text);
      tests.run(file).forEach(each -> assertEquals("", each.failure().orElse(""), each.name()));
    }
  }

  @Test
  void recordsAnEndpointThatIsNotHttpWithoutTouchingIt() throws IOException {
    Files.copy(FILES.resolve("file.camel.yaml"), folder.resolve("file.camel.yaml"));
    Files.writeString(
        folder.resolve("file.test.yaml"),
        """
        - test: an event is a file, later if the disk is away
          send: check_in
          answer: away
          expect:
            file:outbox:
              - json: {type: device.check_in}
            attempts: 2
            pauses: [1s]
        """);

    run("file").forEach(each -> assertEquals("", each.failure().orElse(""), each.name()));

    assertFalse(Files.exists(Path.of("outbox")));
  }

  @Test
  void writesJunitXml() throws Exception {
    copy("wrong.test.yaml", "siem.test.yaml");
    Path report = root.resolve("reports/ens.xml");

    DestinationTestReports.junit(report, run("siem"));

    Document xml = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
    assertEquals("2", attribute(xml, "testsuite", "tests"));
    assertEquals("1", attribute(xml, "testsuite", "failures"));
    assertEquals("destination.siem", attribute(xml, "testcase", "classname"));
    assertTrue(
        xml.getElementsByTagName("failure").item(0).getTextContent().contains("got       POST"));
  }

  private static String attribute(Document xml, String element, String name) {
    return xml.getElementsByTagName(element)
        .item(0)
        .getAttributes()
        .getNamedItem(name)
        .getNodeValue();
  }

  @Test
  void aBeanThatConnectsByItselfFailsTheTest() throws IOException {
    copy("socket.camel.yaml", "socket.camel.yaml");
    Files.writeString(
        folder.resolve("socket.test.yaml"), "- test: a\n  send: check_in\n  expect: nothing\n");

    String said = run("socket").get(0).failure().orElseThrow();

    assertTrue(said.contains("192.0.2.1:9"), said);
    assertTrue(said.contains("lets no"), said);
  }

  @Test
  void saysAMistakeOfTheRouteInTheWordsOfCheck() throws IOException {
    Files.writeString(
        folder.resolve("broken.camel.yaml"),
        """
        - route:
            id: destination.broken
            from:
              uri: kamelet:ens-events-source
              parameters: {destination: broken}
              steps:
                - filter:
                    steps:
                      - to: log:x
        """);
    Files.writeString(
        folder.resolve("broken.test.yaml"), "- test: a\n  send: check_in\n  expect: nothing\n");

    String said = run("broken").get(0).failure().orElseThrow();

    assertTrue(
        said.contains("broken.camel.yaml, line 8: filter has no expression; add it under"), said);
  }

  @Test
  void needsANameToRecord() {
    StringWriter err = new StringWriter();
    CommandLine command = EnsRelay.commandLine().setErr(new PrintWriter(err, true));

    assertEquals(2, command.execute("test", "--record"));
    assertTrue(err.toString().contains("--record needs the name of a destination"), err::toString);
  }

  @Test
  void letsNoChannelOutAndRunsAgainAtAChange() throws Exception {
    List<String> names = List.of("channel", "asynchronous", "datagram");
    for (String name : names) {
      copy(name + ".camel.yaml", name + ".camel.yaml");
      Files.writeString(
          folder.resolve(name + ".test.yaml"), "- test: a\n  send: check_in\n  expect: nothing\n");
    }
    Path out = root.resolve("out.txt");
    Process process =
        new ProcessBuilder(
                JavaCommand.of(
                    "-cp",
                    Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(each -> Path.of(each).toAbsolutePath().toString())
                        .collect(Collectors.joining(File.pathSeparator)),
                    Launcher.class.getName(),
                    "test",
                    "--watch"))
            .directory(root.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    try {
      awaitText(out, "3 tests, 3 failed");
      String said = Files.readString(out);
      assertEquals(
          2, said.split("lets no connection out, also none by a channel", -1).length - 1, said);
      assertTrue(said.contains("lets no datagram out"), said);

      Files.writeString(folder.resolve("channel.test.yaml"), "- tets: a\n");
      awaitText(out, "unknown field 'tets' of a test; did you mean test?");
    } finally {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  private static void awaitText(Path file, String text) {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(
            () -> {
              String said = Files.readString(file);
              assertTrue(said.contains(text), said);
            });
  }

  private void copy(String from, String to) throws IOException {
    Files.copy(FILES.resolve(from), folder.resolve(to));
  }

  private DestinationTests tests() throws IOException {
    return new DestinationTests(root, new SimulatorSamples());
  }

  private List<DestinationTestResult> run(String name) throws IOException {
    try (DestinationTests tests = tests()) {
      return tests.run(tests.files(List.of(name)).get(0));
    }
  }
}
