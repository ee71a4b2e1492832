package io.ensrelay.spool;

import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.Place;
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
              events == 0 ? Optional.empty() : cursor.oldest(),
              cursor.isPaused()));
    }
    return backlogs;
  }

  /** The selection of a destination; empty: there is no such destination. */
  public Optional<Selection.Parts> selection(String destination) throws IOException {
    return cursor(destination).map(Cursor::selector).map(Selection::parts);
  }

  /** The destinations that want snapshots of a tenant's devices, by name. */
  public List<String> wantingSnapshots(String tenant) throws IOException {
    return spool.log().destinations().stream()
        .filter(each -> wantsSnapshots(Selection.parts(each.selector()), tenant))
        .map(Cursor::destination)
        .toList();
  }

  private static boolean wantsSnapshots(Selection.Parts selection, String tenant) {
    return selection.snapshots()
        && (selection.tenants().isEmpty() || selection.tenants().contains(tenant));
  }

  /**
   * The newest of the last 2,000 stored events that a destination selects, as JSON; empty: there is
   * none.
   */
  public Optional<byte[]> newest(String destination) throws IOException {
    Optional<? extends Cursor> cursor = cursor(destination);
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
    return cursor(destination).isEmpty()
        ? Optional.empty()
        : Optional.of(spool.log().forget(destination));
  }

  /**
   * {@link Cursor#rewind} of a destination.
   *
   * @return number of events to deliver again; empty: there is no such destination
   * @throws IllegalArgumentException if there is no event with the id
   */
  public Optional<Long> rewind(String destination, Place from, boolean onlyCount)
      throws IOException {
    Optional<? extends Cursor> cursor = cursor(destination);
    return cursor.isEmpty() ? Optional.empty() : Optional.of(cursor.get().rewind(from, onlyCount));
  }

  /**
   * {@link Cursor#skip} of a destination.
   *
   * @return number of skipped events; empty: there is no such destination
   * @throws IllegalArgumentException if there is no event with the id
   */
  public Optional<Long> skip(String destination, Place until, boolean onlyCount)
      throws IOException {
    Optional<? extends Cursor> cursor = cursor(destination);
    return cursor.isEmpty() ? Optional.empty() : Optional.of(cursor.get().skip(until, onlyCount));
  }

  private Optional<? extends Cursor> cursor(String destination) throws IOException {
    return spool.log().destination(destination);
  }

  /**
   * Pauses or resumes a destination. A pause keeps its events and survives a restart.
   *
   * @return false: there is no such destination
   */
  public boolean pause(String destination, boolean pauses) throws IOException {
    Optional<? extends Cursor> cursor = cursor(destination);
    if (cursor.isPresent()) {
      cursor.get().pause(pauses);
    }
    return cursor.isPresent();
  }
}
