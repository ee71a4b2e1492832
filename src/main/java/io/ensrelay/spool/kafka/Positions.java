package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.Begin;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The state of the destinations that the machines share, in the state topic: the beginning, pause,
 * selection and moves of each. Threads: safe.
 */
final class Positions {
  private static final String PREFIX = "destination/";

  private final StateTopic state;
  private final Offsets offsets;
  private final String machine;

  Positions(StateTopic state, Offsets offsets, String machine) {
    this.state = state;
    this.offsets = offsets;
    this.machine = machine;
  }

  private static String key(String destination, String fact) {
    return PREFIX + destination + "/" + fact;
  }

  /** The destination of an entry; empty: the entry is not about one. */
  static Optional<String> destination(String key) {
    int slash = key.indexOf('/', PREFIX.length());
    return key.startsWith(PREFIX) && slash > 0
        ? Optional.of(key.substring(PREFIX.length(), slash))
        : Optional.empty();
  }

  /** The destinations of routes. */
  Set<String> destinations() {
    Set<String> names = new TreeSet<>();
    state.all(PREFIX).keySet().forEach(key -> destination(key).ifPresent(names::add));
    names.removeIf(KafkaLog::isOwn);
    return names;
  }

  /**
   * Proposes where a destination begins, if it has no position yet. Once this returns, every event
   * appended later reaches it: the lowest proposal of all machines counts.
   */
  void propose(String destination, Begin begin) throws IOException {
    if (state.get(key(destination, "begin/" + machine)).isPresent()
        || !offsets.committed(destination).isEmpty()) {
      return;
    }
    Map<Integer, Long> from =
        switch (begin.kind()) {
          case NOW -> offsets.end();
          case EARLIEST -> offsets.first();
          case AGE -> offsets.at(System.currentTimeMillis() - begin.age().toMillis());
        };
    state.put(key(destination, "begin/" + machine), Move.text(from));
  }

  /** Where a partition without a commit begins; a partition that was added later: at its start. */
  long begin(String destination, int partition) {
    return state.all(key(destination, "begin/")).values().stream()
        .map(Move::offsets)
        .mapToLong(proposal -> proposal.getOrDefault(partition, 0L))
        .min()
        .orElse(0);
  }

  /** Reads what other machines have written. */
  void catchUp() throws IOException {
    state.catchUp();
  }

  String selector(String destination) {
    return state.get(key(destination, "selector")).orElse("");
  }

  void selector(String destination, String selector) throws IOException {
    if (!state.get(key(destination, "selector")).equals(Optional.of(selector))) {
      state.put(key(destination, "selector"), selector);
    }
  }

  boolean isPaused(String destination) {
    return state.get(key(destination, "paused")).isPresent();
  }

  void pause(String destination, boolean pauses) throws IOException {
    if (pauses) {
      state.put(key(destination, "paused"), "true");
    } else {
      state.remove(key(destination, "paused"));
    }
  }

  List<Move> moves(String destination) {
    return state.get(key(destination, "moves")).map(Move::all).orElse(List.of());
  }

  /** Moves the destination on all machines; returns the number of the move. */
  long move(String destination, boolean back, Map<Integer, Long> to) throws IOException {
    state.catchUp();
    List<Move> moves = new ArrayList<>(moves(destination));
    long number = moves.isEmpty() ? 1 : moves.get(moves.size() - 1).number() + 1;
    moves.add(new Move(number, back, to));
    state.put(key(destination, "moves"), Move.text(moves));
    return number;
  }

  /** The place where a partition's new reader begins: its commit, with the moves made since. */
  Committed committed(String destination, int partition, Optional<Committed> commit) {
    List<Move> moves = moves(destination);
    Committed now = commit.orElseGet(() -> Committed.at(begin(destination, partition), 0));
    for (Move move : moves) {
      now = now.after(move, partition);
    }
    return now;
  }

  /** The same for all partitions, as Kafka knows it. */
  SortedMap<Integer, Committed> committed(String destination) throws IOException {
    Map<Integer, Committed> commits = offsets.committed(destination);
    SortedMap<Integer, Committed> all = new TreeMap<>();
    for (int partition : offsets.end().keySet()) {
      all.put(
          partition,
          committed(destination, partition, Optional.ofNullable(commits.get(partition))));
    }
    return all;
  }

  void forget(String destination) throws IOException {
    offsets.delete(destination);
    for (String key : state.all(PREFIX + destination + "/").keySet()) {
      state.remove(key);
    }
  }
}
