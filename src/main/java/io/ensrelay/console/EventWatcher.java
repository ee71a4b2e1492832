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
 * The events for one watcher, in their order. A slow watcher misses events and learns how many;
 * nobody waits for it.
 */
final class EventWatcher implements AutoCloseable {
  private static final int WAITING = 500;

  /** The events that wait for a slow watcher must not fill the memory. */
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

  /** Called by the thread that stores events: the search for the text comes later. */
  private void stored(Event event) {
    if (event.json().length > LARGEST || !events.offer(event)) {
      skipped.incrementAndGet();
    }
  }

  /** Adds the matching ones of the last events before it began. */
  List<Event> last(int most) {
    List<Event> all =
        before.stream()
            .filter(event -> event.json().length <= LARGEST)
            .filter(query::fits)
            .toList();
    return all.subList(Math.max(0, all.size() - most), all.size());
  }

  /** Waits for the next matching events; empty: none came in that time. */
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

  /** Number of events missed since the last call. */
  long skipped() {
    return skipped.getAndSet(0);
  }

  @Override
  public void close() {
    feed.remove(listener);
  }
}
