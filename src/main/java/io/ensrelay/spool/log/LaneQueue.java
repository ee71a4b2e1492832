package io.ensrelay.spool.log;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;

/**
 * A lane's part of a destination's events: those it has taken, those that wait for it in memory,
 * and where it goes on when it is behind. Guarded by the lock of its cursor.
 */
final class LaneQueue {
  private static final int MOST_EVENTS = 256;
  private static final long MOST_BYTES = 128 << 10;

  /** Signalled when there may be something to take. */
  final Condition ready;

  boolean waits;

  private final Deque<StoredEvent> queue = new ArrayDeque<>();
  private long bytes;

  /** The first that was taken and not confirmed; -1: there is none. */
  private long firstTaken = -1;

  private int taken;

  /** Whether the others went on without it; then its next event is this or a later one. */
  private boolean behind;

  private long next;

  /** How many of its events were passed without it, as far as they have been counted. */
  private long missed;

  /** Whether those have not been counted that were passed before this process began. */
  private boolean uncounted;

  LaneQueue(Condition ready) {
    this.ready = ready;
  }

  /** Of its events those below it are confirmed, and no others. */
  long position(long front) {
    if (firstTaken >= 0) {
      return firstTaken;
    }
    return queue.isEmpty() ? behind ? next : front : queue.peek().number();
  }

  /** How many events it has before it, of those that the front has passed. */
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

  /**
   * Takes an event from the front; one that has no room is read again when the lane comes to it.
   */
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

  StoredEvent take() {
    StoredEvent event = queue.remove();
    bytes -= event.size();
    if (firstTaken < 0) {
      firstTaken = event.number();
    }
    taken++;
    return event;
  }

  /** At the start: the front is where the farthest lane was. */
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

  /** Where it goes on while it is behind. */
  long next() {
    return next;
  }

  /**
   * Takes over what was read for it.
   *
   * @param to up to where
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

  /** What was taken and not confirmed is taken again. */
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
