package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The page about the simulator stays true. */
class SimulatorPageTest {
  private String page;

  @BeforeEach
  void read() throws Exception {
    page = Files.readString(Path.of("docs/simulator.md"));
  }

  @Test
  void describesEveryFaultWithItsParameters() {
    List<String> rows =
        Pattern.compile("(?m)^\\| `((?:rest|metadata|mqtt)-[a-z-]+)` \\|[^|]*\\|([^|]*)\\|$")
            .matcher(page)
            .results()
            .map(row -> row.group(1) + " " + parameters(row.group(2)))
            .toList();

    assertEquals(
        Arrays.stream(FaultKind.values())
            .map(
                kind ->
                    kind.text()
                        + " "
                        + Arrays.stream(FaultKind.Parameter.values())
                            .filter(kind::takes)
                            .map(FaultKind.Parameter::text)
                            .toList())
            .toList(),
        rows);
  }

  @Test
  void showsAScenarioThatCanBePlayed() {
    MatchResult shown =
        Pattern.compile("(?s)```yaml\\n(.*?)```").matcher(page).results().findFirst().orElseThrow();

    assertEquals(Duration.ofMinutes(3), Scenario.of(shown.group(1), "page").length());
  }

  @Test
  void describesEveryCertificate() {
    for (ClientCertificate each : ClientCertificate.values()) {
      assertTrue(page.contains("`" + each.fileName() + "`"), each.fileName());
    }
    for (ServerCertificate each : ServerCertificate.values()) {
      assertTrue(page.contains("`" + each.fileName() + "`"), each.fileName());
      assertTrue(page.contains("`" + each.text() + "`"), each.text());
    }
  }

  /** The words in code that are followed by their values or nothing, in the order of the enum. */
  private static List<String> parameters(String cell) {
    return Arrays.stream(FaultKind.Parameter.values())
        .map(FaultKind.Parameter::text)
        .filter(name -> cell.contains("`" + name + "`"))
        .toList();
  }
}
