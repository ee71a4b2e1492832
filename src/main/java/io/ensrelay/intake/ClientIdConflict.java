package io.ensrelay.intake;

import java.util.concurrent.TimeUnit;

/**
 * Notices that another client takes the session over again and again: the service closes one good
 * connection after the other within seconds. MQTT 3.1.1 has no word for it, so a service that
 * closes connections for another reason, or a path that is cut all the time, looks the same: it is
 * left alone only when that goes on, and never for long. Threads: one.
 */
final class ClientIdConflict {
  private static final int TIMES_TO_SAY = 3;
  private static final int TIMES_TO_PAUSE = 8;
  private static final long SHORT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long FIRST_PAUSE_MILLIS = TimeUnit.SECONDS.toMillis(15);
  private static final long LONGEST_PAUSE_MILLIS = TimeUnit.MINUTES.toMillis(1);

  private int shortOnes;

  /**
   * The service closed a connection that was made and subscribed.
   *
   * @param nanos how long it lasted
   * @return milliseconds to leave the session to the other; 0 while there seems to be none
   */
  long closedAfter(long nanos) {
    shortOnes = nanos < SHORT_NANOS ? shortOnes + 1 : 0;
    if (shortOnes < TIMES_TO_PAUSE) {
      return 0;
    }
    return Math.min(
        LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(shortOnes - TIMES_TO_PAUSE, 10));
  }

  /** True once for each row of them, early enough that both of two rivals come to it. */
  boolean isNews() {
    return shortOnes == TIMES_TO_SAY;
  }
}
