package io.ensrelay.base;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the name that a misspelt one probably means. Threads: stateless. */
public final class Closest {
  private Closest() {}

  /** Returns the closest known name that few typing errors separate: one in a short word. */
  public static Optional<String> to(String name, Collection<String> known) {
    return to(name, known, name.length() < 5 ? 1 : name.length() < 9 ? 2 : 3);
  }

  /**
   * Returns the closest known name.
   *
   * @param farthest the number of typing errors at most
   */
  public static Optional<String> to(String name, Collection<String> known, int farthest) {
    return known.stream()
        .filter(each -> !each.isEmpty() && !name.isEmpty())
        .filter(each -> distance(name, each) <= farthest)
        .min(
            Comparator.comparingInt((String each) -> distance(name, each))
                .thenComparing(each -> each.charAt(0) != name.charAt(0))
                .thenComparing(each -> each));
  }

  /** Levenshtein: the number of letters to add, remove or exchange. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int exchange = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(exchange, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
