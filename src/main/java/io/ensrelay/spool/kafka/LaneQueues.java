package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.StoredEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The events of a destination in memory, by lane: waiting ones and those that the lanes have taken.
 * All events of a device are in one lane, in the order of their partition.
 *
 * <p>Both together are bounded; the reader offers no more when they are full. Threads: safe; one
 * for each lane, and the reader's.
 */
final class LaneQueues {
  /** Most events of a destination in memory, in all lanes together. */
  static final int MOST_EVENTS = 10_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition confirmed = lock.newCondition();
  private final List<Lane> lanes = new ArrayList<>();
  private final long mostBytes;
  private int events;
  private long bytes;
  private long wakes;
  private boolean paused;
  private boolean changed;

  private record Item(StoredEvent event, Part part) {}

  private static final class Lane {
    private final Condition ready;
    private final Deque<Item> waiting = new ArrayDeque<>();
    private final List<Item> taken = new ArrayList<>();

    private Lane(Condition ready) {
      this.ready = ready;
    }
  }

  LaneQueues(int lanes, long mostBytes, boolean paused) {
    this.mostBytes = mostBytes;
    this.paused = paused;
    for (int i = 0; i < lanes; i++) {
      this.lanes.add(new Lane(lock.newCondition()));
    }
  }

  ReentrantLock lock() {
    return lock;
  }

  int lanes() {
    return lanes.size();
  }

  /** Caller holds the lock. */
  void offer(StoredEvent event, Part part) {
    Lane lane = lanes.get(StoredEvent.lane(event.key(), lanes.size()));
    part.opens(event.number(), event.received());
    lane.waiting.add(new Item(event, part));
    events++;
    bytes += event.size();
    lane.ready.signal();
  }

  /** Whether the reader must wait. */
  boolean isFull() {
    return isBeyond(1.0);
  }

  /** Whether there is room again for more than a few events. */
  boolean hasRoom() {
    return !isBeyond(0.75);
  }

  private boolean isBeyond(double share) {
    lock.lock();
    try {
      return events >= share * MOST_EVENTS || bytes >= share * mostBytes;
    } finally {
      lock.unlock();
    }
  }

  Optional<Cursor.Taken> take(int number, long millis) throws InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(millis);
    lock.lock();
    try {
      long woken = wakes;
      Lane lane = lanes.get(number);
      while (paused || lane.waiting.isEmpty()) {
        if (left <= 0 || woken != wakes) {
          return Optional.empty();
        }
        left = lane.ready.awaitNanos(left);
      }
      Item item = lane.waiting.remove();
      lane.taken.add(item);
      return Optional.of(new Cursor.Taken(item.event(), 0));
    } finally {
      lock.unlock();
    }
  }

  /** At most this many waiting events: the next one of each lane, then those behind them. */
  List<StoredEvent> ahead(int most) {
    List<StoredEvent> ahead = new ArrayList<>();
    lock.lock();
    try {
      List<Iterator<Item>> left =
          paused
              ? List.of()
              : new ArrayList<>(lanes.stream().map(lane -> lane.waiting.iterator()).toList());
      while (!left.isEmpty() && ahead.size() < most) {
        left.removeIf(each -> !each.hasNext());
        left.stream().limit(most - ahead.size()).forEach(each -> ahead.add(each.next().event()));
      }
      return ahead;
    } finally {
      lock.unlock();
    }
  }

  void confirm(int number) {
    lock.lock();
    try {
      Lane lane = lanes.get(number);
      for (Item item : lane.taken) {
        item.part().confirmed(item.event().number());
        gone(item);
      }
      lane.taken.clear();
      changed = true;
      confirmed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void giveBack(int number) {
    lock.lock();
    try {
      Lane lane = lanes.get(number);
      for (int i = lane.taken.size() - 1; i >= 0; i--) {
        Item item = lane.taken.get(i);
        if (item.part().isEnded()) {
          gone(item);
        } else {
          lane.waiting.addFirst(item);
        }
      }
      lane.taken.clear();
      confirmed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void gone(Item item) {
    events--;
    bytes -= item.event().size();
  }

  /** Whether something was confirmed since the last call. */
  boolean hasChanged() {
    lock.lock();
    try {
      boolean has = changed;
      changed = false;
      return has;
    } finally {
      lock.unlock();
    }
  }

  /** Drops the waiting events of partitions, and waits for those that lanes have taken. */
  void drain(Collection<Part> parts, long millis) throws InterruptedException {
    lock.lock();
    try {
      for (Lane lane : lanes) {
        lane.waiting.removeIf(
            item -> {
              boolean isOfThem = parts.contains(item.part());
              if (isOfThem) {
                gone(item);
              }
              return isOfThem;
            });
      }
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while (left > 0 && lanes.stream().anyMatch(lane -> hasTaken(lane, parts))) {
        left = confirmed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private static boolean hasTaken(Lane lane, Collection<Part> parts) {
    return lane.taken.stream().anyMatch(item -> parts.contains(item.part()));
  }

  void pause(boolean pauses) {
    lock.lock();
    try {
      paused = pauses;
      lanes.forEach(lane -> lane.ready.signalAll());
    } finally {
      lock.unlock();
    }
  }

  void wake() {
    lock.lock();
    try {
      wakes++;
      lanes.forEach(lane -> lane.ready.signalAll());
    } finally {
      lock.unlock();
    }
  }
}
