package io.ensrelay.bench;

import io.ensrelay.faults.Connectors;
import io.ensrelay.faults.Receiver;
import io.ensrelay.faults.Sinks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoublePredicate;

/**
 * What each shipped sink delivers of events that wait: it is the only destination, with 8 lanes,
 * and its receiver is in another process. From the first to the last event that the receiver has
 * confirmed, after a warm-up.
 */
final class SinkRates {
  private static final List<Sinks> SINKS =
      List.of(
          Sinks.SPLUNK,
          Sinks.ELASTIC,
          Sinks.KAFKA,
          Sinks.JMS,
          Sinks.AMQP,
          Sinks.POSTGRES,
          Sinks.WEBHOOK,
          Sinks.SYSLOG);

  private static final int LANES = 8;

  /** Between two looks at the metrics, which cost the relay some CPU. */
  private static final int PAUSE_MILLIS = 100;

  private static final String DELIVERED = "ens_destination_delivered_total";

  private final Report report;
  private final Candidate.EnsRelay relay;
  private final int events;
  private final Map<Sinks, List<Double>> rates = new EnumMap<>(Sinks.class);

  SinkRates(Report report, int events) throws Exception {
    this.report = report;
    this.events = events;
    relay = new Candidate.EnsRelay(report.service, "ens-relay, a sink");
  }

  /** All in turn, several times. */
  void compare(int rounds) throws Exception {
    Table table =
        report.table("sinks", "sink", "round", "events", "events/s", "CPU us an event", "peak MB");
    for (int round = 1; round <= rounds; round++) {
      for (Sinks sink : SINKS) {
        if (sink.isInstalled()) {
          measure(sink, round, table);
        }
      }
    }
    Table medians = report.table("sinks-median", "sink", "events/s");
    rates.forEach((sink, all) -> medians.row(sink.toString(), median(all)));
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip((values.size() - 1) / 2).findFirst().orElseThrow();
  }

  private void measure(Sinks sink, int round, Table table) throws Exception {
    relay.end();
    try (Receiver receiver = sink.receiver(relay.work.resolve("receiver-" + sink.name() + round))) {
      receiver.start();
      receiver.accept();
      Metrics metrics = new Metrics(Service.freePort());
      Process process = relay.connected(relay.jar(), settings(sink, receiver, metrics.port()));
      int warm = Math.max(1000, events / 6);
      publish(0, warm);
      awaitSum(process, metrics, DELIVERED, count -> count >= warm);
      destinations("pause", sink);
      publish(warm, events);
      awaitSum(process, metrics, "ens_events_stored_total", count -> count >= warm + events);
      double cpu = Usage.of(process).cpuSeconds();
      Process resuming = relay.java(command("resume", sink));
      double first = awaitSum(process, metrics, DELIVERED, count -> count > warm);
      long from = System.nanoTime();
      double last = awaitSum(process, metrics, DELIVERED, count -> count >= warm + events);
      double rate = (last - first) * 1e9 / (System.nanoTime() - from);
      Usage usage = Usage.of(process);
      resuming.waitFor();
      Candidate.stop(process);
      if (receiver.count() < warm + events) {
        throw new IOException(sink + " has only " + receiver.count() + ": " + relay.log());
      }
      rates.computeIfAbsent(sink, none -> new ArrayList<>()).add(rate);
      table.row(
          sink.toString(),
          round,
          events,
          rate,
          (usage.cpuSeconds() - cpu) * 1e6 / events,
          usage.peakMegabytes());
    }
    relay.end();
  }

  private String[] settings(Sinks sink, Receiver receiver, int port) throws Exception {
    Candidate.delete(relay.work.resolve("lib"));
    Path jar = Path.of("target", "ens-relay.jar").toAbsolutePath();
    String prefix = "ens.destination." + sink.destination() + ".";
    List<String> lines = new ArrayList<>();
    if (!sink.libraries().isEmpty()) {
      lines.add(Connectors.KEY + "=" + Connectors.add(jar, relay.work, sink.libraries()));
    }
    lines.add("camel.management.port=" + port);
    lines.add("ens.destination.archive.enabled=false");
    lines.add(prefix + "enabled=true");
    lines.add(prefix + "lanes=" + LANES);
    receiver.settings().forEach((key, value) -> lines.add(prefix + key + "=" + value));
    return lines.toArray(String[]::new);
  }

  private void publish(int from, int count) throws Exception {
    report.service.publish(relay.tenant, Shape.USUAL, from, count);
  }

  private void destinations(String what, Sinks sink) throws Exception {
    if (relay.java(command(what, sink)).waitFor() != 0) {
      throw new IOException(relay.log());
    }
  }

  private String[] command(String what, Sinks sink) {
    List<String> command = new ArrayList<>(relay.jar());
    command.addAll(List.of("destinations", what, sink.destination()));
    return command.toArray(String[]::new);
  }

  /** What it is, once that holds. */
  private double awaitSum(Process process, Metrics metrics, String name, DoublePredicate wanted)
      throws Exception {
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(30);
    double sum = metrics.sum(name);
    while (!wanted.test(sum)) {
      if (!process.isAlive() || System.nanoTime() > until) {
        throw new IOException(name + " is " + sum + ": " + relay.log());
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      sum = metrics.sum(name);
    }
    return sum;
  }
}
