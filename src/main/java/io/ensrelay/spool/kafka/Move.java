package io.ensrelay.spool.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A rewind or a skip of a destination.
 *
 * @param number rises by one
 * @param back true: a rewind; false: a skip
 * @param offsets the new place in each partition; a partition added later does not move
 */
record Move(long number, boolean back, Map<Integer, Long> offsets) {
  private static final int MOST = 16;

  /** A line for each move, such as {@code 3 rewind 0:17,1:4}. */
  static String text(List<Move> moves) {
    StringBuilder text = new StringBuilder();
    for (Move move : moves.subList(Math.max(0, moves.size() - MOST), moves.size())) {
      text.append(move.number()).append(move.back() ? " rewind " : " skip ");
      text.append(text(move.offsets())).append('\n');
    }
    return text.toString();
  }

  static List<Move> all(String text) {
    List<Move> moves = new ArrayList<>();
    text.lines()
        .map(line -> line.split(" ", 3))
        .filter(parts -> parts.length == 3)
        .forEach(
            parts ->
                moves.add(
                    new Move(
                        Long.parseLong(parts[0]), parts[1].equals("rewind"), offsets(parts[2]))));
    return moves;
  }

  static String text(Map<Integer, Long> offsets) {
    List<String> all = new ArrayList<>();
    new TreeMap<>(offsets).forEach((partition, offset) -> all.add(partition + ":" + offset));
    return String.join(",", all);
  }

  static Map<Integer, Long> offsets(String text) {
    Map<Integer, Long> offsets = new TreeMap<>();
    for (String each : text.isEmpty() ? new String[0] : text.split(",")) {
      String[] parts = each.split(":", 2);
      offsets.put(Integer.parseInt(parts[0]), Long.parseLong(parts[1]));
    }
    return offsets;
  }
}
