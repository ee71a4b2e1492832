package io.ensrelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler;

/** Draws what the tables of a directory say. */
final class Plots {
  private Plots() {}

  static void write(Path directory) throws IOException {
    if (Files.exists(directory.resolve("drain.csv"))) {
      drain(directory);
    }
    if (Files.exists(directory.resolve("latency.csv"))) {
      latency(directory);
    }
  }

  /** The median of the rounds, and how far they spread; without those that stood still. */
  private static void drain(Path directory) throws IOException {
    Map<String, List<Double>> rates = new LinkedHashMap<>();
    for (String[] row : rows(directory.resolve("drain.csv"))) {
      double rate = Double.parseDouble(row[2]);
      if (rate > 0) {
        rates.computeIfAbsent(row[0], name -> new ArrayList<>()).add(rate);
      }
    }
    List<Double> medians = new ArrayList<>();
    List<Double> spread = new ArrayList<>();
    for (List<Double> each : rates.values()) {
      double[] sorted = each.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      medians.add(sorted[sorted.length / 2]);
      spread.add((sorted[sorted.length - 1] - sorted[0]) / 2);
    }
    CategoryChart chart = chart("Draining a waiting session into a file", "events/s");
    chart.getStyler().setLegendVisible(false);
    chart.addSeries("events/s", new ArrayList<>(rates.keySet()), medians, spread);
    save(chart, directory.resolve("drain"));
  }

  private static void latency(Path directory) throws IOException {
    Map<String, List<Double>> values = new LinkedHashMap<>();
    for (String[] row : rows(directory.resolve("latency.csv"))) {
      if (row[2].equals("1000") && row[1].equals("file")) {
        values.put(
            row[0],
            Arrays.stream(row, 4, 7).map(v -> Math.max(0.1, Double.parseDouble(v))).toList());
      }
    }
    CategoryChart chart =
        chart("From publish to the file, at 1,000 events/s", "milliseconds (logarithmic)");
    chart.getStyler().setYAxisLogarithmic(true);
    // a bar begins at 0 else, which no logarithm has
    chart.getStyler().setYAxisMin(0.1);
    for (int i = 0; i < 3; i++) {
      int place = i;
      chart.addSeries(
          List.of("p50", "p99", "p99.9").get(i),
          new ArrayList<>(values.keySet()),
          values.values().stream().map(v -> v.get(place)).toList());
    }
    save(chart, directory.resolve("latency"));
  }

  private static CategoryChart chart(String title, String axis) {
    CategoryChart chart =
        new CategoryChartBuilder().width(1000).height(380).title(title).yAxisTitle(axis).build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    chart.getStyler().setChartBackgroundColor(java.awt.Color.WHITE);
    chart.getStyler().setAvailableSpaceFill(0.6);
    chart.getStyler().setYAxisDecimalPattern("#,##0.#");
    chart
        .getStyler()
        .setAxisTickLabelsFont(new java.awt.Font("SansSerif", java.awt.Font.PLAIN, 11));
    return chart;
  }

  private static void save(CategoryChart chart, Path file) throws IOException {
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
  }

  private static List<String[]> rows(Path csv) throws IOException {
    return Files.readAllLines(csv).stream().skip(1).map(line -> line.split(",")).toList();
  }
}
