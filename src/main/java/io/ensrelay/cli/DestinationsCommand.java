package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.console.RelayAccess;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Destinations: of the running relay, or of the data directory where none runs. */
@Command(
    name = "destinations",
    mixinStandardHelpOptions = true,
    description = "Shows where events go, what waits for each and whether it is delivered.",
    subcommands = {
      MoveCommand.Rewind.class,
      MoveCommand.Skip.class,
      DestinationsCommand.Pause.class,
      DestinationsCommand.Resume.class,
      DestinationsCommand.Forget.class
    })
public final class DestinationsCommand extends DataCommand implements Callable<Integer> {

  @Override
  public Integer call() throws IOException {
    try (RelayAccess relay = RelayAccess.open(settings())) {
      JsonNode destinations = relay.get("/api/destinations");
      if (json) {
        print(destinations);
        return 0;
      }
      TextTable table =
          new TextTable(
              "DESTINATION",
              "STATE",
              "BACKLOG",
              "OLDEST",
              "DELIVERED",
              "DEAD LETTERS",
              "TRIES",
              "NEXT TRY",
              "PROBLEM");
      for (JsonNode each : destinations) {
        boolean stopped = !relay.isRunning();
        table.row(
            each.path("name").asText(),
            each.path("state").asText(),
            each.hasNonNull("backlog") ? each.get("backlog").asText() : "?",
            each.hasNonNull("oldestSeconds") ? age(each.get("oldestSeconds").asLong()) : "-",
            stopped ? "-" : each.path("delivered").asText(),
            each.hasNonNull("deadLetters") ? each.get("deadLetters").asText() : "?",
            each.hasNonNull("tries") ? each.get("tries").asText() : "-",
            each.hasNonNull("next") ? in(Instant.parse(each.get("next").asText())) : "-",
            each.hasNonNull("problem") ? each.get("problem").asText() : "");
      }
      print(table, "There is no destination yet.");
      return 0;
    }
  }

  private static String in(Instant time) {
    long seconds = Duration.between(Instant.now(), time).toSeconds();
    return seconds <= 0 ? "now" : "in " + age(seconds);
  }

  /** Ends or begins deliveries. */
  abstract static class Change extends DataCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Of the destination.")
    private String name;

    int change(String call, String said) throws IOException {
      try (RelayAccess relay = RelayAccess.open(settings())) {
        JsonNode answer = relay.post("/api/destinations/" + encoded(name) + "/" + call, Map.of());
        if (json) {
          print(answer);
        } else {
          out().println(said.formatted(name));
          out().flush();
        }
        return 0;
      }
    }
  }

  /** Ends deliveries for a while. */
  @Command(
      name = "pause",
      mixinStandardHelpOptions = true,
      description = {
        "Delivers nothing to a destination until it is resumed, also after a restart.",
        "Its events are kept."
      })
  static final class Pause extends Change {
    @Override
    public Integer call() throws IOException {
      return change("pause", "Paused: %s. Its events are kept until it is resumed.");
    }
  }

  /** Begins deliveries again. */
  @Command(
      name = "resume",
      mixinStandardHelpOptions = true,
      description = "Delivers to a destination again that was paused.")
  static final class Resume extends Change {
    @Override
    public Integer call() throws IOException {
      return change("resume", "Resumed: %s.");
    }
  }

  /** Ends a destination that no route reads any more. */
  @Command(
      name = "forget",
      mixinStandardHelpOptions = true,
      description = {
        "Ends a destination that no route reads any more, and with it what waits for it.",
        "Its dead letters stay."
      })
  static final class Forget extends DataCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Of the destination.")
    private String name;

    @Option(names = "--yes", description = "Does not ask.")
    private boolean yes;

    @Override
    public Integer call() throws IOException {
      confirm(yes, "What waits for " + name + " will be gone for good.");
      try (RelayAccess relay = RelayAccess.open(settings())) {
        JsonNode answer = relay.post("/api/destinations/" + encoded(name) + "/forget", Map.of());
        if (json) {
          print(answer);
        } else {
          out()
              .println(
                  "Forgotten: %s, with %s that waited for it."
                      .formatted(name, events(answer.path("forgotten").asLong())));
          out().flush();
        }
        return 0;
      }
    }
  }
}
