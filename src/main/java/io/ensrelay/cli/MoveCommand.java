package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.console.ApiRequest;
import io.ensrelay.console.RelayAccess;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Moves a destination to another place in the event log. First asks for confirmation, with the
 * number of events that the move affects.
 */
abstract class MoveCommand extends DataCommand implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Name of the destination.")
  private String name;

  @Option(names = "--yes", description = "Does not ask for confirmation.")
  private boolean yes;

  /**
   * @param call name of the call in the API
   * @param place the new place, in the form of the API
   * @param question with two %s: the number of events, and the name of the destination
   * @param done name of the number of events in the answer
   * @param said the result, with two %s as in the question
   */
  int move(String call, ApiRequest.Move place, String question, String done, String said)
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

  /** Releases the data directory before the question, so that a relay can start meanwhile. */
  private long count(String call, ApiRequest.Move place) throws IOException {
    try (RelayAccess relay = RelayAccess.open(settings())) {
      return relay.post(path(call), place.counting()).path("events").asLong();
    }
  }

  private String path(String call) {
    return "/api/destinations/" + encoded(name) + "/" + call;
  }

  String time(String option, String text) {
    return TimeOption.of(spec, option, text).toString();
  }

  /** Delivers events again. */
  @Command(
      name = "rewind",
      mixinStandardHelpOptions = true,
      description = {
        "Delivers the events of a destination again, from the given place on.",
        "They keep their ids. The event log must still have them."
      })
  static final class Rewind extends MoveCommand {
    @ArgGroup(multiplicity = "1")
    private From from;

    /** Exactly one of them is given. */
    static final class From {
      @Option(
          names = "--since",
          paramLabel = "TIME",
          description =
              "Begins with the events received at that time: 2h or 3d ago, or"
                  + " 2026-02-27T09:36:13Z.")
      private String since;

      @Option(names = "--from", paramLabel = "TIME", description = "The same as --since.")
      private String from;

      @Option(
          names = "--event",
          paramLabel = "ID",
          description = "Begins with the event that has this id.")
      private String event;

      @Option(names = "--all", description = "Begins with the oldest event in the log.")
      private boolean all;
    }

    @Override
    public Integer call() throws IOException {
      return move(
          "rewind",
          place(),
          "%s will be delivered to %s again. Continue?",
          "rewound",
          "Rewound: %s will be delivered to %s again.");
    }

    private ApiRequest.Move place() {
      if (from.since != null) {
        return ApiRequest.Move.from(time("--since", from.since));
      }
      if (from.from != null) {
        return ApiRequest.Move.from(time("--from", from.from));
      }
      return from.event != null ? ApiRequest.Move.event(from.event) : ApiRequest.Move.everything();
    }
  }

  /** Skips waiting events. */
  @Command(
      name = "skip",
      mixinStandardHelpOptions = true,
      description = {
        "Skips events that wait for a destination: they will not be delivered to it.",
        "'rewind' delivers them, as long as the event log has them."
      })
  static final class Skip extends MoveCommand {
    @ArgGroup(multiplicity = "1")
    private Until until;

    /** Exactly one of them is given. */
    static final class Until {
      @Option(
          names = "--until",
          paramLabel = "TIME",
          description =
              "Skips the events received before that time: 2h or 3d ago, or"
                  + " 2026-02-27T09:36:13Z.")
      private String until;

      @Option(names = "--all", description = "Skips all waiting events.")
      private boolean all;
    }

    @Override
    public Integer call() throws IOException {
      return move(
          "skip",
          until.until != null
              ? ApiRequest.Move.until(time("--until", until.until))
              : ApiRequest.Move.everything(),
          "%s will not be delivered to %s. Continue?",
          "skipped",
          "Skipped: %s will not be delivered to %s.");
    }
  }
}
