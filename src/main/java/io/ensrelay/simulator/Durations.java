package io.ensrelay.simulator;

import io.ensrelay.base.Printable;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as text: a number and one of ms, s, m, h and d. Threads: stateless. */
public final class Durations {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

  private Durations() {}

  /**
   * Parses a duration such as {@code 500ms}, {@code 30s}, {@code 5m}, {@code 3h} or {@code 1d}.
   *
   * @throws IllegalArgumentException with one line that starts with the value
   */
  public static Duration parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "%s must be a number and ms, s, m, h or d, such as 30s"
              .formatted(Printable.line(text, 40)));
    }
    return Duration.ofMillis(Long.parseLong(parts.group(1)) * MILLIS.get(parts.group(2)));
  }

  /** Returns the shortest form that {@link #parse} reads, cut to whole milliseconds. */
  public static String text(Duration duration) {
    long millis = duration.toMillis();
    for (String unit : new String[] {"d", "h", "m", "s"}) {
      if (millis != 0 && millis % MILLIS.get(unit) == 0) {
        return millis / MILLIS.get(unit) + unit;
      }
    }
    return millis == 0 ? "0s" : millis + "ms";
  }
}
