package io.ensrelay.cli;

import io.ensrelay.base.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rows in aligned columns. Texts come from outside: what would move the cursor is taken out. */
final class TextTable {
  private static final int WIDEST = 60;

  private final List<List<String>> rows = new ArrayList<>();

  TextTable(String... heads) {
    rows.add(List.of(heads));
  }

  void row(Object... cells) {
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(cell == null ? "-" : Printable.line(cell.toString()).strip());
    }
    rows.add(row);
  }

  boolean isEmpty() {
    return rows.size() == 1;
  }

  /** Without lines that end in blanks; the last column is as wide as it likes. */
  @Override
  public String toString() {
    int columns = rows.get(0).size();
    int[] widths =
        IntStream.range(0, columns)
            .map(i -> rows.stream().mapToInt(row -> cut(row.get(i), i).length()).max().orElse(0))
            .toArray();
    return rows.stream()
        .map(
            row ->
                IntStream.range(0, columns)
                    .mapToObj(i -> padded(cut(row.get(i), i), widths[i]))
                    .collect(Collectors.joining("  "))
                    .stripTrailing())
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private String cut(String text, int column) {
    boolean last = column == rows.get(0).size() - 1;
    return last || text.length() <= WIDEST ? text : text.substring(0, WIDEST - 3) + "...";
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(width - text.length());
  }
}
