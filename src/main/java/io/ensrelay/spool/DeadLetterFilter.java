package io.ensrelay.spool;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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

  DeadLetterFilter before(Instant end) {
    return new DeadLetterFilter(destination, type, reason, since, Optional.of(end));
  }

  /** What a JMS broker can look for; empty: nothing. */
  String selector() {
    List<String> conditions = new ArrayList<>();
    type.map(DeadLetterFilter::quoted)
        .ifPresent(t -> conditions.add("(eventType = " + t + " OR eventKey = " + t + ")"));
    since.ifPresent(time -> conditions.add("deadTime >= " + time.toEpochMilli()));
    until.ifPresent(time -> conditions.add("deadTime < " + time.toEpochMilli()));
    return String.join(" AND ", conditions);
  }

  /** The same for the rows of {@link DeadLetterStore}. */
  Condition condition() {
    Condition all = Condition.ANY;
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

  /** What a selector can't say. */
  boolean fits(String itsReason) {
    return reason
        .map(part -> itsReason.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT)))
        .orElse(true);
  }

  static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
