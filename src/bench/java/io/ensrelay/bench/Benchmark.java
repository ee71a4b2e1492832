package io.ensrelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Measures ens-relay beside what one would take instead, in one run on one machine: {@code ./mvnw
 * -Pbench verify}. Needs mosquitto on the PATH, and npm for Node-RED. Prints tables, writes them as
 * CSV and plots to the directory it is given; judges nothing.
 */
public final class Benchmark {
  private static final List<String> PARTS =
      List.of(
          "drain",
          "long",
          "kill",
          "latency",
          "endpoint",
          "growth",
          "selective",
          "backlog",
          "shapes",
          "sinks",
          "start");

  /** Rounds of the part sinks, and events in each. */
  private static final int ROUNDS = 3;

  private static final int EVENTS = 60_000;

  private Benchmark() {}

  /**
   * Directory of the results; parts, comma separated, or nothing for all; events for each sink in
   * the part sinks, or nothing.
   */
  public static void main(String[] args) throws Exception {
    Path results = Path.of(args[0]);
    Set<String> parts =
        args.length < 2 || args[1].isBlank() ? Set.copyOf(PARTS) : Set.of(args[1].split(","));
    Path dir = Files.createTempDirectory("ens-bench");
    System.out.printf(
        "%d processors, Java %s, Linux %s, %s; every JVM with -Xmx256m%n",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"),
        System.getProperty("os.version"),
        version("mosquitto", "-h"));
    try (Service service = new Service(dir)) {
      Report report = new Report(service, results);
      for (String part : PARTS) {
        if (parts.contains(part)) {
          run(
              part,
              report,
              args.length < 3 || args[2].isBlank() ? EVENTS : Integer.parseInt(args[2]));
          report.write();
        }
      }
      Plots.write(results);
    } finally {
      Candidate.delete(dir);
    }
  }

  private static void run(String part, Report report, int ofASink) throws Exception {
    switch (part) {
      case "drain" -> {
        List<Candidate> all = new ArrayList<>(report.candidates());
        all.add(Candidate.shared(report.service));
        Drain.compare(report, "drain", all, 5, 100_000);
      }
      case "long" -> {
        List<Candidate> some = List.of(report.candidates().get(1), report.relay());
        Drain.compare(report, "long", some, 5, 300_000);
      }
      case "kill" -> Drain.kill(report, 60_000);
      case "latency" -> latency(report);
      case "endpoint" -> {
        Table table =
            report.table(
                "endpoint", "takes", "lanes", "events/s", "out of order", "connections", "CPU us");
        Scale scale = new Scale(report);
        scale.endpoint(5, 8, 20_000, table);
        scale.endpoint(20, 32, 20_000, table);
        scale.endpoint(100, 128, 20_000, table);
      }
      case "growth" -> {
        Table table =
            report.table("growth", "destinations", "CPU us an event", "each further one us");
        Scale scale = new Scale(report);
        double one = scale.cpuMicros(0, "*", Shape.USUAL, 200_000);
        table.row("1", one, "");
        for (int more : new int[] {3, 15}) {
          double cpu = scale.cpuMicros(more, "*", Shape.USUAL, 200_000);
          table.row(Integer.toString(more + 1), cpu, (cpu - one) / more);
        }
      }
      case "selective" -> {
        Table table =
            report.table(
                "selective", "selective ones", "CPU us an event", "each one, not selected, us");
        Scale scale = new Scale(report);
        Shape shape = Shape.USUAL.withRare(100);
        double none = scale.cpuMicros(0, "*", shape, 200_000);
        table.row("0", none, "");
        double cpu = scale.cpuMicros(16, "device_wiped", shape, 200_000);
        table.row("16", cpu, (cpu - none) / 16);
      }
      case "backlog" -> {
        Table table =
            report.table(
                "backlog",
                "events",
                "round",
                "stored/s",
                "delivered/s",
                "heap after GC MB",
                "peak MB");
        Scale scale = new Scale(report);
        for (int round = 1; round <= 3; round++) {
          for (int events : new int[] {10_000, 100_000, 1_000_000}) {
            scale.backlog(events, round, table);
          }
        }
        scale.backlog(3_000_000, 1, table);
      }
      case "shapes" -> {
        Table table =
            report.table("shapes", "messages of", "messages", "events/s", "MB/s", "peak MB");
        Scale scale = new Scale(report);
        scale.shape("0.3 KB", Shape.USUAL.ofBytes(300), 100_000, table);
        scale.shape("1 KB", Shape.USUAL.ofBytes(1_000), 100_000, table);
        scale.shape("10 KB", Shape.USUAL.ofBytes(10_000), 20_000, table);
        scale.shape("100 KB", Shape.USUAL.ofBytes(100_000), 3_000, table);
        scale.shape("10 devices", Shape.USUAL.withDevices(10), 20_000, table);
        scale.shape("500 devices", Shape.USUAL.withDevices(500), 400, table);
        for (int fleet : new int[] {100, 10_000, 1_000_000}) {
          scale.shape(
              "a fleet of %,d".formatted(fleet), Shape.USUAL.ofFleet(fleet), 1_000_000, table);
        }
      }
      case "sinks" -> new SinkRates(report, ofASink).compare(ROUNDS);
      case "start" ->
          new Scale(report)
              .start(
                  5,
                  report.table("start", "with", "round", "first event s", "idle % CPU", "idle MB"));
      default -> throw new IllegalArgumentException(part);
    }
  }

  private static void latency(Report report) throws Exception {
    Table table =
        report.table("latency", "candidate", "to", "rate", "events", "p50", "p99", "p99.9", "max");
    for (Candidate candidate : report.candidates()) {
      Latency.toFile(report, candidate, 1000, table);
    }
    for (int rate : new int[] {100, 5000}) {
      Latency.toFile(report, report.candidates().get(1), rate, table);
      Latency.toFile(report, report.relay(), rate, table);
    }
    for (int rate : new int[] {100, 1000, 5000}) {
      Latency.toEndpoint(report, report.relay(), rate, table);
    }
  }

  private static String version(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var reader = process.inputReader()) {
      return reader.readLine();
    }
  }
}
