package io.ensrelay.delivery;

import io.ensrelay.base.OutOfMemory;
import io.ensrelay.base.Platform;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line of delivery of a destination: takes its events in order, one at a time, and confirms
 * each when its route has ended well. Events whose sink asked for a step before the confirmation
 * ({@link Batch}) are confirmed together, after some milliseconds at the latest.
 *
 * <p>An event whose route fails is delivered again after a pause, and so are those behind it. A log
 * that can't be read is tried again.
 */
final class Lane implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);
  private static final int MAX_BATCH = 1000;
  private static final long MAX_BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
  private static final long IDLE_MILLIS = 500;
  private static final long PAUSE_MILLIS = 1000;

  private final Cursor cursor;
  private final int number;
  private final Route route;
  private final Platform platform;
  private volatile Thread thread;
  private volatile boolean running;

  /** The rest is used by the lane's thread only. */
  private boolean away;

  private Batch batch = new Batch();
  private int events;
  private long since;
  private Optional<Cursor.Taken> last = Optional.empty();

  /** What a lane does with its events. */
  interface Route {
    /**
     * Returns true when the event is dealt with; false: it is delivered again.
     *
     * @param lane from 1
     * @throws Error when the thread is of no more use; the event is delivered again
     */
    boolean deliver(int lane, StoredEvent event, Batch batch);

    /** The lane has no event. */
    void idle(int lane);
  }

  /**
   * @param number from 1
   */
  Lane(Cursor cursor, int number, Route route, Platform platform) {
    this.cursor = cursor;
    this.number = number;
    this.route = route;
    this.platform = platform;
    thread = thread();
  }

  /** A delivery that does not end does not keep the process. */
  private Thread thread() {
    return platform.thread("lane-" + cursor.destination() + "-" + number, this);
  }

  /** Delivers in a thread of its own. */
  void start() {
    running = true;
    thread.start();
  }

  void stop() {
    running = false;
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  @Override
  public void run() {
    while (running) {
      try {
        read();
      } catch (IOException | RuntimeException e) {
        away(e);
        again();
      } catch (InterruptedException e) {
        running = false;
      } catch (Error e) {
        OutOfMemory.endProcessIfIn(e);
        giveBack();
        // what Camel had not done yet on this thread would be done with the next event
        thread = thread();
        thread.start();
        return;
      }
    }
    confirm();
  }

  private void read() throws IOException, InterruptedException {
    while (running) {
      Optional<Cursor.Taken> taken = cursor.take(number - 1, events == 0 ? IDLE_MILLIS : 0);
      back();
      if (taken.isEmpty()) {
        confirm();
        route.idle(number);
        continue;
      }
      last = taken;
      if (events++ == 0) {
        since = platform.nanoTime();
      }
      if (!route.deliver(number, taken.get().event(), batch)) {
        again();
      } else if (!batch.waits()
          || events >= MAX_BATCH
          || platform.nanoTime() - since > MAX_BATCH_NANOS) {
        confirm();
      }
    }
  }

  private void away(Exception e) {
    if (running && !away) {
      away = true;
      LOG.warn(
          "{}: no events from the spool, trying again: {}", cursor.destination(), e.toString());
    }
  }

  private void back() {
    if (away) {
      away = false;
      LOG.info("{}: the spool is back", cursor.destination());
    }
  }

  private void confirm() {
    if (events == 0) {
      return;
    }
    try {
      batch.run();
    } catch (IOException e) {
      LOG.warn("{}: events are delivered again: {}", cursor.destination(), e.getMessage());
      again();
      return;
    }
    last.ifPresent(taken -> cursor.confirm(number - 1, taken));
    clear();
  }

  /** Gives back everything that is not confirmed, and makes a pause. */
  private void again() {
    giveBack();
    try {
      if (running) {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      running = false;
    }
  }

  private void giveBack() {
    last.ifPresent(taken -> cursor.giveBack(number - 1, taken));
    clear();
  }

  private void clear() {
    batch = new Batch();
    events = 0;
    last = Optional.empty();
  }
}
