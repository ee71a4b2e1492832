package io.ensrelay.intake;

import io.ensrelay.base.Platform;
import io.ensrelay.base.TenantLog;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A time of day. On a day when the clock skips it, it is as much later; on a day when it comes
 * twice, the first counts. Immutable.
 */
record DailyTime(LocalTime time, ZoneId zone) {
  /** Interval between looks at the clock, which may be set and may stand still in between. */
  private static final Duration LOOK = Duration.ofMinutes(1);

  /**
   * @param text such as {@code 02:30}
   */
  static DailyTime of(String text, ZoneId zone) {
    return new DailyTime(LocalTime.parse(text.strip()), zone);
  }

  /** The first such time after another. */
  Instant after(Instant instant) {
    ZonedDateTime from = instant.atZone(zone);
    ZonedDateTime today = from.toLocalDate().atTime(time).atZone(zone);
    return today.toInstant().isAfter(instant)
        ? today.toInstant()
        : from.toLocalDate().plusDays(1).atTime(time).atZone(zone).toInstant();
  }

  /**
   * Does work each day at this time plus a while, on a thread of the JVM.
   *
   * @param work returns false to end
   */
  void every(BooleanSupplier work, Duration plus, Platform platform, String suffix) {
    look(work, plus, platform, suffix, after(platform.now().minus(plus)).plus(plus));
  }

  private void look(
      BooleanSupplier work, Duration plus, Platform platform, String suffix, Instant next) {
    Duration wait = Duration.between(platform.now(), next);
    long millis = Math.max(0, Math.min(wait.toMillis(), LOOK.toMillis()));
    CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS)
        .execute(
            TenantLog.marked(
                suffix,
                () -> {
                  boolean isDue = !platform.now().isBefore(next);
                  if (!isDue || work.getAsBoolean()) {
                    Instant following = isDue ? after(platform.now().minus(plus)).plus(plus) : next;
                    look(work, plus, platform, suffix, following);
                  }
                }));
  }

  @Override
  public String toString() {
    return time.toString();
  }
}
