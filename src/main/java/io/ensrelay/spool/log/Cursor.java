package io.ensrelay.spool.log;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A destination's position in the log, and the source of events for its lanes. A cursor exists
 * whether or not a route reads the destination.
 *
 * <p>All events of a device go to the same lane, in log order. A slow lane delays only itself.
 * Events taken but not confirmed are taken again after {@link #giveBack} and after a restart.
 * Threads: safe; one thread at a time per lane.
 */
public interface Cursor {
  /** Pattern of destination names. */
  String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}";

  /**
   * Pattern of the names of the relay's own readers, which read all events in each process. They
   * are no destinations: {@link EventLog#destinations} and {@link EventLog#destination} omit them,
   * and events wait for them only while they are attached.
   */
  String OWN = "_[a-z]{1,30}";

  /**
   * An event that a lane has taken.
   *
   * @param epoch the cursor's epoch at that time; a different one means that the cursor has moved
   */
  record Taken(StoredEvent event, long epoch) {}

  String destination();

  /** Text of the selection; empty: all events. */
  String selector();

  /**
   * Takes the next event of a lane.
   *
   * @param lane from 0
   * @param millis longest wait; 0: none
   * @return empty if there is no event in that time, or the destination is paused
   * @throws IOException if the log can't be read; the call may be repeated
   */
  Optional<Taken> take(int lane, long millis) throws IOException, InterruptedException;

  /**
   * Confirms all events that the lane has taken. The confirmation is stored soon, and at the close
   * of the log.
   *
   * @param last the event taken last; if the cursor has moved since, nothing is confirmed
   */
  void confirm(int lane, Taken last);

  /** Gives back the lane's unconfirmed events; the lane takes them again in order. */
  void giveBack(int lane, Taken last);

  /**
   * The events that the lanes take next, as far as they are known, in order: for a step that
   * prepares for many events at once. Takes nothing; what it shows may be out of date.
   *
   * @param most how many are wanted, about
   * @return none while the destination is paused, or no route reads it
   */
  List<StoredEvent> ahead(int most) throws IOException;

  /** Lets lanes that wait for an event return at once without one. */
  void wakeLanes();

  /** Stops handing out events. */
  void detach() throws IOException;

  /** Pauses or resumes the destination, also across a restart. Events already taken stay taken. */
  void pause(boolean pauses) throws IOException;

  boolean isPaused();

  /** Whether a route of this process reads the destination. */
  boolean isAttached();

  int lanes();

  /**
   * Rewinds the destination: its confirmed events from a place on are delivered again, in order and
   * marked as replay. Events in flight are redelivered too.
   *
   * @param from {@link Place#END}: the oldest kept event
   * @param onlyCount true: counts the events without rewinding
   * @return number of events to deliver again
   * @throws IllegalArgumentException if there is no event with the id
   */
  long rewind(Place from, boolean onlyCount) throws IOException;

  /**
   * Skips the unconfirmed events before a place.
   *
   * @param until {@link Place#END}: all waiting events
   * @param onlyCount true: counts the events without skipping them
   * @return number of skipped events
   * @throws IllegalArgumentException if there is no event with the id
   */
  long skip(Place until, boolean onlyCount) throws IOException;

  /**
   * Number of waiting events. It may include events not yet tested against the selection, and on
   * Kafka always does.
   */
  long backlog() throws IOException;

  /** Time of receipt of the first unconfirmed event; empty: there is none. */
  Optional<Instant> oldest() throws IOException;

  /**
   * The newest stored event that the destination selects, for people who look.
   *
   * @param among how many of the last events are looked at
   */
  Optional<StoredEvent> newest(int among) throws IOException;
}
