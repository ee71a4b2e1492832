package io.ensrelay.spool.log;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/** Finds kept events by id or time of receipt; passes over damaged ones. Threads: safe. */
final class LogSearch {
  private final DiskLog log;
  private final Segments segments;

  LogSearch(DiskLog log, Segments segments) {
    this.log = log;
    this.segments = segments;
  }

  /**
   * Number of the event at a place.
   *
   * @param ifEnd for {@link Place#END}
   * @throws IllegalArgumentException if there is no event with the id
   */
  long number(Place place, long ifEnd) throws IOException {
    if (place.event().isPresent()) {
      String id = place.event().get();
      return first(log.first(), log.end(), at -> id.equals(at.attributes().get("eventId")))
          .map(StoredEvent::number)
          .orElseThrow(
              () -> new IllegalArgumentException("the event log has no event with the id " + id));
    }
    return place.time().isPresent() ? numberAt(place.time().get()) : ifEnd;
  }

  /** Number of the first event received at this time or later; the end if there is none. */
  long numberAt(Instant time) throws IOException {
    long wanted = time.toEpochMilli();
    long from = log.first();
    for (Segment segment : segments.all()) {
      long oldest = oldest(segment);
      if (oldest >= 0 && oldest < wanted) {
        from = segment.first();
      }
    }
    long end = log.end();
    return first(from, end, at -> at.received() >= wanted).map(StoredEvent::number).orElse(end);
  }

  /** Time of receipt of the event with this number, or of the next readable one. */
  Optional<Instant> receivedAt(long number) throws IOException {
    return first(Math.max(number, log.first()), log.end(), at -> true)
        .map(found -> Instant.ofEpochMilli(found.received()));
  }

  /** Time of receipt of its first readable event; -1: it has none. */
  long oldest(Segment segment) throws IOException {
    if (segment.oldest() < 0) {
      long limit = segments.after(segment.first()).map(Segment::first).orElse(log.end());
      first(segment.first(), limit, at -> true).ifPresent(each -> segment.oldest(each.received()));
    }
    return segment.oldest();
  }

  private Optional<StoredEvent> first(long from, long limit, Predicate<LogScan> wanted)
      throws IOException {
    try (LogScan scan = log.scan(from)) {
      while (scan.next(limit)) {
        if (scan.damage().isEmpty() && wanted.test(scan)) {
          return Optional.of(scan.event(scan.attributes()));
        }
      }
    }
    return Optional.empty();
  }
}
