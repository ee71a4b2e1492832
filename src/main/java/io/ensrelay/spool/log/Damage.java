package io.ensrelay.spool.log;

import java.time.Instant;
import java.util.Optional;

/**
 * A range of events that can't be read.
 *
 * @param file the file's name and the offset in it, or the missing files
 * @param from number of the first lost event
 * @param to number of the first event after them
 * @param before time of receipt of the event before them, if there is one
 * @param after time of receipt of the event after them, if there is one
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
