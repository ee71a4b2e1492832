package io.ensrelay.simulator;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScenarioTest {
  private static final Duration BOUND = Duration.ofSeconds(20);

  @TempDir Path dir;

  @Test
  void takesItsStepsAtTheirTimes() throws Exception {
    Scenario scenario =
        Scenario.of(
            """
            # written in any order
            - at: 8s
              clear: all
            - at: 0s
              event: device_enrolled
              count: 5
            - at: 300ms
              fault: {kind: rest-status, status: 503}
            - at: 300ms
              rate: 200
            """,
            "test");
    assertEquals(Duration.ofSeconds(8), scenario.length());
    try (Simulator simulator = Simulator.start(SimulatorOptions.in(dir))) {
      TestRest rest = TestRest.of(simulator);
      try (ScenarioPlayer player = ScenarioPlayer.start(scenario, simulator)) {
        await().atMost(BOUND).until(() -> simulator.enrolled() == 5);
        await().atMost(BOUND).until(() -> rest.get("device").statusCode() == 503);
        await().atMost(BOUND).until(() -> simulator.published() > 20);
        await().atMost(BOUND).until(() -> rest.get("device").statusCode() == 200);
        assertEquals(200, simulator.rate());
      }
    }
  }

  @Test
  void canBeWrittenInJson() throws Exception {
    Path file = dir.resolve("scenario.json");
    Files.writeString(file, "[{\"at\":\"1m\",\"sweep\":true},{\"at\":\"2m\",\"rate\":0.5}]");

    assertEquals(
        List.of(Duration.ofMinutes(1), Duration.ofMinutes(2)),
        Scenario.read(file).steps().stream().map(Step::at).toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a: b|test must be a list of steps",
        "[|test is neither YAML nor JSON",
        "[{at: 1s}]|test, step 1: give one of rate, sweep, event, fault and clear",
        "[{rate: 1, sweep: true}]|test, step 1: give one of",
        "[{rate: 1}, {rate: -1}]|test, step 2: eventsPerSecond: -1.0 must be from 0",
        "[{at: noon, rate: 1}]|test, step 1: at: noon must be a number and",
        "[{at: 31d, rate: 1}]|test, step 1: at: 31d must be at most 30d",
        "[{speed: 1}]|test, step 1: speed: is unknown; known are",
        "[{event: device_lost}]|test, step 1: event: must be one of device_profile",
        "[{event: device_retired, count: 0}]|test, step 1: count: 0 must be from 1 to 10000",
        "[{fault: {kind: rest-status}}]|test, step 1: status: is missing",
        "[{fault: rest-status}]|test, step 1: fault: is of the wrong kind",
        "[{rate: 1, count: 2}]|test, step 1: count: belongs to event",
        "[1]|test, step 1: the text: is of the wrong kind",
        "[null]|test, step 1: is empty",
      })
  void saysWhatIsWrong(String text, String start) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Scenario.of(text, "test")).getMessage();
    assertTrue(message.startsWith(start), message);
    assertFalse(message.contains("\n"), message);
  }

  @Test
  void hasALimit() throws Exception {
    Path file = dir.resolve("long.yaml");
    Files.writeString(file, "#".repeat(1024 * 1024 + 1));
    assertThrows(IllegalArgumentException.class, () -> Scenario.read(file));

    String steps = "- rate: 1\n".repeat(10_001);
    assertThrows(IllegalArgumentException.class, () -> Scenario.of(steps, "test"));
  }
}
