package io.ensrelay.spool.log;

import java.util.List;

/**
 * Keeps the newest events in memory: readers that have caught up need neither the disk nor another
 * copy. Threads: safe.
 */
final class RecentEvents {
  private final long mostBytes;
  private StoredEvent[] ring = new StoredEvent[1024];
  private long first;
  private long end;
  private long bytes;

  /**
   * @param next the number of the next event
   */
  RecentEvents(long mostBytes, long next) {
    this.mostBytes = mostBytes;
    first = next;
    end = next;
  }

  /** Adds events whose numbers follow the previous ones. */
  synchronized void add(List<StoredEvent> events) {
    for (StoredEvent event : events) {
      if (end - first == ring.length) {
        grow();
      }
      ring[place(end)] = event;
      end++;
      bytes += event.size();
      while (bytes > mostBytes && end - first > 1) {
        bytes -= ring[place(first)].size();
        ring[place(first)] = null;
        first++;
      }
    }
  }

  private void grow() {
    StoredEvent[] next = new StoredEvent[2 * ring.length];
    for (long number = first; number < end; number++) {
      next[(int) (number % next.length)] = ring[place(number)];
    }
    ring = next;
  }

  private int place(long number) {
    return (int) (number % ring.length);
  }

  /**
   * Copies events from a number on.
   *
   * @return number of copied events; 0: the first of them is not in memory
   */
  synchronized int read(long number, StoredEvent[] into) {
    if (number < first || number >= end) {
      return 0;
    }
    int count = (int) Math.min(into.length, end - number);
    for (int i = 0; i < count; i++) {
      into[i] = ring[place(number + i)];
    }
    return count;
  }
}
