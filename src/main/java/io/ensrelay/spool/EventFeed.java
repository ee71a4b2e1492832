package io.ensrelay.spool;

import io.ensrelay.event.Event;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Shows watchers the last stored events and each new one, with best effort: a watcher never slows
 * the intake down. Threads: safe.
 */
public final class EventFeed {
  private static final int LAST = 200;
  private static final long LAST_BYTES = 2 << 20;

  private final Deque<Event> last = new ArrayDeque<>();
  private final List<Consumer<Event>> watchers = new CopyOnWriteArrayList<>();
  private long bytes;

  public void stored(Event event) {
    synchronized (last) {
      last.add(event);
      bytes += event.json().length;
      while (last.size() > LAST || (bytes > LAST_BYTES && last.size() > 1)) {
        bytes -= last.remove().json().length;
      }
      for (Consumer<Event> watcher : watchers) {
        watcher.accept(event);
      }
    }
  }

  /**
   * Adds a watcher.
   *
   * @param watcher receives every later event on the thread that stores it; must return at once
   * @return the events before those, up to 200 or 2 MiB, oldest first
   */
  public List<Event> add(Consumer<Event> watcher) {
    synchronized (last) {
      watchers.add(watcher);
      return List.copyOf(last);
    }
  }

  public void remove(Consumer<Event> watcher) {
    watchers.remove(watcher);
  }
}
