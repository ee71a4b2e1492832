package io.ensrelay.spool;

import java.time.Instant;
import java.util.Optional;

/**
 * Selects devices; a device must match every criterion that is present.
 *
 * @param os platform, ignoring case
 * @param status ignoring case
 * @param user text contained in the user's id, ignoring the case of ASCII letters
 * @param text text contained in id, user, model, manufacturer or serial number, in the same way
 * @param seenBefore last seen before this time
 * @param seenSince last seen at this time or later
 */
public record DeviceFilter(
    Optional<String> tenant,
    Optional<String> os,
    Optional<String> status,
    Optional<Boolean> compliant,
    Optional<String> user,
    Optional<String> text,
    Optional<Instant> seenBefore,
    Optional<Instant> seenSince) {

  /** Selects every device. */
  public static final DeviceFilter ALL =
      new DeviceFilter(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** The SQL condition for the selected rows. */
  SqlCondition condition() {
    SqlCondition all = SqlCondition.ANY;
    if (tenant.isPresent()) {
      all = all.and("tenant = ?", tenant.get());
    }
    if (os.isPresent()) {
      all = all.and("os = ? COLLATE NOCASE", os.get());
    }
    if (status.isPresent()) {
      all = all.and("status = ? COLLATE NOCASE", status.get());
    }
    if (compliant.isPresent()) {
      all = all.and("compliant = ?", compliant.get() ? 1 : 0);
    }
    if (user.isPresent()) {
      all = all.and("instr(lower(userId), ?)", lower(user.get()));
    }
    if (text.isPresent()) {
      String wanted = lower(text.get());
      all =
          all.and(
              "(instr(lower(id), ?) OR instr(lower(userId), ?) OR instr(lower(model), ?)"
                  + " OR instr(lower(manufacturer), ?) OR instr(lower(serialNumber), ?))",
              wanted,
              wanted,
              wanted,
              wanted,
              wanted);
    }
    if (seenBefore.isPresent()) {
      all = all.and(DeviceTable.SEEN + " < ?", seenBefore.get().toEpochMilli());
    }
    if (seenSince.isPresent()) {
      all = all.and(DeviceTable.SEEN + " >= ?", seenSince.get().toEpochMilli());
    }
    return all;
  }

  /** As SQLite's lower(): ASCII letters only. */
  private static String lower(String text) {
    StringBuilder lower = new StringBuilder(text);
    for (int i = 0; i < lower.length(); i++) {
      char c = lower.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        lower.setCharAt(i, (char) (c + 32));
      }
    }
    return lower.toString();
  }
}
