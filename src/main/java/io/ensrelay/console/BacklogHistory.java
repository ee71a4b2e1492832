package io.ensrelay.console;

import io.ensrelay.spool.SpoolView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * How many events waited for each destination in the last hour, a number for each minute, and the
 * present pace. In memory, since the start of the process: 60 numbers for each destination.
 * Threads: safe.
 */
final class BacklogHistory {
  private static final int MINUTES = 60;

  /** The time that a rate covers. */
  private static final Duration PRESENT = Duration.ofSeconds(12);

  private final Map<String, Series> all = new TreeMap<>();

  /**
   * The pace of a destination.
   *
   * @param rate deliveries per second; empty: not known yet
   * @param drainSeconds until nothing waits, at this pace; empty: the backlog does not shrink
   */
  record Pace(Optional<Double> rate, Optional<Long> drainSeconds) {
    static final Pace UNKNOWN = new Pace(Optional.empty(), Optional.empty());
  }

  private record Sample(Instant time, long waiting, long delivered) {}

  private static final class Series {
    private final Deque<Long> minutes = new ArrayDeque<>();
    private final Deque<Sample> recent = new ArrayDeque<>();
    private long minute;

    /** Keeps the highest number of each minute, so that a short peak shows. */
    void add(Sample sample) {
      long now = sample.time().getEpochSecond() / 60;
      if (minutes.isEmpty()) {
        minute = now;
        minutes.add(sample.waiting());
      } else if (now <= minute) {
        minutes.add(Math.max(minutes.removeLast(), sample.waiting()));
      } else {
        // a process that was suspended has seen nothing
        long missed = Math.min(now - minute - 1, MINUTES);
        long last = minutes.getLast();
        for (long i = 0; i < missed; i++) {
          minutes.add(last);
        }
        minutes.add(sample.waiting());
        minute = now;
      }
      while (minutes.size() > MINUTES) {
        minutes.remove();
      }
      recent.add(sample);
      while (recent.getFirst().time().isBefore(sample.time().minus(PRESENT))) {
        recent.remove();
      }
    }

    Pace pace() {
      Sample first = recent.getFirst();
      Sample last = recent.getLast();
      double seconds = Duration.between(first.time(), last.time()).toMillis() / 1000.0;
      if (seconds <= 0) {
        return Pace.UNKNOWN;
      }
      double rate = Math.max(0, (last.delivered() - first.delivered()) / seconds);
      double less = (first.waiting() - last.waiting()) / seconds;
      Optional<Long> drain =
          last.waiting() > 0 && less > 0
              ? Optional.of((long) Math.ceil(last.waiting() / less))
              : Optional.empty();
      return new Pace(Optional.of(rate), drain);
    }
  }

  /**
   * Takes a sample.
   *
   * @param delivered deliveries since the start, by destination
   */
  synchronized void add(
      Instant now, List<SpoolView.Backlog> backlogs, Map<String, Long> delivered) {
    Set<String> there = new HashSet<>();
    for (SpoolView.Backlog each : backlogs) {
      there.add(each.destination());
      all.computeIfAbsent(each.destination(), name -> new Series())
          .add(new Sample(now, each.events(), delivered.getOrDefault(each.destination(), 0L)));
    }
    all.keySet().retainAll(there);
  }

  synchronized Pace pace(String destination) {
    Series series = all.get(destination);
    return series == null ? Pace.UNKNOWN : series.pace();
  }

  /** By destination, a number for each minute up to the present one, the oldest first. */
  synchronized Map<String, List<Long>> lastHour() {
    Map<String, List<Long>> hour = new TreeMap<>();
    all.forEach((name, series) -> hour.put(name, List.copyOf(series.minutes)));
    return hour;
  }
}
