package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.console.RelayAccess;
import java.io.IOException;
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
    subcommands = DestinationsCommand.Forget.class)
public final class DestinationsCommand extends DataCommand implements Callable<Integer> {

  @Override
  public Integer call() throws IOException {
    try (RelayAccess relay = RelayAccess.open(settings())) {
      JsonNode destinations = relay.get("/api/destinations");
      if (json) {
        print(destinations);
        return 0;
      }
      Table table =
          new Table(
              "DESTINATION", "STATE", "BACKLOG", "OLDEST", "DELIVERED", "DEAD LETTERS", "PROBLEM");
      for (JsonNode each : destinations) {
        boolean stopped = !relay.isRunning();
        table.row(
            each.path("name").asText(),
            each.path("state").asText(),
            each.hasNonNull("backlog") ? each.get("backlog").asText() : "?",
            each.hasNonNull("oldestSeconds") ? age(each.get("oldestSeconds").asLong()) : "-",
            stopped ? "-" : each.path("delivered").asText(),
            each.hasNonNull("deadLetters") ? each.get("deadLetters").asText() : "?",
            each.hasNonNull("problem") ? each.get("problem").asText() : "");
      }
      print(table, "There is no destination yet.");
      return 0;
    }
  }

  /** Ends a subscription that no route reads any more. */
  @Command(
      name = "forget",
      mixinStandardHelpOptions = true,
      description = {
        "Ends the subscription of a destination that no route reads any more,",
        "and with it the events that wait for it. Its dead letters stay."
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
                  "Forgotten: "
                      + name
                      + ", with "
                      + answer.path("forgotten").asLong()
                      + " events that waited for it.");
          out().flush();
        }
        return 0;
      }
    }
  }
}
