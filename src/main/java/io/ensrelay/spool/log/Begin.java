package io.ensrelay.spool.log;

import java.time.Duration;

/**
 * Start position of a new destination.
 *
 * @param age greatest age of the first event, for {@link Kind#AGE}
 */
public record Begin(Kind kind, Duration age) {
  /** How the position is given. */
  public enum Kind {
    /** With the next event. */
    NOW,
    /** With the oldest kept event. */
    EARLIEST,
    /** With the first event that is no older than the age. */
    AGE
  }

  public static final Begin NOW = new Begin(Kind.NOW, Duration.ZERO);
  public static final Begin EARLIEST = new Begin(Kind.EARLIEST, Duration.ZERO);

  public static Begin ago(Duration age) {
    return new Begin(Kind.AGE, age);
  }
}
