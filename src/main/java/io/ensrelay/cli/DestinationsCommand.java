package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.console.ApiRequest;
import io.ensrelay.console.RelayAccess;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The destinations of the running relay, or of the data directory if no relay runs. */
@Command(
    name = "destinations",
    mixinStandardHelpOptions = true,
    description = "Shows the destinations, the events that wait for each, and its state.",
    subcommands = {
      MoveCommand.Rewind.class,
      MoveCommand.Skip.class,
      DestinationsCommand.Pause.class,
      DestinationsCommand.Resume.class,
      DestinationsCommand.Retry.class,
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
              "SINCE",
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
            each.hasNonNull("since") ? since(Instant.parse(each.get("since").asText())) : "-",
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

  private static String since(Instant time) {
    return age(Math.max(0, Duration.between(time, Instant.now()).toSeconds()));
  }

  private static String in(Instant time) {
    long seconds = Duration.between(Instant.now(), time).toSeconds();
    return seconds <= 0 ? "now" : "in " + age(seconds);
  }

  /** Pauses or resumes deliveries. */
  abstract static class Change extends DataCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Name of the destination.")
    private String name;

    int change(String call, String said) throws IOException {
      try (RelayAccess relay = RelayAccess.open(settings())) {
        JsonNode answer =
            relay.post("/api/destinations/" + encoded(name) + "/" + call, new ApiRequest.Plain());
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

  /** Stops deliveries until they are resumed. */
  @Command(
      name = "pause",
      mixinStandardHelpOptions = true,
      description = {
        "Stops deliveries to a destination until it is resumed, also after a restart.",
        "Its events wait."
      })
  static final class Pause extends Change {
    @Override
    public Integer call() throws IOException {
      return change("pause", "Paused: %s. Its events wait until you resume it.");
    }
  }

  /** Continues deliveries. */
  @Command(
      name = "resume",
      mixinStandardHelpOptions = true,
      description = "Continues deliveries to a paused destination.")
  static final class Resume extends Change {
    @Override
    public Integer call() throws IOException {
      return change("resume", "Resumed: %s.");
    }
  }

  /** Ends the pause between two tries. */
  @Command(
      name = "retry",
      mixinStandardHelpOptions = true,
      description = {
        "Tries a stalled or refused destination now, instead of at its next try.",
        "Needs a running relay."
      })
  static final class Retry extends DataCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Name of the destination.")
    private String name;

    @Override
    public Integer call() throws IOException {
      try (RelayAccess relay = RelayAccess.open(settings())) {
        JsonNode answer =
            relay.post("/api/destinations/" + encoded(name) + "/retry", new ApiRequest.Plain());
        int lanes = answer.path("lanes").asInt();
        if (json) {
          print(answer);
        } else {
          out()
              .println(
                  lanes == 0
                      ? "%s is not waiting for a next try.".formatted(name)
                      : "Retried: %s, %s."
                          .formatted(name, lanes == 1 ? "1 lane" : lanes + " lanes"));
          out().flush();
        }
        return 0;
      }
    }
  }

  /** Removes a destination that no route reads. */
  @Command(
      name = "forget",
      mixinStandardHelpOptions = true,
      description = {
        "Removes a destination that no route reads, with the events that wait for it.",
        "Its dead letters stay."
      })
  static final class Forget extends DataCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "Name of the destination.")
    private String name;

    @Option(names = "--yes", description = "Removes it without asking.")
    private boolean yes;

    @Override
    public Integer call() throws IOException {
      confirm(yes, "The events that wait for " + name + " will be deleted.");
      try (RelayAccess relay = RelayAccess.open(settings())) {
        JsonNode answer =
            relay.post("/api/destinations/" + encoded(name) + "/forget", new ApiRequest.Plain());
        if (json) {
          print(answer);
        } else {
          out()
              .println(
                  "Removed: %s, with %s that waited for it."
                      .formatted(name, events(answer.path("forgotten").asLong())));
          out().flush();
        }
        return 0;
      }
    }
  }
}
