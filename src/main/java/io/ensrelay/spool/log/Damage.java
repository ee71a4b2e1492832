package io.ensrelay.spool.log;

import java.time.Instant;
import java.util.Optional;

/**
 * Events that can't be read any more.
 *
 * @param file the name of the file and the place in it, or what is missing
 * @param from the number of the first event that is lost
 * @param to the number of the first event behind them
 * @param before when the event before them was received, if it is there
 * @param after when the event behind them was received, if there is one
 */
public record Damage(
    String file, long from, long to, Optional<Instant> before, Optional<Instant> after) {
  Damage(String file, long from, long to) {
    this(file, from, to, Optional.empty(), Optional.empty());
  }

  public long events() {
    return to - from;
  }
}
