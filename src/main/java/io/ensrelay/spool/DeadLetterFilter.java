package io.ensrelay.spool;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Selects dead letters; a letter must match every criterion that is present.
 *
 * @param destination the destination that refused them, or {@code intake}
 * @param tenant the tenant of the event or message
 * @param type the event's type or metadata key
 * @param reason text contained in the reason, ignoring case
 * @param since given up at this time or later
 * @param until given up before this time
 */
public record DeadLetterFilter(
    Optional<String> destination,
    Optional<String> tenant,
    Optional<String> type,
    Optional<String> reason,
    Optional<Instant> since,
    Optional<Instant> until) {

  /** Selects every dead letter. */
  public static final DeadLetterFilter ALL =
      new DeadLetterFilter(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  /** Of any tenant. */
  public DeadLetterFilter(
      Optional<String> destination,
      Optional<String> type,
      Optional<String> reason,
      Optional<Instant> since,
      Optional<Instant> until) {
    this(destination, Optional.empty(), type, reason, since, until);
  }

  /** The SQL condition for the selected rows. */
  SqlCondition condition() {
    SqlCondition all = SqlCondition.ANY;
    if (destination.isPresent()) {
      all = all.and("destination = ?", destination.get());
    }
    if (tenant.isPresent()) {
      all = all.and("json_extract(attributes, '$.tenant') = ?", tenant.get());
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
