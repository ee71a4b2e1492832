package io.ensrelay.spool.log;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One file of the log: the events from the number in its name up to the next segment. Remembers the
 * offsets of some events, so that a reader need not begin at the start. Threads: safe.
 */
final class Segment {
  private static final Pattern NAME = Pattern.compile("([0-9]{20})\\.log");

  /** Bytes between two remembered offsets. */
  private static final long STEP_BYTES = 64 << 10;

  private final Path path;
  private final long first;
  private long[] numbers = new long[16];
  private long[] places = new long[16];
  private int known;

  /** Time of receipt of the first event, and the latest one that readers passed; -1: unknown. */
  private volatile long oldest = -1;

  private volatile long newest = -1;

  Segment(Path directory, long first) {
    this.path = directory.resolve(String.format(Locale.ROOT, "%020d.log", first));
    this.first = first;
  }

  /** Empty: the file is no segment. */
  static Optional<Segment> of(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    if (!name.matches() || name.group(1).compareTo("09223372036854775807") > 0) {
      return Optional.empty();
    }
    return Optional.of(new Segment(file.getParent(), Long.parseLong(name.group(1))));
  }

  Path path() {
    return path;
  }

  String name() {
    return path.getFileName().toString();
  }

  long first() {
    return first;
  }

  /** Time of receipt of the first readable event, epoch milliseconds; -1: unknown. */
  long oldest() {
    return oldest;
  }

  void oldest(long received) {
    oldest = received;
  }

  /** Latest time of receipt that readers passed, epoch milliseconds; -1: unknown. */
  long newest() {
    return newest;
  }

  /** Records an event; call it in the order of events. Known events change nothing. */
  synchronized void passes(long number, long place, long received) {
    if (number == first) {
      oldest = received;
    }
    newest = Math.max(newest, received);
    long last = known == 0 ? 0 : places[known - 1];
    if (place - last < STEP_BYTES) {
      return;
    }
    if (known == numbers.length) {
      numbers = Arrays.copyOf(numbers, 2 * known);
      places = Arrays.copyOf(places, 2 * known);
    }
    numbers[known] = number;
    places[known] = place;
    known++;
  }

  /** An offset at or before that of an event, at which an event begins. */
  synchronized long placeBefore(long number) {
    int at = Arrays.binarySearch(numbers, 0, known, number);
    int floor = at >= 0 ? at : -at - 2;
    return floor < 0 ? 0 : places[floor];
  }
}
