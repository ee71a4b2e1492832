package io.ensrelay.spool;

import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps, lists, replays and drops the dead letters of a spool.
 *
 * <p>A replayed dead letter goes to one destination only and keeps the id of its event. It is
 * stored in the event log before it leaves the dead letters: an interruption may deliver it twice
 * but does not lose it. Threads: safe.
 */
public final class DeadLetters {
  private final Spool spool;
  private final DeadLetterStore store;

  /**
   * @param total number of matching letters
   * @param items the letters of this page
   */
  public record Page(long total, List<DeadLetter> items) {}

  DeadLetters(Spool spool, DeadLetterStore store) {
    this.spool = spool;
    this.store = store;
  }

  /** Keeps a letter; it is on disk when this returns. */
  public void add(NewDeadLetter letter) throws IOException {
    store.add(letter);
  }

  /** Number of letters by destination. */
  Map<String, Long> counts() throws IOException {
    return store.counts();
  }

  /**
   * @param offset number of matching letters to skip
   * @param limit greatest number of letters to return
   */
  public Page list(DeadLetterFilter filter, int offset, int limit) throws IOException {
    return store.list(filter, offset, limit, false);
  }

  /** The same, beginning with the letter that was given up last. */
  public Page newest(DeadLetterFilter filter, int offset, int limit) throws IOException {
    return store.list(filter, offset, limit, true);
  }

  /** The letter with this id and its body; empty: there is none. */
  public Optional<DeadLetter.Full> get(String id) throws IOException {
    return store.get(id);
  }

  /**
   * Replays dead letters in the order they were given up.
   *
   * @param to the destination; empty: each letter's own
   * @return how many of the ids existed
   * @throws IllegalArgumentException if a letter can't go there; earlier ones may be replayed
   */
  public long replay(Collection<String> ids, Optional<String> to) throws IOException {
    requireDestination(to);
    return store.replay(ids, to, this::append);
  }

  /** Replays the matching letters, without those given up meanwhile; returns their number. */
  public long replay(DeadLetterFilter filter, Optional<String> to) throws IOException {
    requireDestination(to);
    return store.replay(filter, to, this::append);
  }

  private void append(String destination, List<DeadLetter.Full> some) throws IOException {
    requireDestination(Optional.of(destination));
    List<LogEntry> entries = new ArrayList<>();
    for (DeadLetter.Full each : some) {
      entries.add(
          new LogEntry(
              Instant.now().toEpochMilli(),
              each.letter().attributes(),
              each.body(),
              Optional.of(destination)));
    }
    // even a stale snapshot is stored: somebody asked for it
    spool.log().append(entries);
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

  /** Drops dead letters for good; returns how many of the ids existed. */
  public long drop(Collection<String> ids) throws IOException {
    return store.drop(ids);
  }

  /** Drops the matching letters, without those given up meanwhile; returns their number. */
  public long drop(DeadLetterFilter filter) throws IOException {
    return store.drop(filter);
  }

  void close() {
    store.close();
  }
}
