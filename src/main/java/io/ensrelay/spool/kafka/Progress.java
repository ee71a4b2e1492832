package io.ensrelay.spool.kafka;

import java.util.ArrayList;
import java.util.List;

/**
 * The offsets of a partition that a destination has confirmed: all below one, and ranges beyond it.
 * Immutable.
 *
 * @param low all offsets below it are confirmed
 * @param beyond confirmed ranges beyond it: in order, apart from each other and from {@code low}
 */
record Progress(long low, List<Range> beyond) {
  private static final int RADIX = 36;

  /**
   * @param to the first offset after it
   */
  record Range(long from, long to) {}

  Progress {
    beyond = List.copyOf(beyond);
  }

  static Progress at(long low) {
    return new Progress(low, List.of());
  }

  boolean has(long offset) {
    if (offset < low) {
      return true;
    }
    int first = 0;
    int after = beyond.size();
    while (first < after) {
      int middle = (first + after) >>> 1;
      Range range = beyond.get(middle);
      if (offset < range.from()) {
        after = middle;
      } else if (offset >= range.to()) {
        first = middle + 1;
      } else {
        return true;
      }
    }
    return false;
  }

  /** The first offset after everything confirmed. */
  long high() {
    return beyond.isEmpty() ? low : beyond.get(beyond.size() - 1).to();
  }

  /** Number of unconfirmed offsets below a limit. */
  long missing(long limit) {
    long missing = Math.max(0, limit - low);
    for (Range range : beyond) {
      missing -= Math.max(0, Math.min(limit, range.to()) - Math.min(limit, range.from()));
    }
    return missing;
  }

  /** The part of it below an offset. */
  Progress and(long offset) {
    List<Range> less = new ArrayList<>();
    for (Range range : beyond) {
      if (range.from() < offset) {
        less.add(new Range(range.from(), Math.min(offset, range.to())));
      }
    }
    return new Progress(Math.min(low, offset), less);
  }

  /** The same, with all offsets below this one confirmed. */
  Progress or(long offset) {
    return or(at(offset));
  }

  Progress or(Progress other) {
    List<Range> all = new ArrayList<>(beyond);
    all.addAll(other.beyond);
    all.sort((a, b) -> Long.compare(a.from(), b.from()));
    return of(Math.max(low, other.low), all);
  }

  /**
   * @param ranges in order of their beginnings; they may overlap
   */
  static Progress of(long low, List<Range> ranges) {
    long least = low;
    List<Range> joined = new ArrayList<>();
    for (Range range : ranges) {
      int last = joined.size() - 1;
      if (range.from() <= least) {
        least = Math.max(least, range.to());
      } else if (last >= 0 && range.from() <= joined.get(last).to()) {
        joined.set(
            last, new Range(joined.get(last).from(), Math.max(joined.get(last).to(), range.to())));
      } else {
        joined.add(range);
      }
    }
    return new Progress(least, joined);
  }

  /**
   * The ranges as text, such as {@code 2.1,5.a}: the distance from the range before and the length,
   * in base 36. Leaves out the last ranges if it gets too long; their events are delivered again.
   */
  String text(int longest) {
    StringBuilder text = new StringBuilder();
    long before = low;
    for (Range range : beyond) {
      String next =
          Long.toString(range.from() - before, RADIX)
              + '.'
              + Long.toString(range.to() - range.from(), RADIX);
      if (text.length() + next.length() + 1 > longest) {
        break;
      }
      text.append(text.isEmpty() ? "" : ",").append(next);
      before = range.to();
    }
    return text.toString();
  }

  /**
   * @throws NumberFormatException if it is not such a text
   */
  static Progress of(long low, String text) {
    List<Range> ranges = new ArrayList<>();
    long before = low;
    for (String each : text.isEmpty() ? new String[0] : text.split(",")) {
      String[] parts = each.split("\\.", 2);
      long from = before + Long.parseLong(parts[0], RADIX);
      before = from + Long.parseLong(parts.length < 2 ? "" : parts[1], RADIX);
      ranges.add(new Range(from, before));
    }
    return of(low, ranges);
  }
}
