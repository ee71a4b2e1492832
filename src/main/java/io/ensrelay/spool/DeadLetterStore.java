package io.ensrelay.spool;

import io.ensrelay.spool.kafka.KafkaAccess;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps, lists, replays and drops the dead letters in a database.
 *
 * <p>A letter is on disk when {@link #add} returns. A replay appends letters to its target before
 * it removes them here: an interruption may repeat letters but loses none. Replaying and dropping
 * take constant memory and transactions of bounded size for any number of letters, and exclude
 * letters added meanwhile.
 *
 * <p>The database is opened at first use, and not at all while there is no dead letter; {@link
 * DatabaseFile} describes how it handles failures. Every method except {@link #close} may throw an
 * IOException; its message says in one line what to do. Threads: safe.
 */
final class DeadLetterStore implements Closeable {
  private static final int DROPPED_TOGETHER = 500;
  private static final int SENT_TOGETHER = 100;

  /** Most bytes in memory during a replay; a drop temporarily needs about as much on disk. */
  private static final long BYTES_TOGETHER = 4 << 20;

  private final DatabaseFile file;
  private final LetterWriter writer;
  private final Object oneReplay = new Object();

  /** The target of a replay. */
  interface Replay {
    /**
     * Appends letters for one destination, in this order. Returns when they are on disk.
     *
     * @throws IllegalArgumentException if there is no such destination
     */
    void append(String destination, List<DeadLetter.Full> letters) throws IOException;
  }

  DeadLetterStore(Path data) {
    this(data, Clock.systemUTC());
  }

  DeadLetterStore(Path data, Clock clock) {
    file = file(data, "letters.db", clock);
    writer = new DiskLetters(file);
  }

  /** The letters of all machines on Kafka; the database in the data directory is their view. */
  DeadLetterStore(Path data, KafkaAccess kafka) {
    file = file(data, "letters-" + kafka.settings().topic() + ".db", Clock.systemUTC());
    writer = new KafkaLetters(file, kafka);
  }

  private static DatabaseFile file(Path data, String name, Clock clock) {
    return new DatabaseFile(
        "dead letters", data.resolve("dead").resolve(name), DeadLetterTable.schema(clock), clock);
  }

  /**
   * @param none the result if there is no letter
   */
  private <T> T read(T none, DatabaseFile.Work<T> work) throws IOException {
    writer.prepare();
    return file.read(none, work);
  }

  /** Keeps a letter; it is on disk when this returns. */
  void add(NewDeadLetter letter) throws IOException {
    add(List.of(letter));
  }

  /** Keeps all letters; on disk in one transaction, or none of them if it fails. */
  void add(List<NewDeadLetter> letters) throws IOException {
    if (!letters.isEmpty()) {
      writer.add(letters);
    }
  }

  /**
   * @param offset number of matching letters to skip
   * @param limit greatest number of letters to return
   */
  DeadLetters.Page list(DeadLetterFilter filter, int offset, int limit) throws IOException {
    return list(filter, offset, limit, false);
  }

  /**
   * @param newestFirst whether to begin with the letter that was given up last
   */
  DeadLetters.Page list(DeadLetterFilter filter, int offset, int limit, boolean newestFirst)
      throws IOException {
    SqlCondition condition = filter.condition();
    return read(
        new DeadLetters.Page(0, List.of()),
        connection ->
            new DeadLetters.Page(
                condition.count(connection, "letter"),
                DeadLetterTable.page(connection, condition, offset, limit, newestFirst)));
  }

  /** The letter with this id and its body; empty: there is none. */
  Optional<DeadLetter.Full> get(String id) throws IOException {
    return full(DeadLetterTable.of(List.of(id))).stream().findFirst();
  }

  /** Number of letters by destination; a destination without letters is absent. */
  Map<String, Long> counts() throws IOException {
    return read(Map.of(), DeadLetterTable::counts);
  }

  /** Drops letters for good; returns how many of the ids existed. */
  long drop(Collection<String> ids) throws IOException {
    return drop(DeadLetterTable.of(ids));
  }

  /** Drops the matching letters for good; returns their number. */
  long drop(DeadLetterFilter filter) throws IOException {
    return drop(filter.condition());
  }

  private long drop(SqlCondition condition) throws IOException {
    SqlCondition meant = untilNow(condition);
    long dropped = 0;
    long last = 0;
    while (true) {
      SqlCondition left = meant.and("letter.id > ?", last);
      List<Long> rows =
          read(
              List.of(),
              connection ->
                  DeadLetterTable.rows(connection, left, DROPPED_TOGETHER, BYTES_TOGETHER));
      if (rows.isEmpty()) {
        return dropped;
      }
      writer.delete(rows);
      dropped += rows.size();
      last = rows.get(rows.size() - 1);
    }
  }

  /**
   * Replays letters in the order they were given up.
   *
   * @param to the destination; empty: each letter's own
   * @return how many of the ids existed
   * @throws IllegalArgumentException if {@code to} is empty and there is a letter of the intake:
   *     none is replayed; or if the target refuses a letter: earlier ones may be replayed
   */
  long replay(Collection<String> ids, Optional<String> to, Replay target) throws IOException {
    return replay(DeadLetterTable.of(ids), to, target);
  }

  /** Replays the matching letters; returns their number. */
  long replay(DeadLetterFilter filter, Optional<String> to, Replay target) throws IOException {
    return replay(filter.condition(), to, target);
  }

  private long replay(SqlCondition condition, Optional<String> to, Replay target)
      throws IOException {
    // one replay at a time: if two select the same letter, it is sent once
    synchronized (oneReplay) {
      SqlCondition meant = untilNow(condition);
      if (to.isEmpty()) {
        requireNoneOfIntake(meant);
      }
      long sent = 0;
      long last = 0;
      while (true) {
        List<DeadLetter.Full> some = full(meant.and("letter.id > ?", last));
        if (some.isEmpty()) {
          return sent;
        }
        append(some, to, target);
        List<Long> rows =
            some.stream().map(full -> DeadLetterTable.row(full.letter().id())).toList();
        writer.delete(rows);
        sent += rows.size();
        last = rows.get(rows.size() - 1);
      }
    }
  }

  private void requireNoneOfIntake(SqlCondition meant) throws IOException {
    SqlCondition ofIntake = meant.and("destination = ?", Spool.INTAKE);
    if (read(0L, connection -> ofIntake.count(connection, "letter")) > 0) {
      throw new IllegalArgumentException(
          "a dead letter of the intake is no event and has no destination: name one (to)");
    }
  }

  private static void append(List<DeadLetter.Full> some, Optional<String> to, Replay target)
      throws IOException {
    Map<String, List<DeadLetter.Full>> byDestination = new LinkedHashMap<>();
    for (DeadLetter.Full full : some) {
      byDestination
          .computeIfAbsent(to.orElse(full.letter().destination()), name -> new ArrayList<>())
          .add(full);
    }
    for (Map.Entry<String, List<DeadLetter.Full>> each : byDestination.entrySet()) {
      target.append(each.getKey(), each.getValue());
    }
  }

  private List<DeadLetter.Full> full(SqlCondition condition) throws IOException {
    return read(
        List.of(),
        connection -> DeadLetterTable.full(connection, condition, SENT_TOGETHER, BYTES_TOGETHER));
  }

  /** Excludes letters added from now on. */
  private SqlCondition untilNow(SqlCondition condition) throws IOException {
    long newest = read(0L, DeadLetterTable::newest);
    return condition.and("letter.id <= ?", newest);
  }

  @Override
  public void close() {
    writer.close();
    file.close();
  }
}
