package io.ensrelay.service;

import io.ensrelay.base.Platform;
import io.ensrelay.http.AnswerTooLargeException;
import io.ensrelay.http.RetryAfter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * A row of failed calls.
 *
 * @param since when the first of them failed
 * @param why the last of them failed
 * @param next time of the next call, and the same by {@code Platform.nanoTime}
 * @param tries failed calls in a row
 */
record CallTrouble(Instant since, Exception why, Instant next, long nextNanos, int tries) {
  private static final long FIRST_PAUSE_MILLIS = 1000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;
  private static final int MOST_DOUBLINGS = 10;
  private static final double SPREAD = 0.16;

  /**
   * The pause is as long as {@code Retry-After} says, at most an hour; otherwise a second, twice as
   * long after each failure, up to a minute.
   */
  static CallTrouble after(Optional<CallTrouble> before, Exception why, Platform platform) {
    int tries = before.map(CallTrouble::tries).orElse(0) + 1;
    Instant now = platform.now();
    Duration pause =
        why instanceof HttpOperationFailedException answer
            ? RetryAfter.of(answer, now)
                .filter(asked -> !asked.isZero())
                .orElseGet(() -> own(tries))
            : own(tries);
    return new CallTrouble(
        before.map(CallTrouble::since).orElse(now),
        why,
        now.plus(pause),
        platform.nanoTime() + pause.toNanos(),
        tries);
  }

  private static Duration own(int tries) {
    long millis = FIRST_PAUSE_MILLIS << Math.min(tries - 1, MOST_DOUBLINGS);
    double chance = ThreadLocalRandom.current().nextDouble(1 - SPREAD, 1 + SPREAD);
    return Duration.ofMillis((long) (Math.min(millis, LONGEST_PAUSE_MILLIS) * chance));
  }

  /**
   * Whether the failure may concern one of the devices that were asked for, and not the service.
   */
  static boolean mayBeOneDevice(Exception why) {
    if (why instanceof HttpOperationFailedException answer) {
      return Set.of(400, 413, 422).contains(answer.getStatusCode());
    }
    return why instanceof AnswerTooLargeException;
  }

  /** Whether the service says that there were too many calls, of whatever kind. */
  static boolean isLimit(Exception why) {
    return why instanceof HttpOperationFailedException answer && answer.getStatusCode() == 429;
  }

  /** Seconds from the last failure to the next call. */
  long seconds() {
    return Duration.between(since, next).toSeconds() + 1;
  }
}
