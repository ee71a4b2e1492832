package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.StoredEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A partition that this process reads for a destination, from its assignment or last move to the
 * next. Guarded by the lock of its {@link LaneQueues}.
 */
final class Part {
  private static final int MOST_IDS = 5000;

  private final int partition;
  private final Committed began;

  /** Unconfirmed events in memory, by offset, with their times of receipt. */
  private final TreeMap<Long, Long> open = new TreeMap<>();

  private final Set<String> seen =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
              return size() > MOST_IDS;
            }
          });

  /** The next offset to read. */
  private long next;

  private long lastReceived = -1;
  private boolean ended;

  Part(int partition, Committed began) {
    this.partition = partition;
    this.began = began;
    next = began.confirmed().low();
  }

  int partition() {
    return partition;
  }

  long next() {
    return next;
  }

  /** Every offset below this is read. */
  void reached(long offset) {
    next = Math.max(next, offset);
  }

  /** Whether it was confirmed before its assignment. */
  boolean isConfirmed(long offset) {
    return began.confirmed().has(offset);
  }

  /** Whether the same event was just read: a machine that had been paused appended it again. */
  boolean isCopy(StoredEvent event) {
    return event.destination().isEmpty()
        && event.attributes().get("eventId") instanceof String id
        && !seen.add(id);
  }

  StoredEvent marked(StoredEvent event) {
    return began.replayed().has(event.number()) ? event.again() : event;
  }

  void opens(long offset, long received) {
    open.put(offset, received);
  }

  void confirmed(long offset) {
    open.remove(offset);
  }

  void received(long millis) {
    lastReceived = millis;
  }

  /** Time of receipt of the newest event read; -1: none was. */
  long lastReceived() {
    return lastReceived;
  }

  int waiting() {
    return open.size();
  }

  /** Time of receipt of the first unconfirmed event in memory; -1: there is none. */
  long oldest() {
    return open.isEmpty() ? -1 : open.firstEntry().getValue();
  }

  boolean isEnded() {
    return ended;
  }

  /** From now on its events are not confirmed here. */
  void end() {
    ended = true;
  }

  Committed committed() {
    long low = open.isEmpty() ? next : Math.min(next, open.firstKey());
    List<Progress.Range> ranges = new ArrayList<>();
    long from = low;
    for (long offset : open.keySet()) {
      if (offset > from) {
        ranges.add(new Progress.Range(from, offset));
      }
      from = offset + 1;
    }
    if (next > from) {
      ranges.add(new Progress.Range(from, next));
    }
    for (Progress.Range ahead : began.confirmed().beyond()) {
      if (ahead.to() > next) {
        ranges.add(new Progress.Range(Math.max(next, ahead.from()), ahead.to()));
      }
    }
    return new Committed(Progress.of(low, ranges), began.replayed(), began.move());
  }
}
