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
 * One lane of a destination: takes its events in order, one at a time, and confirms each after its
 * route has succeeded. Events whose sink registered a step with the {@link Batch} are confirmed
 * together, after some milliseconds at the latest.
 *
 * <p>If a route fails, the lane pauses, then redelivers the event and all others that are not
 * confirmed. If the log can't be read, the lane tries again.
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

  /** This field and all below are accessed by the lane's thread only. */
  private boolean away;

  private Batch batch = new Batch();
  private int events;
  private long since;
  private Optional<Cursor.Taken> last = Optional.empty();

  /** Delivers the events of a lane. */
  interface Route {
    /**
     * Returns true if the event is done; false: it must be redelivered.
     *
     * @param lane from 1
     * @throws Error if the thread must not be used any more; the event is redelivered
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

  /** A daemon: a delivery that hangs does not keep the process alive. */
  private Thread thread() {
    return platform.thread("lane-" + cursor.destination() + "-" + number, this);
  }

  /** Starts to deliver on a thread of its own. */
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
        // Camel would complete its unfinished work on this thread with the next event
        thread = thread();
        thread.start();
        return;
      }
    }
    confirm();
  }

  private void read() throws IOException, InterruptedException {
    while (running) {
      Optional<Cursor.Taken> taken = cursor.take(number - 1, patience());
      back();
      if (taken.isEmpty() && patience() > 0 && events > 0) {
        // woken for another lane
        continue;
      }
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
          || platform.nanoTime() - since > Math.max(MAX_BATCH_NANOS, batch.lingerNanos())) {
        confirm();
      }
    }
  }

  /** How long to wait for the next event, in milliseconds. */
  private long patience() {
    if (events == 0) {
      return IDLE_MILLIS;
    }
    long left = batch.lingerNanos() - (platform.nanoTime() - since);
    return running && left > 0 ? TimeUnit.NANOSECONDS.toMillis(left) + 1 : 0;
  }

  private void away(Exception e) {
    if (running && !away) {
      away = true;
      LOG.warn(
          "Destination {}: the event log can't be read, trying again: {}",
          cursor.destination(),
          e.toString());
    }
  }

  private void back() {
    if (away) {
      away = false;
      LOG.info("Destination {}: the event log can be read again", cursor.destination());
    }
  }

  private void confirm() {
    if (events == 0) {
      return;
    }
    try {
      batch.run();
    } catch (IOException e) {
      if (running) {
        LOG.warn(
            "Destination {}: the relay could not confirm events and delivers them again: {}",
            cursor.destination(),
            e.getMessage());
      }
      again();
      return;
    }
    last.ifPresent(taken -> cursor.confirm(number - 1, taken));
    clear();
  }

  /** Gives back all unconfirmed events, then pauses. */
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
