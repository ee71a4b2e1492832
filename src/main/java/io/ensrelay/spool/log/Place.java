package io.ensrelay.spool.log;

import java.time.Instant;
import java.util.Optional;

/**
 * A position in the log.
 *
 * @param time the first event received at this time or later
 * @param event the event with this id
 */
public record Place(Optional<Instant> time, Optional<String> event) {
  /** The oldest kept event for a rewind; after the newest event for a skip. */
  public static final Place END = new Place(Optional.empty(), Optional.empty());

  public static Place at(Instant time) {
    return new Place(Optional.of(time), Optional.empty());
  }

  public static Place of(String event) {
    return new Place(Optional.empty(), Optional.of(event));
  }
}
