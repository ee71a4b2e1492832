package io.ensrelay.spool.log;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;

/**
 * A lane's share of a destination's events: the taken ones, those queued in memory, and the
 * position from which it continues when it is behind. Guarded by the lock of its cursor.
 */
final class LaneQueue {
  private static final int MOST_EVENTS = 256;
  private static final long MOST_BYTES = 128 << 10;

  /** Signalled when there may be an event to take. */
  final Condition ready;

  boolean waits;

  private final Deque<StoredEvent> queue = new ArrayDeque<>();
  private long bytes;

  /** Number of the first taken, unconfirmed event; -1: there is none. */
  private long firstTaken = -1;

  private int taken;

  /** Whether the front has passed the lane; its next event is then {@link #next} or a later one. */
  private boolean behind;

  private long next;

  /** Events of the lane that the front passed while the lane was behind, as far as counted. */
  private long missed;

  /** Whether the events that the lane had missed at its beginning are not counted yet. */
  private boolean uncounted;

  LaneQueue(Condition ready) {
    this.ready = ready;
  }

  /** All of its events below this number are confirmed, and no others. */
  long position(long front) {
    if (firstTaken >= 0) {
      return firstTaken;
    }
    return queue.isEmpty() ? behind ? next : front : queue.peek().number();
  }

  /** Number of its unconfirmed events that the front has passed. */
  long waiting() {
    return taken + queue.size() + Math.max(0, missed);
  }

  boolean isFull() {
    return queue.size() >= MOST_EVENTS || (bytes >= MOST_BYTES && !queue.isEmpty());
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  boolean isBehind() {
    return behind;
  }

  /** Adds an event from the front. If the queue is full, the lane falls behind instead. */
  void offer(StoredEvent event) {
    if (behind) {
      missed++;
    } else if (isFull()) {
      behind = true;
      next = event.number();
      missed = 1;
    } else {
      add(event);
    }
  }

  private void add(StoredEvent event) {
    queue.add(event);
    bytes += event.size();
  }

  Collection<StoredEvent> queued() {
    return queue;
  }

  StoredEvent take() {
    StoredEvent event = queue.remove();
    bytes -= event.size();
    if (firstTaken < 0) {
      firstTaken = event.number();
    }
    taken++;
    return event;
  }

  /** Begins behind the front, which begins at the position of the farthest lane. */
  void beginBehind(long position) {
    behind = true;
    next = position;
    uncounted = true;
  }

  void count(long events) {
    if (uncounted) {
      missed += events;
      uncounted = false;
    }
  }

  /** The number from which it continues while it is behind. */
  long next() {
    return next;
  }

  /**
   * Queues events that were read for this lane.
   *
   * @param to the number up to which the log was read
   */
  void fetched(List<StoredEvent> events, long to, long front) {
    events.forEach(this::add);
    next = to;
    missed -= events.size();
    if (next >= front) {
      behind = false;
      uncounted = false;
      missed = 0;
    }
  }

  void confirm() {
    firstTaken = -1;
    taken = 0;
  }

  /** Lets the lane take its unconfirmed events again. */
  void giveBack() {
    if (firstTaken < 0) {
      return;
    }
    missed = (behind ? missed : 0) + taken + queue.size();
    behind = true;
    next = firstTaken;
    firstTaken = -1;
    taken = 0;
    queue.clear();
    bytes = 0;
  }
}
