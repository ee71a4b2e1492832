package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.console.RelayAccess;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Moves a destination to another place in the event log; says first how many events that means. */
abstract class MoveCommand extends DataCommand implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Of the destination.")
  private String name;

  @Option(names = "--yes", description = "Does not ask.")
  private boolean yes;

  /**
   * @param call its name in the API
   * @param place where to, as the API wants it
   * @param question asks a person, for the number of events and the name
   * @param done its name in the answer
   * @param said what was done, for the number of events and the name
   */
  int move(String call, Map<String, Object> place, String question, String done, String said)
      throws IOException {
    if (!yes) {
      confirm(false, question.formatted(events(count(call, place)), name));
    }
    try (RelayAccess relay = RelayAccess.open(settings())) {
      JsonNode answer = relay.post(path(call), place);
      if (json) {
        print(answer);
      } else {
        out().println(said.formatted(events(answer.path(done).asLong()), name));
        out().flush();
      }
      return 0;
    }
  }

  /** Lets go of the data directory before a person thinks: a relay that starts waits for it. */
  private long count(String call, Map<String, Object> place) throws IOException {
    Map<String, Object> wanted = new LinkedHashMap<>(place);
    wanted.put("count", true);
    try (RelayAccess relay = RelayAccess.open(settings())) {
      return relay.post(path(call), wanted).path("events").asLong();
    }
  }

  private String path(String call) {
    return "/api/destinations/" + encoded(name) + "/" + call;
  }

  Map<String, Object> time(String field, String option, String text) {
    return Map.of(field, TimeOption.of(spec, option, text).toString());
  }

  /** Delivers again what was delivered. */
  @Command(
      name = "rewind",
      mixinStandardHelpOptions = true,
      description = {
        "Winds a destination back: what it was given from a place on is delivered again,",
        "as far as the event log still has it. What comes again has the same ids."
      })
  static final class Rewind extends MoveCommand {
    @ArgGroup(multiplicity = "1")
    private From from;

    /** Exactly one of them is given. */
    static final class From {
      @Option(
          names = "--since",
          paramLabel = "TIME",
          description = "What was received since then: 2h, 3d, or 2026-02-27T09:36:13Z.")
      private String since;

      @Option(names = "--from", paramLabel = "TIME", description = "The same.")
      private String from;

      @Option(
          names = "--event",
          paramLabel = "ID",
          description = "The event with this id, and those behind it.")
      private String event;

      @Option(names = "--all", description = "Everything that the event log still has.")
      private boolean all;
    }

    @Override
    public Integer call() throws IOException {
      return move(
          "rewind",
          place(),
          "%s will be delivered to %s again. Go on?",
          "rewound",
          "Wound back: %s will be delivered to %s again.");
    }

    private Map<String, Object> place() {
      if (from.since != null) {
        return time("from", "--since", from.since);
      }
      if (from.from != null) {
        return time("from", "--from", from.from);
      }
      return from.event != null ? Map.of("event", from.event) : Map.of("all", true);
    }
  }

  /** Leaves out what waits. */
  @Command(
      name = "skip",
      mixinStandardHelpOptions = true,
      description = {
        "Leaves out events that wait for a destination: they will not be delivered to it.",
        "As long as the event log has them, 'rewind' brings them back."
      })
  static final class Skip extends MoveCommand {
    @ArgGroup(multiplicity = "1")
    private Until until;

    /** Exactly one of them is given. */
    static final class Until {
      @Option(
          names = "--until",
          paramLabel = "TIME",
          description = "What was received before then: 2h, 3d, or 2026-02-27T09:36:13Z.")
      private String until;

      @Option(names = "--all", description = "Everything that waits for it.")
      private boolean all;
    }

    @Override
    public Integer call() throws IOException {
      return move(
          "skip",
          until.until != null ? time("until", "--until", until.until) : Map.of("all", true),
          "%s will not be delivered to %s. Go on?",
          "skipped",
          "Skipped: %s will not be delivered to %s.");
    }
  }
}
