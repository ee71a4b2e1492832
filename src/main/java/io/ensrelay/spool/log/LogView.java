package io.ensrelay.spool.log;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A read-only view of a log, also while relays use it: it changes nothing. Each call shows the
 * state at its beginning. Threads: safe.
 */
public interface LogView {
  /**
   * Content of one segment, the file of the log with this name.
   *
   * @param first the number in its name
   * @param events number of readable events
   * @param oldest earliest time of receipt of these events; empty: there are none
   */
  record SegmentSummary(
      String name,
      long first,
      long events,
      long bytes,
      Optional<Instant> oldest,
      Optional<Instant> newest) {}

  /**
   * Progress of a destination.
   *
   * @param position number of the first unconfirmed event
   * @param behind number of waiting events
   * @param oldest time of receipt of the first waiting event; empty: none waits
   */
  record Destination(
      String name, long position, long behind, Optional<Instant> oldest, boolean paused) {}

  /**
   * Content of the log.
   *
   * @param end number of the next event
   * @param damaged number of unreadable events
   */
  record Content(
      List<SegmentSummary> files, long end, long damaged, List<Destination> destinations) {
    public long events() {
      return files.stream().mapToLong(SegmentSummary::events).sum();
    }

    public long bytes() {
      return files.stream().mapToLong(SegmentSummary::bytes).sum();
    }

    /** Earliest time of receipt. */
    public Optional<Instant> oldest() {
      return files.stream().flatMap(file -> file.oldest().stream()).min(Instant::compareTo);
    }

    /** Latest time of receipt. */
    public Optional<Instant> newest() {
      return files.stream().flatMap(file -> file.newest().stream()).max(Instant::compareTo);
    }
  }

  /**
   * Selects events.
   *
   * @param from received at this time or later
   * @param until received before this time
   * @param attributes accepts the event's attributes
   */
  record Wanted(
      Optional<Instant> from, Optional<Instant> until, Predicate<Map<String, Object>> attributes) {}

  /**
   * Result of reading all segments.
   *
   * @param events number of whole events
   * @param bytes size of all segments
   * @param unfinished bytes after the last whole event: an event that is being written, or that a
   *     power cut left incomplete; a relay truncates them when it starts
   */
  record Verified(long events, long bytes, long unfinished) {}

  /** The content of the log, and the progress of each destination. */
  Content content() throws IOException;

  /**
   * Passes events to the sink in order; omits events stored for a single destination, such as
   * replayed dead letters, because they are duplicates.
   *
   * @param sink returns whether it wants another event
   */
  void events(Wanted wanted, Predicate<StoredEvent> sink) throws IOException;

  /**
   * Reads all segments and verifies each checksum.
   *
   * @param damaged receives each damage
   */
  Verified verify(Consumer<Damage> damaged) throws IOException;
}
