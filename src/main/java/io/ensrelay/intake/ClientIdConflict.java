package io.ensrelay.intake;

import java.util.concurrent.TimeUnit;

/**
 * Detects that another client takes the session over again and again: the service closes one good
 * connection after the other within seconds. MQTT 3.1.1 does not report the reason, so other causes
 * in the service or the network look the same; the relay therefore pauses only after many such
 * connections, and never for long. Threads: one.
 */
final class ClientIdConflict {
  private static final int TIMES_TO_SAY = 3;
  private static final int TIMES_TO_PAUSE = 8;
  private static final long SHORT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long FIRST_PAUSE_MILLIS = TimeUnit.SECONDS.toMillis(15);
  private static final long LONGEST_PAUSE_MILLIS = TimeUnit.MINUTES.toMillis(1);

  private int shortOnes;

  /**
   * Records that the service closed a connection that was made and subscribed.
   *
   * @param nanos how long the connection lasted
   * @return milliseconds to leave the session to the other client; 0: there seems to be none
   */
  long closedAfter(long nanos) {
    shortOnes = nanos < SHORT_NANOS ? shortOnes + 1 : 0;
    if (shortOnes < TIMES_TO_PAUSE) {
      return 0;
    }
    return Math.min(
        LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(shortOnes - TIMES_TO_PAUSE, 10));
  }

  /** True once for each series of short connections. */
  boolean isFirstPause() {
    return shortOnes == TIMES_TO_PAUSE;
  }

  /** True once for each series of short connections, early enough for both rivals to reach it. */
  boolean isNews() {
    return shortOnes == TIMES_TO_SAY;
  }
}
