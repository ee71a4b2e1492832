package io.ensrelay.spool;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Which dead letters are meant: those that fit all that is given.
 *
 * @param destination the one that refused them, or {@code intake}
 * @param type the event's type or metadata key
 * @param reason contained in the reason, whatever the case
 * @param since given up then or later
 * @param until given up before
 */
public record DeadLetterFilter(
    Optional<String> destination,
    Optional<String> type,
    Optional<String> reason,
    Optional<Instant> since,
    Optional<Instant> until) {

  /** All of them. */
  public static final DeadLetterFilter ALL =
      new DeadLetterFilter(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  /** The rows that are meant. */
  SqlCondition condition() {
    SqlCondition all = SqlCondition.ANY;
    if (destination.isPresent()) {
      all = all.and("destination = ?", destination.get());
    }
    if (type.isPresent()) {
      all = all.and("(type = ? OR key = ?)", type.get(), type.get());
    }
    if (reason.isPresent()) {
      all = all.and("instr(lower_reason, ?)", reason.get().toLowerCase(Locale.ROOT));
    }
    if (since.isPresent()) {
      all = all.and("time >= ?", since.get().toEpochMilli());
    }
    if (until.isPresent()) {
      all = all.and("time < ?", until.get().toEpochMilli());
    }
    return all;
  }
}
