package io.ensrelay.spool.log;

import java.time.Duration;

/**
 * Where a destination begins that has not been there before.
 *
 * @param age how old the first event may be, for {@link Kind#AGE}
 */
public record Begin(Kind kind, Duration age) {
  /** What is asked for. */
  public enum Kind {
    /** With the next event. */
    NOW,
    /** With the oldest event that is kept. */
    EARLIEST,
    /** With events that were received so long ago. */
    AGE
  }

  public static final Begin NOW = new Begin(Kind.NOW, Duration.ZERO);
  public static final Begin EARLIEST = new Begin(Kind.EARLIEST, Duration.ZERO);

  public static Begin ago(Duration age) {
    return new Begin(Kind.AGE, age);
  }
}
