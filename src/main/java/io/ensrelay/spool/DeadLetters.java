package io.ensrelay.spool;

import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The dead letters of a spool: keeps them, looks at them, sends them again, drops them.
 *
 * <p>A dead letter that is sent again goes to one destination only and keeps the id of its event.
 * It is in the event log before it leaves the dead letters, so that whatever interrupts this may
 * deliver it twice, and does not lose it. Threads: safe.
 */
public final class DeadLetters {
  private final Spool spool;
  private final DeadLetterStore store;

  /**
   * @param total how many there are that fit
   * @param items some of them, in the order they were given up
   */
  public record Page(long total, List<DeadLetter> items) {}

  DeadLetters(Spool spool, Path data) {
    this.spool = spool;
    store = new DeadLetterStore(data);
  }

  /** Keeps one; it is on disk when this returns. */
  public void add(NewDeadLetter letter) throws IOException {
    store.add(letter);
  }

  /** How many there are, by destination. */
  Map<String, Long> counts() throws IOException {
    return store.counts();
  }

  /**
   * @param offset how many to leave out
   * @param limit how many to give at most
   */
  public Page list(DeadLetterFilter filter, int offset, int limit) throws IOException {
    return store.list(filter, offset, limit);
  }

  /** The whole of one; empty: there is none of this id. */
  public Optional<DeadLetter.Whole> get(String id) throws IOException {
    return store.get(id);
  }

  /**
   * Sends dead letters again.
   *
   * @param to the destination; empty: the one that refused each
   * @return how many of the ids were there
   * @throws IllegalArgumentException when a letter can't go there; those before it have gone
   */
  public long replay(Collection<String> ids, Optional<String> to) throws IOException {
    requireDestination(to);
    return store.replay(ids, to, this::append);
  }

  /** Sends those that fit; none that is given up meanwhile. */
  public long replay(DeadLetterFilter filter, Optional<String> to) throws IOException {
    requireDestination(to);
    return store.replay(filter, to, this::append);
  }

  private void append(String destination, List<DeadLetter.Whole> some) throws IOException {
    requireDestination(Optional.of(destination));
    List<LogEntry> entries = new ArrayList<>();
    for (DeadLetter.Whole each : some) {
      entries.add(
          new LogEntry(
              Instant.now().toEpochMilli(),
              each.letter().attributes(),
              each.body(),
              Optional.of(destination)));
    }
    spool.append(entries);
  }

  private void requireDestination(Optional<String> destination) throws IOException {
    if (destination.isEmpty() || spool.log().destination(destination.get()).isPresent()) {
      return;
    }
    List<String> known = spool.log().destinations().stream().map(Cursor::destination).toList();
    throw new IllegalArgumentException(
        "there is no destination "
            + destination.get()
            + "; known are "
            + (known.isEmpty() ? "none" : String.join(", ", known)));
  }

  /** Drops dead letters for good; returns how many of the ids were there. */
  public long drop(Collection<String> ids) throws IOException {
    return store.drop(ids);
  }

  /** Drops those that fit; none that is given up meanwhile. */
  public long drop(DeadLetterFilter filter) throws IOException {
    return store.drop(filter);
  }

  void close() {
    store.close();
  }
}
