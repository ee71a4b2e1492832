package io.ensrelay.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code run} and {@code check} on a folder with mistakes. */
@Timeout(120)
class RouteMistakesTest {
  private static final Path MISTAKES = Path.of("src/test/resources/mistakes");

  @TempDir Path dir;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Properties before = new Properties();

  @BeforeEach
  void aFolderWithMistakes() throws IOException {
    try (Stream<Path> files = Files.list(MISTAKES)) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().matches("(05|08|12|17|18|20|25|28|33|41)-.*")) {
          Files.copy(file, dir.resolve(file.getFileName()));
        }
      }
    }
    before.putAll(System.getProperties());
    Map.of(
            "ens.api.url", "https://127.0.0.1:1",
            "ens.mqtt.url", "ssl://127.0.0.1:1",
            "ens.mqtt.username", "instead",
            "ens.mqtt.password", "of the certificate",
            "ens.data.dir", dir.resolve("data").toString(),
            "ens.archive.dir", dir.resolve("events").toString(),
            "camel.main.routesIncludePattern", "file:" + dir + "/*.camel.yaml")
        .forEach(System::setProperty);
  }

  @AfterEach
  void asBefore() {
    System.setProperties(before);
  }

  @Test
  void runAndCheckSayTheSameLines() {
    assertEquals(2, execute("run"));
    List<String> run =
        err.toString().lines().map(line -> line.replaceFirst("^ens-relay: ", "")).toList();

    assertEquals(1, execute("check"));
    List<String> check =
        out.toString()
            .lines()
            .filter(line -> line.startsWith("failed   routes"))
            .map(line -> line.substring("failed   routes               ".length()))
            .toList();

    assertEquals(run, check);
    assertTrue(run.size() >= 9, run.toString());
    assertTrue(out.toString().contains("warning  routes"), out.toString());
    assertTrue(run.stream().noneMatch(line -> line.contains("s3cr3t")), run.toString());
  }

  @Test
  void checkWritesFileAndLineAsJsonToo() throws IOException {
    execute("check");
    List<String> text = lines("routes");
    out.getBuffer().setLength(0);

    execute("check", "--json");
    List<String> json = new ArrayList<>();
    for (JsonNode finding : new ObjectMapper().readTree(out.toString())) {
      if (finding.path("what").asText().equals("routes")) {
        String place = finding.path("file").asText() + ", line " + finding.path("line").asInt();
        assertTrue(finding.path("said").asText().startsWith(place + ": "), finding.toString());
        json.add(finding.path("said").asText());
      }
    }
    assertEquals(text, json);
  }

  private List<String> lines(String what) {
    return out.toString()
        .lines()
        .filter(line -> line.substring(9).startsWith(what))
        .map(line -> line.substring(30))
        .toList();
  }

  private int execute(String... arguments) {
    CommandLine command = EnsRelay.commandLine();
    return command
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }
}
