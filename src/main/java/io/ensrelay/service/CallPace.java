package io.ensrelay.service;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Spaces calls evenly, so that in no minute there are more than the budget allows. Times are those
 * of {@code Platform.nanoTime}. Threads: the caller holds a lock.
 */
final class CallPace {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  private final int perMinute;
  private final long spacing;
  private final Deque<Long> begins = new ArrayDeque<>();

  /** The time before which no call may begin, because there were too many. */
  private Optional<Long> paused = Optional.empty();

  /**
   * @param perMinute 1 or more
   */
  CallPace(int perMinute) {
    this.perMinute = perMinute;
    spacing = MINUTE / perMinute;
  }

  /** Nanoseconds until the next call may begin; 0 or less: it may. */
  long left(long now) {
    long spaced = begins.isEmpty() ? 0 : begins.getLast() + spacing - now;
    return paused.map(until -> Math.max(spaced, until - now)).orElse(spaced);
  }

  /** No call begins before this time. */
  void pauseUntil(long nanos) {
    paused = Optional.of(nanos);
  }

  void begin(long now) {
    begins.add(now);
    forget(now);
  }

  /** The part of the budget that the last minute's calls took, from 0 to 1. */
  double used(long now) {
    forget(now);
    return (double) begins.size() / perMinute;
  }

  private void forget(long now) {
    while (begins.size() > 1 && now - begins.getFirst() >= MINUTE) {
      begins.removeFirst();
    }
  }
}
