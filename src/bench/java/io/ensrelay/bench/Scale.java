package io.ensrelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How ens-relay alone does with more of something. */
final class Scale {
  private static final Pattern HEAP_AFTER = Pattern.compile("->(\\d+)M\\(");

  private final Report report;
  private final Candidate.EnsRelay relay;
  private int sent;

  Scale(Report report) throws Exception {
    this.report = report;
    relay = report.relay();
  }

  private static String route(String name, String events, String step) {
    return """
        - route:
            id: destination.%1$s
            from:
              uri: kamelet:ens-events-source
              parameters:
                destination: %1$s
                events: "%2$s"
              steps:
                %3$s
        """
        .formatted(name, events, step);
  }

  private void publish(Shape shape, int events) throws Exception {
    report.service.publish(relay.tenant, shape, 0, events);
  }

  /** One endpoint that takes its time, a backlog, and as many lanes as one would set. */
  void endpoint(int millis, int lanes, int events, Table table) throws Exception {
    String shipped = Files.readString(Path.of("routes/destinations/webhook.camel.yaml"));
    relay.routes(Map.of("webhook", shipped.replaceFirst("lanes: \\d+", "lanes: " + lanes)));
    try (Endpoint endpoint = new Endpoint(millis, seq -> {})) {
      String[] webhook = {
        "ens.destination.webhook.enabled=true", "ens.destination.webhook.url=" + endpoint.url()
      };
      relay.end();
      relay.connectOnce(webhook);
      publish(Shape.USUAL, events);
      Process process = relay.start(relay.jar(), webhook);
      await(process, () -> endpoint.count.get() >= events / 5);
      int before = endpoint.count.get();
      long from = System.nanoTime();
      await(process, () -> endpoint.count.get() >= events);
      double rate = (events - before) * 1e9 / (System.nanoTime() - from);
      Usage usage = Usage.of(process);
      Candidate.stop(process);
      relay.forgetEvents();
      table.row(
          millis + " ms",
          lanes,
          rate,
          endpoint.outOfOrder.get(),
          endpoint.connections.size(),
          usage.cpuSeconds() * 1e6 / events);
    }
    end();
  }

  /** CPU for an event, with some destinations more that do nothing with it. */
  double cpuMicros(int more, String events, Shape shape, int count) throws Exception {
    Map<String, String> routes = new TreeMap<>();
    for (int i = 1; i <= more; i++) {
      routes.put("more" + i, route("more" + i, events, "- stop: {}"));
    }
    relay.routes(routes);
    int port = Service.freePort();
    String metrics = "camel.management.port=" + port;
    relay.end();
    relay.connectOnce(metrics);
    publish(shape, count);
    Process process = relay.start(relay.jar(), metrics);
    await(process, () -> relay.file().toFile().exists());
    Lines lines = new Lines(relay.file());
    await(process, () -> lines.count() >= count);
    await(process, () -> metric(port, "ens_destination_backlog") == 0);
    double cpu = Usage.of(process).cpuSeconds();
    Candidate.stop(process);
    relay.forgetEvents();
    end();
    return cpu * 1e6 / count;
  }

