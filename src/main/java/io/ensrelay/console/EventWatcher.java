package io.ensrelay.console;

import io.ensrelay.event.Event;
import io.ensrelay.spool.EventFeed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The events for one who watches, in their order. Who is too slow misses events and is told how
 * many; nobody waits for him.
 */
final class EventWatcher implements AutoCloseable {
  private static final int WAITING = 500;

  /** What waits for a slow one must not fill the memory. */
  private static final int LARGEST = 64 << 10;

  private final EventFeed feed;
  private final EventQuery query;
  private final BlockingQueue<Event> events = new ArrayBlockingQueue<>(WAITING);
  private final AtomicLong skipped = new AtomicLong();
  private final Consumer<Event> listener = this::stored;
  private final List<Event> before;

  EventWatcher(EventFeed feed, EventQuery query) {
    this.feed = feed;
    this.query = query;
    before = feed.add(listener);
  }

  /** The thread that stores events is here: the text is looked for later. */
  private void stored(Event event) {
    if (event.json().length > LARGEST || !events.offer(event)) {
      skipped.incrementAndGet();
    }
  }

  /** The last ones before it began that fit. */
  List<Event> last(int most) {
    List<Event> all =
        before.stream()
            .filter(event -> event.json().length <= LARGEST)
            .filter(query::fits)
            .toList();
    return all.subList(Math.max(0, all.size() - most), all.size());
  }

  /** Waits for the next ones that fit; none when there were none in that time. */
  List<Event> next(int most, long millis) throws InterruptedException {
    List<Event> next = new ArrayList<>();
    Event first = events.poll(millis, TimeUnit.MILLISECONDS);
    if (first != null) {
      next.add(first);
      events.drainTo(next, most - 1);
    }
    next.removeIf(event -> !query.fits(event));
    return next;
  }

  /** How many were missed since the last call. */
  long skipped() {
    return skipped.getAndSet(0);
  }

  @Override
  public void close() {
    feed.remove(listener);
  }
}
