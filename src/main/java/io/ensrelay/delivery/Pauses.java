package io.ensrelay.delivery;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The pauses of a destination's lanes between two tries. All that last at present can be ended
 * together, so that each lane tries at once. Threads: safe.
 */
final class Pauses {
  private static final long LOOK_MILLIS = 50;

  private long ended;
  private int present;

  /**
   * Waits until the pause is over or is ended.
   *
   * @param isOver looked at now and then; true ends the pause too
   */
  synchronized void await(Duration pause, BooleanSupplier isOver) throws InterruptedException {
    long begin = ended;
    long until = System.nanoTime() + pause.toNanos();
    present++;
    try {
      long left = pause.toNanos();
      while (left > 0 && ended == begin && !isOver.getAsBoolean()) {
        wait(Math.min(LOOK_MILLIS, TimeUnit.NANOSECONDS.toMillis(left) + 1));
        left = until - System.nanoTime();
      }
    } finally {
      present--;
    }
  }

  /** Ends the present pauses; returns how many there are. */
  synchronized int end() {
    ended++;
    notifyAll();
    return present;
  }
}
