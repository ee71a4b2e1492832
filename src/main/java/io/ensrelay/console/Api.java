package io.ensrelay.console;

import io.ensrelay.spool.Spool;
import io.ensrelay.spool.SpoolView;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The calls of the console and of the commands that are answered at once. Threads: safe. */
final class Api {
  private final Supplier<Object> status;
  private final Supplier<Object> destinations;
  private final DeadLetterCalls deadLetters;
  private final DeviceCalls devices;
  private final DestinationChanges changes;
  private final Optional<DestinationCalls> running;

  /**
   * How many events waited in the last hour.
   *
   * @param waiting by destination, a number for each minute, the oldest first
   */
  private record History(Map<String, List<Long>> waiting) {}

  /**
   * @param running what only a running relay can answer; empty: none runs
   */
  Api(
      Spool spool,
      SpoolView view,
      Supplier<Object> status,
      Supplier<Object> destinations,
      Optional<DestinationCalls> running) {
    this.status = status;
    this.destinations = destinations;
    deadLetters = new DeadLetterCalls(spool.letters());
    devices = new DeviceCalls(spool.devices());
    changes = new DestinationChanges(view);
    this.running = running;
  }

  /** Empty: there is no such call. */
  Optional<Reply> answer(Call call) throws IOException {
    switch (call.method() + " " + call.path()) {
      case "GET /api/status":
        return Optional.of(Reply.json(200, status.get()));
      case "GET /api/destinations":
        return Optional.of(Reply.json(200, destinations.get()));
      default:
        Optional<Reply> known = deadLetters.answer(call);
        known = known.isPresent() ? known : devices.answer(call);
        known = known.isPresent() ? known : changes.answer(call);
        return known.isPresent() || running.isEmpty() ? known : live(call, running.get());
    }
  }

  private static Optional<Reply> live(Call call, DestinationCalls calls) throws IOException {
    return call.method().equals("GET") && call.path().equals("/api/history")
        ? Optional.of(Reply.json(200, new History(calls.lastHour())))
        : calls.answer(call);
  }
}
