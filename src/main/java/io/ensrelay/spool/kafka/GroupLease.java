package io.ensrelay.spool.kafka;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How long this process may rely on its membership in a consumer group: for the session timeout,
 * counted from just before the last question that the group's coordinator has answered. The
 * coordinator counts from the arrival of that question, so it never gives a partition away earlier.
 * A monotonic clock measures the time, also while the process is paused. Threads: safe.
 */
final class GroupLease {
  private final long nanos;
  private final LongSupplier clock;
  private boolean proven;
  private long provenAt;
  private long denials;

  GroupLease(Duration sessionTimeout, LongSupplier clock) {
    nanos = sessionTimeout.toNanos();
    this.clock = clock;
  }

  /**
   * The coordinator has confirmed the membership.
   *
   * @param askedAt by the clock, before the question was sent
   */
  synchronized void proved(long askedAt) {
    if (!proven || askedAt - provenAt > 0) {
      proven = true;
      provenAt = askedAt;
      notifyAll();
    }
  }

  /** The coordinator has denied the membership. */
  synchronized void ended() {
    proven = false;
    denials++;
    notifyAll();
  }

  synchronized boolean isValid() {
    return proven && clock.getAsLong() - provenAt < nanos;
  }

  /**
   * Waits for a proof that was asked for after a time; false: the deadline or a denial came first.
   */
  synchronized boolean awaitProofSince(long since, Duration longest) throws InterruptedException {
    long until = clock.getAsLong() + longest.toNanos();
    long before = denials;
    while (!(proven && provenAt - since >= 0)) {
      long left = TimeUnit.NANOSECONDS.toMillis(until - clock.getAsLong());
      if (left <= 0 || denials != before) {
        return false;
      }
      wait(left);
    }
    return true;
  }
}
