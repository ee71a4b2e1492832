package io.ensrelay.spool.log;

import java.time.Clock;
import java.time.Duration;
import java.util.function.Function;

/**
 * Settings of a log.
 *
 * @param keep how long delivered events are kept
 * @param keepBytes most bytes of delivered events; beyond this the oldest are deleted at any age
 * @param reserve bytes of the disk that appends must leave free
 * @param ids number of event ids remembered to drop duplicates
 * @param tailBytes bytes of the newest events in memory, for readers that have caught up
 * @param segmentBytes size from which on the next event begins a new segment
 * @param selections creates a destination's selection from its text; the empty text selects all
 * @param told creates the event that reports damage, with the attributes of any event
 * @param clock measures the age of events
 */
public record LogOptions(
    Duration keep,
    long keepBytes,
    long reserve,
    int ids,
    long tailBytes,
    long segmentBytes,
    Function<String, EventFilter> selections,
    Function<Damage, LogEntry> told,
    Clock clock) {

  private static final long MOST_SEGMENT_BYTES = 64L << 20;
  private static final long LEAST_SEGMENT_BYTES = 1L << 20;

  /** A fraction of the bytes to keep, because only whole segments are deleted. */
  public static long segmentBytes(long keepBytes) {
    return Math.max(LEAST_SEGMENT_BYTES, Math.min(MOST_SEGMENT_BYTES, keepBytes / 8));
  }
}
