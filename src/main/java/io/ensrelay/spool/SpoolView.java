package io.ensrelay.spool;

import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Shows and manages the events waiting for each destination, also for one that no route reads any
 * more. Threads: safe.
 */
public final class SpoolView {
  private static final int LOOKED_AT = 2000;

  private final Spool spool;

  /**
   * The events waiting for one destination.
   *
   * @param readers lanes of the route that reads it; 0: no route reads it
   * @param oldest time of receipt of the first unconfirmed event
   * @param paused true: it takes no events until it is resumed
   */
  public record Backlog(
      String destination, long events, int readers, Optional<Instant> oldest, boolean paused) {}

  /**
   * A position in the log.
   *
   * @param time the first event received at this time or later
   * @param event the event with this id
   */
  public record Place(Optional<Instant> time, Optional<String> event) {
    /** The oldest kept event for a rewind; after the newest event for a skip. */
    public static final Place END = new Place(Optional.empty(), Optional.empty());

    public static Place at(Instant time) {
      return new Place(Optional.of(time), Optional.empty());
    }

    public static Place of(String event) {
      return new Place(Optional.empty(), Optional.of(event));
    }
  }

  public SpoolView(Spool spool) {
    this.spool = spool;
  }

  /** All known destinations, by name. */
  public List<Backlog> backlogs() throws IOException {
    EventLog log = spool.log();
    List<Backlog> backlogs = new ArrayList<>();
    for (Cursor cursor : log.destinations()) {
      long events = cursor.backlog();
      backlogs.add(
          new Backlog(
              cursor.destination(),
              events,
              cursor.isAttached() ? cursor.lanes() : 0,
              events == 0 ? Optional.empty() : log.receivedAt(cursor.position()),
              cursor.isPaused()));
    }
    return backlogs;
  }

  /** What a destination selects; empty: there is no such destination. */
  public Optional<Selection.Parts> selection(String destination) throws IOException {
    return spool.log().destination(destination).map(Cursor::selector).map(Selection::parts);
  }

  /**
   * The newest of the last 2,000 stored events that a destination selects, as JSON; empty: there is
   * none.
   */
  public Optional<byte[]> newest(String destination) throws IOException {
    Optional<Cursor> cursor = spool.log().destination(destination);
    return cursor.isEmpty()
        ? Optional.empty()
        : cursor.get().newest(LOOKED_AT).map(StoredEvent::body);
  }

  /** Number of dead letters by destination; a destination without any is absent. */
  public Map<String, Long> deadLetters() throws IOException {
    return spool.letters().counts();
  }

  /**
   * Removes a destination and the events waiting for it.
   *
   * @return number of discarded events; empty: there is no such destination
   * @throws IllegalStateException while a route reads it
   */
  public Optional<Long> forget(String destination) throws IOException {
    return of(
        destination,
        (log, cursor) -> {
          // exact, whereas a backlog may count events not yet tested against the selection
          long events = cursor.countSkip(log.end());
          log.forget(cursor);
          return events;
        });
  }

  /**
   * Rewinds a destination: its confirmed events from a position on are delivered again.
   *
   * @param from {@link Place#END}: the oldest kept event
   * @param onlyCount true: counts the events without rewinding
   * @return number of events to deliver again; empty: there is no such destination
   * @throws IllegalArgumentException if there is no event with the id
   */
  public Optional<Long> rewind(String destination, Place from, boolean onlyCount)
      throws IOException {
    return of(
        destination,
        (log, cursor) -> {
          long to = number(log, from, log.first());
          return onlyCount ? cursor.countRewind(to) : cursor.rewind(to);
        });
  }

  /**
   * Skips the events waiting for a destination, up to a position.
   *
   * @param until {@link Place#END}: all waiting events
   * @return number of skipped events; empty: there is no such destination
   * @throws IllegalArgumentException if there is no event with the id
   */
  public Optional<Long> skip(String destination, Place until, boolean onlyCount)
      throws IOException {
    return of(
        destination,
        (log, cursor) -> {
          long to = number(log, until, log.end());
          return onlyCount ? cursor.countSkip(to) : cursor.skip(to);
        });
  }

  private interface Work {
    long with(EventLog log, Cursor cursor) throws IOException;
  }

  /** Empty: there is no such destination. */
  private Optional<Long> of(String destination, Work work) throws IOException {
    EventLog log = spool.log();
    Optional<Cursor> cursor = log.destination(destination);
    return cursor.isEmpty() ? Optional.empty() : Optional.of(work.with(log, cursor.get()));
  }

  private static long number(EventLog log, Place place, long end) throws IOException {
    if (place.event().isPresent()) {
      return log.numberOf(place.event().get())
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "the event log has no event with the id " + place.event().get()));
    }
    return place.time().isPresent() ? log.numberAt(place.time().get()) : end;
  }

  /**
   * Pauses or resumes a destination. A pause keeps its events and survives a restart.
   *
   * @return false: there is no such destination
   */
  public boolean pause(String destination, boolean pauses) throws IOException {
    Optional<Cursor> cursor = spool.log().destination(destination);
    if (cursor.isPresent()) {
      cursor.get().pause(pauses);
    }
    return cursor.isPresent();
  }
}
