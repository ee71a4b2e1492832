package io.ensrelay.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * How long an event takes from when it was due to be published until it is seen in the file or at
 * the endpoint. Counted from when it was due, a publisher that is held up does not hide what it
 * waited for.
 */
final class Latency {
  private static final int WARM_UP_SECONDS = 15;
  private static final int SECONDS = 20;

  /** From this number on, events only tell that the candidate is there. */
  private static final int FIRST = 2_000_000_000;

  private final int rate;
  private final Histogram micros = new ConcurrentHistogram(3);
  private volatile long start;
  private volatile int seen;

  private Latency(int rate) {
    this.rate = rate;
  }

  private long due(int seq) {
    return start + seq * 1_000_000_000L / rate;
  }

  private void seen(int seq) {
    if (seq >= FIRST) {
      return;
    }
    if (seq >= rate * WARM_UP_SECONDS) {
      micros.recordValue(Math.max(1, (System.nanoTime() - due(seq)) / 1000));
    }
    seen = Math.max(seen, seq + 1);
  }

  static void toFile(Report report, Candidate candidate, int rate, Table table) throws Exception {
    candidate.begin();
    Latency latency = new Latency(rate);
    Process process = candidate.start();
    awaitFirst(report, candidate, process);
    AtomicBoolean done = new AtomicBoolean();
    Lines lines = new Lines(candidate.file(), latency::seen);
    Thread watch =
        new Thread(
            () -> {
              try {
                while (!done.get()) {
                  lines.count();
                  LockSupport.parkNanos(250_000);
                }
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    latency.start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
    watch.start();
    latency.publish(report, candidate);
    done.set(true);
    watch.join();
    Candidate.stop(process);
    candidate.end();
    latency.row(table, candidate.name, "file");
  }

  static void toEndpoint(Report report, Candidate.EnsRelay relay, int rate, Table table)
      throws Exception {
    Latency latency = new Latency(rate);
    try (Endpoint endpoint = new Endpoint(0, latency::seen)) {
      relay.routes(java.util.Map.of());
      relay.begin();
      Process process =
          relay.start(
              relay.jar(),
              "ens.destination.webhook.enabled=true",
              "ens.destination.webhook.url=" + endpoint.url());
      awaitFirst(report, relay, process);
      latency.start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
      latency.publish(report, relay);
      Candidate.stop(process);
      relay.end();
      relay.forgetEvents();
      latency.row(table, relay.name, "HTTP, 8 lanes");
    }
  }

  /** Some drop what comes while they connect, so it is said again. */
  private static void awaitFirst(Report report, Candidate candidate, Process process)
      throws Exception {
    for (int tries = 0; candidate.file().toFile().length() == 0; tries++) {
      if (tries % 250 == 0) {
        report.service.publish(candidate.tenant, Shape.USUAL, FIRST + tries, 1);
      }
      candidate.requireAlive(process);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private void publish(Report report, Candidate candidate) throws Exception {
    int events = rate * (WARM_UP_SECONDS + SECONDS);
    report.service.publish(candidate.tenant, Shape.USUAL, 0, events, this::due);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (seen < events && System.nanoTime() < until) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    TimeUnit.MILLISECONDS.sleep(200);
  }

  private void row(Table table, String candidate, String to) {
    table.row(
        candidate,
        to,
        rate,
        micros.getTotalCount(),
        micros.getValueAtPercentile(50) / 1000.0,
        micros.getValueAtPercentile(99) / 1000.0,
        micros.getValueAtPercentile(99.9) / 1000.0,
        micros.getMaxValue() / 1000.0);
  }
}