  /** Events that wait in the spool for a destination that is away, and what it gets when back. */
  void backlog(int events, int round, Table table) throws Exception {
    relay.routes(
        Map.of(
            "gate",
            """
            - beans:
                - name: gate
                  type: io.ensrelay.bench.Gate
            """
                + route("gate", "*", "- bean:\n            ref: gate")));
    int port = Service.freePort();
    String[] properties = {
      "camel.management.port=" + port, "ens.destination.archive.enabled=false",
    };
    int warm = 100_000;
    Files.writeString(relay.work.resolve("target"), Integer.toString(warm));
    Path closed = relay.work.resolve("closed");
    Path result = relay.work.resolve("result");
    Path gc = relay.work.resolve("gc.log");
    Files.deleteIfExists(closed);
    Files.deleteIfExists(result);
    relay.end();
    Process process =
        relay.connected(
            List.of(
                "-Xlog:gc:file=" + gc,
                "-cp",
                "target/ens-relay.jar:target/test-classes"
                    .replace("target", Path.of("target").toAbsolutePath().toString()),
                "io.ensrelay.cli.EnsRelay"),
            properties);
    publish(Shape.USUAL, warm);
    await(process, () -> Files.exists(result));
    Files.delete(result);
    Files.writeString(relay.work.resolve("target"), Integer.toString(events));
    Files.writeString(closed, "");
    long from = System.nanoTime();
    report.service.publish(relay.tenant, Shape.USUAL, warm, events);
    await(process, () -> metric(port, "ens_events_stored_total") >= warm + events);
    double stored = events * 1e9 / (System.nanoTime() - from);
    Files.delete(closed);
    await(process, () -> Files.exists(result) && Files.size(result) > 0);
    double delivered = events * 1e9 / Long.parseLong(Files.readString(result));
    Usage usage = Usage.of(process);
    Candidate.stop(process);
    table.row(
        Integer.toString(events),
        round,
        stored,
        delivered,
        heapAfterCollections(gc),
        usage.peakMegabytes());
    end();
  }

  private static long heapAfterCollections(Path gc) throws IOException {
    long most = 0;
    for (String line : Files.readAllLines(gc)) {
      Matcher after = HEAP_AFTER.matcher(line);
      if (after.find()) {
        most = Math.max(most, Long.parseLong(after.group(1)));
      }
    }
    return most;
  }

  /** Draining messages of another shape. */
  void shape(String name, Shape shape, int messages, Table table) throws Exception {
    relay.routes(Map.of());
    relay.begin();
    publish(shape, messages);
    long events = (long) messages * shape.devices();
    Drain.Result result = Drain.run(relay, events);
    relay.forgetEvents();
    double bytes = shape.message("check_in", 1).length / (double) shape.devices();
    table.row(
        name,
        messages,
        result.perSecond(),
        result.perSecond() * bytes / 1e6,
        result.usage().peakMegabytes());
    end();
  }

  /** As it comes, and with class data that a run before has left. */
  void start(int rounds, Table table) throws Exception {
    relay.routes(Map.of());
    relay.begin();
    firstEvent("", relay.jar(), rounds, table);
    relay.begin();
    firstEvent("class data sharing", relay.jar(relay.classData()), rounds, table);
    end();
  }

  private void oneWaits() throws Exception {
    relay.forgetEvents();
    report.service.publish(relay.tenant, Shape.USUAL, sent++, 1);
  }

  /** Returns when the event that waited for it is in the file. */
  private Process started(List<String> java) throws Exception {
    Process process = relay.start(java);
    await(process, () -> relay.file().toFile().length() > 0);
    return process;
  }

  private void firstEvent(String with, List<String> java, int rounds, Table table)
      throws Exception {
    for (int round = 1; round <= rounds; round++) {
      oneWaits();
      long from = System.nanoTime();
      Process process = started(java);
      double first = (System.nanoTime() - from) / 1e9;
      double idle = -1;
      long resident = -1;
      if (round == rounds) {
        TimeUnit.SECONDS.sleep(30);
        double before = Usage.of(process).cpuSeconds();
        TimeUnit.SECONDS.sleep(60);
        Usage usage = Usage.of(process);
        idle = (usage.cpuSeconds() - before) / 60 * 100;
        resident = usage.residentMegabytes();
      }
      Candidate.stop(process);
      table.row(
          with, round, first, idle < 0 ? "" : idle, resident < 0 ? "" : Long.toString(resident));
    }
  }

  private void end() throws Exception {
    relay.end();
    relay.routes(Map.of());
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private void await(Process process, Condition condition) throws Exception {
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(30);
    while (!condition.holds()) {
      if (!process.isAlive() || System.nanoTime() > until) {
        throw new IOException(relay.log());
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** The sum over all its labels; -1 when it is not there. */
  private static double metric(int port, String name) throws Exception {
    TimeUnit.MILLISECONDS.sleep(200);
    return new Metrics(port).sum(name);
  }
}
