package io.ensrelay.runtime;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Routes of a tenant that did not start. Immutable.
 *
 * @param tries number of failed starts in a row, from 0
 * @param nextNanos when they are tried again, by {@code System.nanoTime}
 */
record FailedStart(Exception why, int tries, long nextNanos) {
  private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** The pauses grow from a second to a minute. */
  static FailedStart of(Exception why, Optional<FailedStart> before) {
    int tries = before.map(last -> last.tries() + 1).orElse(0);
    long pause = Math.min(LONGEST_PAUSE_NANOS, FIRST_PAUSE_NANOS << Math.min(tries, 10));
    return new FailedStart(why, tries, System.nanoTime() + pause);
  }

  boolean isDue() {
    return System.nanoTime() - nextNanos >= 0;
  }
}
