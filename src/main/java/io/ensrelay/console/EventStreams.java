package io.ensrelay.console;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.ensrelay.event.Event;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The calls that never end: state and events for the console's page as server-sent events, and
 * events, one on each line, for a command. The next write notices a caller that is gone.
 */
final class EventStreams {
  /** Most streams: each takes a thread. */
  private static final int AT_ONCE = 16;

  private static final int EVENTS_A_BATCH = 100;
  private static final int LAST = 200;
  private static final long BATCH_MILLIS = 250;
  private static final long STATUS_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LIFE_SIGN_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final StatusReport status;
  private final Overview overview;
  private final Semaphore room = new Semaphore(AT_ONCE);

  EventStreams(StatusReport status, Overview overview) {
    this.status = status;
    this.overview = overview;
  }

  /** Streams state and events to the page. */
  void page(Call call, HttpExchange exchange) throws IOException, InterruptedException {
    enter();
    try (EventWatcher watcher = watcher(call)) {
      OutputStream out = exchange.stream("text/event-stream");
      say(out, "status", Json.bytes(status.now()));
      say(out, "events", batch(watcher.last(LAST), 0));
      long told = System.nanoTime();
      while (true) {
        long batchEnds = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BATCH_MILLIS);
        List<Event> events = watcher.next(EVENTS_A_BATCH, BATCH_MILLIS);
        // at most four batches a second, however many there are
        TimeUnit.NANOSECONDS.sleep(batchEnds - System.nanoTime());
        long skipped = watcher.skipped();
        if (!events.isEmpty() || skipped > 0) {
          say(out, "events", batch(events, skipped));
        }
        if (System.nanoTime() - told >= STATUS_NANOS) {
          told = System.nanoTime();
          say(out, "status", Json.bytes(status.now()));
        }
      }
    } finally {
      room.release();
    }
  }

  /** Streams events to a command, one on each line. */
  void lines(Call call, HttpExchange exchange) throws IOException, InterruptedException {
    int last = call.number("last", 0, LAST, 0);
    enter();
    try (EventWatcher watcher = watcher(call)) {
      OutputStream out = exchange.stream("application/x-ndjson");
      for (Event event : watcher.last(last)) {
        line(out, event.json());
      }
      out.flush();
      long said = System.nanoTime();
      while (true) {
        List<Event> events = watcher.next(EVENTS_A_BATCH, BATCH_MILLIS);
        for (Event event : events) {
          line(out, event.json());
        }
        long skipped = watcher.skipped();
        if (skipped > 0) {
          line(out, Json.bytes(new Skipped(skipped)));
        }
        if (!events.isEmpty() || skipped > 0) {
          said = System.nanoTime();
          out.flush();
        } else if (System.nanoTime() - said >= LIFE_SIGN_NANOS) {
          said = System.nanoTime();
          out.write('\n');
          out.flush();
        }
      }
    } finally {
      room.release();
    }
  }

  private void enter() {
    if (!room.tryAcquire()) {
      throw new BadCallException(503, "too many are watching already: close one of them");
    }
  }

  private EventWatcher watcher(Call call) {
    return new EventWatcher(overview.spool().feed(), EventQuery.of(call));
  }

  private static void line(OutputStream out, byte[] json) throws IOException {
    out.write(json);
    out.write('\n');
  }

  private static void say(OutputStream out, String what, byte[] json) throws IOException {
    out.write(("event: " + what + "\ndata: ").getBytes(StandardCharsets.US_ASCII));
    out.write(json);
    out.write("\n\n".getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private static byte[] batch(List<Event> events, long skipped) {
    Stream<Object> told = skipped > 0 ? Stream.of(new Skipped(skipped)) : Stream.empty();
    return Json.bytes(Stream.concat(told, events.stream().map(Shown::of)).toList());
  }

  /** Tells a slow caller how many events it missed. */
  private record Skipped(long skipped) {}

  /**
   * An event as the page shows it.
   *
   * @param event JSON on one line, made by the relay and sent unchanged
   */
  private record Shown(
      Instant time,
      String id,
      String type,
      Optional<String> key,
      Optional<String> device,
      Optional<String> os,
      Optional<String> status,
      @JsonRawValue String event) {
    static Shown of(Event event) {
      return new Shown(
          Instant.ofEpochMilli(event.time()),
          event.id(),
          event.type(),
          event.key(),
          event.device().id(),
          event.device().os(),
          event.device().status(),
          new String(event.json(), StandardCharsets.UTF_8));
    }
  }
}
