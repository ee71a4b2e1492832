package io.ensrelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Takes what waits in a session into a file. */
final class Drain {
  /** Twice what the slowest of them takes to begin. */
  private static final long STILL_NANOS = TimeUnit.SECONDS.toNanos(75);

  private static final int QUIET_SECONDS = 45;

  /**
   * @param firstSeconds from the start of the process to the first line; 0: there was none
   * @param perSecond from the first line to the last; 0: it stood still before
   */
  record Result(double firstSeconds, double perSecond, Usage usage) {}

  private Drain() {}

  /** Starts the candidate, waits for so many lines, and stops it. */
  static Result run(Candidate candidate, long events) throws Exception {
    return run(candidate, candidate.start(), events);
  }

  static Result run(Candidate candidate, Process process, long events) throws Exception {
    long start = System.nanoTime();
    Lines lines = null;
    long first = 0;
    long count = 0;
    long last = start;
    while (count < events && System.nanoTime() - last < STILL_NANOS) {
      if (lines == null && candidate.file().toFile().exists()) {
        lines = new Lines(candidate.file());
      }
      long before = count;
      count = lines == null ? 0 : lines.count();
      if (count > before) {
        last = System.nanoTime();
      }
      if (first == 0 && count > 0) {
        first = System.nanoTime();
      }
      if (!process.isAlive()) {
        throw new IOException(candidate.name + " has " + count + " lines: " + candidate.log());
      }
      TimeUnit.MILLISECONDS.sleep(first == 0 ? 5 : 20);
    }
    long end = System.nanoTime();
    Usage usage = Usage.of(process);
    Candidate.stop(process);
    double perSecond = count < events ? 0 : events * 1e9 / (end - first);
    return new Result(first == 0 ? 0 : (first - start) / 1e9, perSecond, usage);
  }

  /** All candidates in turn, several times. */
  static void compare(
      Report report, String name, List<Candidate> candidates, int rounds, int events)
      throws Exception {
    Table table =
        report.table(
            name, "candidate", "round", "events/s", "first event s", "CPU s/100k", "peak MB");
    for (int round = 1; round <= rounds; round++) {
      for (Candidate candidate : candidates) {
        if (round == 1) {
          candidate.begin();
        }
        Files.deleteIfExists(candidate.file());
        report.service.publish(candidate.tenant, Shape.USUAL, round * events, events);
        Result result = run(candidate, events);
        table.row(
            candidate.name,
            round,
            result.perSecond,
            result.firstSeconds,
            result.usage.cpuSeconds() * 100_000 / events,
            result.usage.peakMegabytes());
        if (result.perSecond == 0) {
          candidate.begin();
        }
      }
    }
    for (Candidate candidate : candidates) {
      candidate.end();
    }
  }

  /** kill -9 in the middle, a second start, and what is in the file in the end. */
  static void kill(Report report, int events) throws Exception {
    Table table =
        report.table("kill", "candidate", "events", "lost", "twice", "safe when acknowledged");
    for (Candidate candidate : report.candidates()) {
      candidate.begin();
      report.service.publish(candidate.tenant, Shape.USUAL, 0, events);
      Process process = candidate.start();
      while (!candidate.file().toFile().exists()
          || new Lines(candidate.file()).count() < events / 3) {
        candidate.requireAlive(process);
        TimeUnit.MILLISECONDS.sleep(5);
      }
      process.destroyForcibly().waitFor();
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process = candidate.start();
      BitSet seen = new BitSet();
      long lines = awaitAll(new Lines(candidate.file(), seen::set), seen, events);
      Candidate.stop(process);
      table.row(
          candidate.name,
          events,
          events - seen.cardinality(),
          lines - seen.cardinality(),
          candidate.promise);
      candidate.end();
    }
  }

  /** Until all are there, or nothing has come for longer than any of them takes to begin. */
  private static long awaitAll(Lines lines, BitSet seen, int events) throws Exception {
    long last = -1;
    long since = System.nanoTime();
    while (seen.cardinality() < events
        && System.nanoTime() - since < TimeUnit.SECONDS.toNanos(QUIET_SECONDS)) {
      long count = lines.count();
      if (count != last) {
        last = count;
        since = System.nanoTime();
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    TimeUnit.SECONDS.sleep(1);
    return lines.count();
  }
}
