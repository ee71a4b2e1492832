package io.ensrelay.spool;

import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.Cursor.Taken;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.LogEntry;
import io.ensrelay.spool.log.Place;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills the table of devices from stored events and from answers of the service, and marks late
 * events.
 *
 * <p>It reads the event log with a cursor of its own, in batches, on a thread of its own. It
 * confirms an event after the table has it on disk: a crash repeats events, and a repetition
 * changes nothing. A new table begins with the oldest event in the log. If the table can't be
 * written for a minute, it gives up the waiting events, which would fill the disk: the next events
 * of their devices update it.
 *
 * <p>The first append after a start waits, for 10 s at most, until the times of all devices are
 * read; on Kafka only the recorded ones. Threads: safe.
 */
final class DeviceFeed {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceFeed.class);
  private static final String READER = "_devices";
  private static final long WAIT_MILLIS = 1000;

  /**
   * Most devices in one transaction. The cost is a page for each device, however many events it
   * has.
   */
  private static final int TOGETHER = 10_000;

  /** How long events gather for one transaction. */
  private static final long GATHER_MILLIS = 1000;

  /** Between two looks for more events: often enough to find them in memory. */
  private static final long LOOK_MILLIS = 100;

  /** Ten full calls of the service a second. */
  private static final int MOST_LEARNED = 1000;

  /**
   * Failures, a second apart, before the log tells one: at a start, Kafka may not have the topic
   * yet.
   */
  private static final int TOLD = 3;

  private static final long PATIENCE_MILLIS = 60_000;
  private static final long READY_SECONDS = 10;

  private final Devices devices;
  private final EventLog log;
  private final DeviceTimes times;
  private final Thread thread;

  /** Held while events are read and recorded; fair, because the thread hardly ever lets go. */
  private final ReentrantLock turn = new ReentrantLock(true);

  /** Answers of the service that are not recorded yet; when it is full, more are left out. */
  private final BlockingQueue<DeviceState> learned = new ArrayBlockingQueue<>(MOST_LEARNED);

  private final LongAdder late = new LongAdder();
  private final CountDownLatch ready = new CountDownLatch(1);
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile Optional<Cursor> cursor = Optional.empty();

  /** Whether somebody waits for the turn: then no events gather. */
  private volatile boolean hurried;

  /** Number of failures in a row. */
  private int failures;

  private boolean full;

  DeviceFeed(
      Devices devices,
      EventLog log,
      DeviceTimes times,
      BiFunction<String, Runnable, Thread> threads) {
    this.devices = devices;
    this.log = log;
    this.times = times;
    thread = threads.apply("spool-devices", this::run);
  }

  void start() {
    thread.start();
  }

  /**
   * Appends events to the log and marks the late ones.
   *
   * @return as {@link EventLog#append}
   */
  BitSet append(List<LogEntry> entries) throws IOException {
    awaitReady();
    Map<Long, Long> newest = DeviceTimes.newBatch();
    List<LogEntry> marked = times.marked(entries, newest);
    BitSet duplicates = log.append(marked);
    times.raise(newest);
    for (int i = 0; i < marked.size(); i++) {
      // late events are copies
      if (marked.get(i) != entries.get(i) && !duplicates.get(i)) {
        late.increment();
      }
    }
    return duplicates;
  }

  /** Number of devices. */
  long known() {
    return times.size();
  }

  /** Number of late events that were stored. */
  long late() {
    return late.sum();
  }

  /** Takes an answer of the service about a device in the table; returns at once. */
  void learned(DeviceState state) {
    learned.offer(state);
  }

  private void awaitReady() throws IOException {
    if (ready.getCount() == 0) {
      return;
    }
    try {
      if (!ready.await(READY_SECONDS, TimeUnit.SECONDS)) {
        LOG.info(
            "The table of devices still reads the event log; meanwhile no event counts as late");
        ready.countDown();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the table of devices was read", e);
    }
  }

  private void run() {
    try {
      while (closing.getCount() > 0 && !begin()) {
        closing.await(WAIT_MILLIS, TimeUnit.MILLISECONDS);
      }
      while (closing.getCount() > 0) {
        goOn();
      }
      end();
    } catch (InterruptedException e) {
      LOG.debug("the table of devices ends", e);
    } finally {
      ready.countDown();
    }
  }

  /** Reads the times and attaches the cursor; false: try again. */
  private boolean begin() {
    turn.lock();
    try {
      long started = System.nanoTime();
      devices.begin((tenant, id, time) -> raise(DeviceTimes.key(tenant, id), time));
      cursor = Optional.of(log.attach(READER, 1, "", Begin.EARLIEST));
      LOG.debug(
          "{} devices known after {} ms",
          times.size(),
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started));
      works();
      return true;
    } catch (IOException | RuntimeException e) {
      fails(e);
      ready.countDown();
      return false;
    } finally {
      turn.unlock();
    }
  }

  private void goOn() throws InterruptedException {
    turn.lock();
    try {
      Cursor reader = cursor.orElseThrow();
      if (devices.isNew()) {
        reader.rewind(Place.END, false);
        devices.filling();
      }
      Optional<Taken> first = reader.take(0, ready.getCount() == 0 ? WAIT_MILLIS : 0);
      if (first.isEmpty()) {
        if (!learned.isEmpty()) {
          record(new LinkedHashMap<>());
        }
        ready.countDown();
        return;
      }
      if (!recordFrom(first.get(), ready.getCount() == 0 ? GATHER_MILLIS : 0)) {
        ready.countDown();
      }
    } catch (IOException | RuntimeException e) {
      fails(e);
      closing.await(WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } finally {
      turn.unlock();
    }
  }

  /**
   * Records this event and those that follow it.
   *
   * @param millis how long to wait for more
   * @return whether more may wait
   */
  private boolean recordFrom(Taken first, long millis) throws IOException, InterruptedException {
    Cursor reader = cursor.orElseThrow();
    boolean done = false;
    Taken last = first;
    try {
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
      Map<Long, DeviceState> newest = new LinkedHashMap<>();
      Optional<Taken> next = Optional.of(first);
      while (next.isPresent()) {
        last = next.get();
        DeviceState.of(last.event(), devices.kept()).ifPresent(state -> add(newest, state));
        next = newest.size() < TOGETHER ? next(reader, until) : Optional.empty();
      }
      record(newest);
      reader.confirm(0, last);
      done = true;
      return newest.size() == TOGETHER;
    } finally {
      if (!done) {
        reader.giveBack(0, last);
      }
    }
  }

  /** The next event; empty: none came until then. */
  private Optional<Taken> next(Cursor reader, long until) throws IOException, InterruptedException {
    Optional<Taken> next = reader.take(0, 0);
    while (next.isEmpty() && !hurried && System.nanoTime() < until) {
      if (closing.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        return Optional.empty();
      }
      next = reader.take(0, 0);
    }
    return next;
  }

  private void add(Map<Long, DeviceState> newest, DeviceState state) {
    long time = state.event().map(DeviceState.LastEvent::time).orElse(DeviceTimes.NONE);
    if (raise(state.key(), time)) {
      newest.merge(state.key(), state, DeviceState::then);
    }
  }

  private boolean raise(long key, long time) {
    boolean fits = times.raise(key, time);
    if (!fits && !full) {
      full = true;
      LOG.warn(
          "The table of devices holds {} devices, as many as fit into this memory: it adds no more."
              + " Give the relay more with -Xmx.",
          times.size());
    }
    return fits;
  }

  private void record(Map<Long, DeviceState> newest) throws IOException, InterruptedException {
    List<DeviceState> more = new ArrayList<>();
    learned.drainTo(more);
    // a forgotten device comes back by an event only
    more.stream().filter(state -> times.has(state.key())).forEach(state -> add(newest, state));
    long giveUp = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    while (true) {
      try {
        devices.record(newest);
        works();
        return;
      } catch (IOException e) {
        fails(e);
        ready.countDown();
        if (closing.getCount() == 0) {
          throw e;
        }
        if (System.nanoTime() > giveUp) {
          cursor.orElseThrow().skip(Place.END, false);
          return;
        }
        closing.await(WAIT_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
  }

  private void fails(Exception e) {
    failures++;
    if (failures == TOLD && closing.getCount() > 0) {
      LOG.warn(
          "The table of devices can't be written and may miss events; deliveries go on: {}",
          e.getMessage());
    }
  }

  private void works() {
    if (failures >= TOLD) {
      LOG.info("The table of devices can be written again");
    }
    failures = 0;
  }

  /** Deletes a device, after recording the stored events, so that none of them adds it again. */
  boolean forget(Device device) throws IOException {
    hurried = true;
    cursor.ifPresent(Cursor::wakeLanes);
    turn.lock();
    hurried = false;
    try {
      boolean more = cursor.isPresent();
      while (more) {
        Optional<Taken> first = cursor.get().take(0, 0);
        more = first.isPresent() && recordFrom(first.get(), 0);
      }
      times.forget(DeviceTimes.key(device.tenant(), device.id()));
      return devices.delete(device);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      turn.unlock();
    }
  }

  /** Records the stored events; the next start reads the rest. */
  private void end() throws InterruptedException {
    turn.lock();
    try {
      if (cursor.isPresent()) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        Optional<Taken> first = cursor.get().take(0, 0);
        while (first.isPresent() && System.nanoTime() < until) {
          recordFrom(first.get(), 0);
          first = cursor.get().take(0, 0);
        }
        cursor.get().detach();
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("the table of devices is behind", e);
    } finally {
      turn.unlock();
    }
  }

  /** Returns when the thread has ended, or after 5 s. */
  void close() {
    closing.countDown();
    cursor.ifPresent(Cursor::wakeLanes);
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
