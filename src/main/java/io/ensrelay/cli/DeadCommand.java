package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.base.Printable;
import io.ensrelay.console.ApiRequest;
import io.ensrelay.console.RelayAccess;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The dead letters of the running relay, or of the data directory if no relay runs. */
@Command(
    name = "dead",
    mixinStandardHelpOptions = true,
    description =
        "Lists dead letters (events that could not be delivered), shows, resends, deletes them.",
    subcommands = {
      DeadCommand.ListThem.class,
      DeadCommand.Show.class,
      DeadCommand.Replay.class,
      DeadCommand.Drop.class
    })
public final class DeadCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "give a subcommand: list, show, replay or drop");
  }

  /** A page of them as a table. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists dead letters, oldest first.")
  static final class ListThem extends DataCommand implements Callable<Integer> {
    @Mixin private DeadChoice choice;

    @Option(
        names = "--limit",
        defaultValue = "100",
        description = "Lists this many at most, up to 1000 (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(names = "--offset", defaultValue = "0", description = "Skips this many (default: 0).")
    private int offset;

    @Override
    public Integer call() throws IOException {
      try (RelayAccess relay = RelayAccess.open(settings())) {
        JsonNode page =
            relay.get("/api/dead?limit=" + limit + "&offset=" + offset + choice.query());
        if (json) {
          print(page);
          return 0;
        }
        TextTable table = new TextTable("ID", "TIME", "DESTINATION", "TYPE", "TRIES", "REASON");
        for (JsonNode letter : page.path("items")) {
          table.row(
              letter.path("id").asText(),
              seconds(letter.path("time").asText()),
              letter.path("destination").asText(),
              letter.path("type").asText("-"),
              letter.path("attempts").asText(),
              letter.path("reason").asText());
        }
        print(table, choice.isGiven() ? "No dead letter matches." : "There are no dead letters.");
        int shown = page.path("items").size();
        if (shown > 0 && shown < page.path("total").asLong()) {
          err().println(shown + " of " + page.path("total").asLong() + "; see --limit, --offset");
        }
        return 0;
      }
    }

    private static String seconds(String time) {
      return time.replaceFirst("\\.\\d+Z$", "Z");
    }
  }

  /** One dead letter, with everything kept about it. */
  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows a dead letter with its reason and its body.")
  static final class Show extends DataCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "Id of a dead letter, from the list.")
    private String id;

    @Override
    public Integer call() throws IOException {
      try (RelayAccess relay = RelayAccess.open(settings())) {
        JsonNode letter = relay.get("/api/dead/" + encoded(id));
        if (json) {
          print(letter);
          return 0;
        }
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("destination", "destination");
        lines.put("time", "time");
        lines.put("tries", "attempts");
        lines.put("reason", "reason");
        lines.put("route", "route");
        lines.put("exception", "exception");
        lines.put("type", "type");
        lines.put("device", "device");
        lines.put("event id", "eventId");
        lines.put("topic", "topic");
        lines.forEach(
            (label, name) -> {
              if (letter.hasNonNull(name)) {
                out().printf("%-12s %s%n", label, Printable.line(letter.get(name).asText()));
              }
            });
        lines(letter.path("stack").asText());
        if (letter.hasNonNull("answer")) {
          out().println("answer");
          lines(letter.get("answer").asText());
        }
        out().println();
        out()
            .println(
                letter.hasNonNull("body")
                    ? Printable.line(letter.get("body").asText())
                    : "not UTF-8, as base64: " + letter.path("base64").asText());
        out().flush();
        return 0;
      }
    }

    private void lines(String text) {
      Printable.lines(text).replace("\t", "  ").lines().forEach(l -> out().println("  " + l));
    }
  }

  /** An action on dead letters, chosen by their ids, by a filter, or all. */
  abstract static class Action extends DataCommand implements Callable<Integer> {
    @Mixin private DeadChoice choice;

    @Option(names = "--all", description = "Takes all dead letters.")
    private boolean all;

    @Parameters(
        paramLabel = "ID",
        arity = "0..*",
        description = "Id of a dead letter, from the list.")
    private List<String> ids = List.of();

    /** The ids, or the filter, as the API wants them. */
    ApiRequest.Letters wanted(Optional<String> to) {
      int ways = (ids.isEmpty() ? 0 : 1) + (choice.isGiven() ? 1 : 0) + (all ? 1 : 0);
      if (ways != 1) {
        throw new ParameterException(
            spec.commandLine(), "give one of: ids, a filter such as --destination, or --all");
      }
      return ids.isEmpty()
          ? new ApiRequest.Letters(Optional.empty(), Optional.of(choice.filter()), to)
          : new ApiRequest.Letters(Optional.of(ids), Optional.empty(), to);
    }

    int done(JsonNode answer, String name) throws IOException {
      long count = answer.path(name).asLong();
      if (json) {
        print(answer);
      } else {
        out().println(count + " " + name);
        out().flush();
      }
      return count < ids.size() || (!ids.isEmpty() && count == 0) ? 1 : 0;
    }
  }

  /** Sends them again. */
  @Command(
      name = "replay",
      mixinStandardHelpOptions = true,
      description = {
        "Sends dead letters again, to the destination that refused them or to another.",
        "Each event keeps its id. An interruption loses none."
      })
  static final class Replay extends Action {
    @Option(
        names = "--to",
        paramLabel = "NAME",
        description = "Sends them to this destination instead.")
    private String to;

    @Override
    public Integer call() throws IOException {
      ApiRequest.Letters wanted = wanted(Optional.ofNullable(to));
      try (RelayAccess relay = RelayAccess.open(settings())) {
        return done(relay.post("/api/dead/replay", wanted), "replayed");
      }
    }
  }

  /** Deletes them. */
  @Command(
      name = "drop",
      mixinStandardHelpOptions = true,
      description = "Deletes dead letters for good, after a confirmation.")
  static final class Drop extends Action {
    @Option(names = "--yes", description = "Deletes them without asking.")
    private boolean yes;

    @Override
    public Integer call() throws IOException {
      ApiRequest.Letters wanted = wanted(Optional.empty());
      confirm(yes, "These dead letters will be deleted for good.");
      try (RelayAccess relay = RelayAccess.open(settings())) {
        return done(relay.post("/api/dead/drop", wanted), "dropped");
      }
    }
  }
}
