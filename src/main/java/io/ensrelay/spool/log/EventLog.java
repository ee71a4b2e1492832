package io.ensrelay.spool.log;

import java.io.IOException;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The events of the service in order, and the position of each destination in them: on the disk of
 * one process, or on Kafka for several. The contract test of the log describes what both promise.
 *
 * <p>Order: the events of a device keep their order. Delivery: at least once; an event is handed
 * out again until it is confirmed. Threads: safe.
 */
public interface EventLog extends AutoCloseable {
  /** State of the log. */
  enum State {
    RUNNING,
    /** It takes no events until more than the reserve is free on the disk. */
    DISK_FULL,
    /** The last write failed; the log tries again. */
    DOWN
  }

  /**
   * Appends events in one write; returns when they are stored safely.
   *
   * @return indexes in the list of the events dropped as duplicates, whose id is known already;
   *     events for a single destination are never dropped
   * @throws IOException if they could not be stored; some of them may be in the log all the same,
   *     but count as unknown, so that a repetition is not dropped
   */
  BitSet append(List<LogEntry> entries) throws IOException;

  /**
   * Attaches lanes to a destination's cursor, which hands out its events.
   *
   * @param begin start position of a new destination
   * @throws IllegalArgumentException if the selector, the number of lanes or the name is invalid
   * @throws IllegalStateException if a route already reads the destination
   */
  Cursor attach(String destination, int lanes, String selector, Begin begin) throws IOException;

  /**
   * Declares a destination that routes of other machines read: no event is stored before it has a
   * position. {@link #attach} does the same for this process.
   *
   * @param begin start position if it is new
   */
  void expect(String destination, Begin begin) throws IOException;

  /**
   * Reads the ids of the newest events, as another machine may have stored them. Called before this
   * process begins to take a tenant's events.
   */
  void recall() throws IOException;

  /** All destinations, also those that no route reads, by name. */
  Collection<? extends Cursor> destinations() throws IOException;

  Optional<? extends Cursor> destination(String name) throws IOException;

  /**
   * Removes a destination; its waiting events are no longer delivered.
   *
   * @return number of events that waited
   * @throws IllegalStateException while a route reads it
   */
  long forget(String destination) throws IOException;

  /** The present state; each change is logged once. */
  State state();

  /** Why it takes no events, in one line; empty: it takes them, or the state says enough. */
  Optional<String> problem();

  /** Destinations that may lose events soon, a line each. */
  List<String> warnings();

  /** Number of events that readers have found lost or unreadable so far. */
  long damaged();

  /**
   * Refuses further appends; all confirmations are stored when this returns.
   *
   * @throws IOException if some could not be stored; their events are delivered again
   */
  @Override
  void close() throws IOException;
}
