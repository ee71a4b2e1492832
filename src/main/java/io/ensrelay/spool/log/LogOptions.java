package io.ensrelay.spool.log;

import java.time.Clock;
import java.time.Duration;
import java.util.function.Function;

/**
 * How a log behaves.
 *
 * @param keep how long delivered events stay
 * @param keepBytes delivered events beyond so many bytes go, however young they are
 * @param reserve bytes of the disk that appends leave free
 * @param ids how many ids of events are remembered, to drop copies
 * @param tailBytes newest events in memory, for readers that have caught up
 * @param segmentBytes a file of events that is larger is followed by a new one
 * @param selections makes the selection of a destination from its text; the empty text selects all
 * @param told makes the event that tells a destination of damage, with the attributes of any event
 * @param clock for the age of events
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

  /** A file is a fraction of what is kept, so that about as much is kept as was asked for. */
  public static long segmentBytes(long keepBytes) {
    return Math.max(LEAST_SEGMENT_BYTES, Math.min(MOST_SEGMENT_BYTES, keepBytes / 8));
  }
}
