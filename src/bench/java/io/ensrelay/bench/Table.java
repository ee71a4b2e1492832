package io.ensrelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Rows of one measurement: printed as they come, and kept as CSV. */
final class Table {
  final String name;
  private final List<String> columns;
  final List<List<Object>> rows = new ArrayList<>();

  Table(String name, String... columns) {
    this.name = name;
    this.columns = List.of(columns);
    System.out.println();
    System.out.println(name);
    print(List.copyOf(this.columns));
  }

  void row(Object... values) {
    List<Object> row = List.of(values);
    rows.add(row);
    print(row);
  }

  private void print(List<?> values) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      int width = Math.max(i == 0 ? 22 : 11, columns.get(i).length() + 2);
      line.append(i == 0 ? "" : " ")
          .append((i == 0 ? "%-" : "%").concat(width + "s").formatted(text(values.get(i))));
    }
    System.out.println(line);
  }

  private static String text(Object value) {
    if (value instanceof Double number) {
      return number >= 1000
          ? "%.0f".formatted(number)
          : number >= 10 ? "%.1f".formatted(number) : "%.2f".formatted(number);
    }
    return value.toString();
  }

  private static String line(List<?> values) {
    return String.join(",", values.stream().map(v -> text(v).replace(",", "")).toList()) + "\n";
  }

  void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    StringBuilder csv = new StringBuilder(line(columns));
    for (List<Object> row : rows) {
      csv.append(line(row));
    }
    Files.writeString(directory.resolve(name + ".csv"), csv);
  }
}
