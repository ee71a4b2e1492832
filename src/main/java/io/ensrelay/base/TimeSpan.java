package io.ensrelay.base;

import java.time.Duration;

/** Shows a length of time to people, in its largest fitting unit. Threads: stateless. */
public final class TimeSpan {
  private TimeSpan() {}

  /** Such as {@code 23 s}, {@code 14 min}, {@code 5 h}, {@code 3 days}; rounded down. */
  public static String text(Duration span) {
    if (span.toMinutes() < 2) {
      return span.toSeconds() + " s";
    }
    if (span.toHours() < 2) {
      return span.toMinutes() + " min";
    }
    return span.toDays() < 2 ? span.toHours() + " h" : span.toDays() + " days";
  }
}
