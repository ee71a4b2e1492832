package io.ensrelay.spool;

import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.EventLog;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What lies in the spool and what can be done with it: the events that wait for each destination,
 * also for one that no route reads any more. Threads: safe.
 */
public final class SpoolView {
  private final Spool spool;

  /**
   * The events that wait for one destination.
   *
   * @param readers lanes of a route that reads it; 0: none does
   * @param oldest when the first event was received that is not confirmed
   * @param paused whether it takes no events
   */
  public record Backlog(
      String destination, long events, int readers, Optional<Instant> oldest, boolean paused) {}

  /**
   * A place in the log.
   *
   * @param time the first event that was received then or later
   * @param event the event with this id
   */
  public record Place(Optional<Instant> time, Optional<String> event) {
    /** One end of the log: the oldest event that is kept, or behind the newest. */
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

  /** All destinations that have been there, by name. */
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

  /** How many dead letters there are, by destination; those that have none are left out. */
  public Map<String, Long> deadLetters() throws IOException {
    return spool.letters().counts();
  }

  /**
   * Ends a destination, and with it what waits for it.
   *
   * @return how many events those were; empty: there is no such destination
   * @throws IllegalStateException while a route reads it
   */
  public Optional<Long> forget(String destination) throws IOException {
    return of(
        destination,
        (log, cursor) -> {
          // exact, where a backlog may count events that nobody has looked at
          long events = cursor.countSkip(log.end());
          log.forget(cursor);
          return events;
        });
  }

  /**
   * Winds a destination back: what it has confirmed from a place on is delivered again.
   *
   * @param from {@link Place#END}: the oldest event that is kept
   * @param onlyCount whether nothing is done but to say how many events that would be
   * @return how many events are delivered again; empty: there is no such destination
   * @throws IllegalArgumentException when there is no event with the id
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
   * Leaves out what waits for a destination, up to a place.
   *
   * @param until {@link Place#END}: all that waits
   * @return how many events are left out; empty: there is no such destination
   * @throws IllegalArgumentException when there is no event with the id
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
   * Ends deliveries to a destination until it is resumed, also after a restart; its events are
   * kept.
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
