package io.ensrelay.console;

import io.ensrelay.spool.Spool;
import io.ensrelay.spool.SpoolView;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The calls of the console and of the commands that are answered at once. Threads: safe. */
final class Api {
  private final Supplier<Object> status;
  private final Supplier<Object> destinations;
  private final List<Calls> calls;

  /** Some of the calls. */
  interface Calls {
    /** Empty: there is no such call. */
    Optional<Reply> answer(Call call) throws IOException;
  }

  /**
   * @param running calls that only a running relay can answer; none: no relay runs
   */
  Api(
      Spool spool,
      SpoolView view,
      Supplier<Object> status,
      Supplier<Object> destinations,
      List<Calls> running) {
    this.status = status;
    this.destinations = destinations;
    calls =
        Stream.concat(
                Stream.of(
                    new DeadLetterCalls(spool.letters()),
                    new DeviceCalls(spool.devices()),
                    new DestinationChanges(view)),
                running.stream())
            .toList();
  }

  /** Empty: there is no such call. */
  Optional<Reply> answer(Call call) throws IOException {
    switch (call.method() + " " + call.path()) {
      case "GET /api/status":
        return Optional.of(Reply.json(200, status.get()));
      case "GET /api/destinations":
        return Optional.of(Reply.json(200, destinations.get()));
      default:
        Optional<Reply> answer = Optional.empty();
        for (int i = 0; i < calls.size() && answer.isEmpty(); i++) {
          answer = calls.get(i).answer(call);
        }
        return answer;
    }
  }
}
