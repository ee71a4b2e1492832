package io.ensrelay.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/** Counts the work of a tenant's resyncs. Threads: one. */
final class ResyncMeters {
  private final MeterRegistry registry;
  private final Tags tags;
  private long sent;
  private long unchanged;
  private long dropped;
  private long missing;
  private long answered;
  private long failed;

  /**
   * @param tags of the tenant
   * @param state only changes after this one count
   */
  ResyncMeters(MeterRegistry registry, Tags tags, ResyncState state) {
    this.registry = registry;
    this.tags = tags;
    sent = state.sent;
    unchanged = state.unchanged;
    dropped = state.dropped;
    missing = state.missing;
  }

  /**
   * @param calls that this process made for this run, failed ones included
   */
  void reached(ResyncState state, long calls, long failures) {
    sent = count("ens.resync.devices", "what", "sent", sent, state.sent);
    unchanged = count("ens.resync.devices", "what", "unchanged", unchanged, state.unchanged);
    dropped = count("ens.resync.devices", "what", "dropped", dropped, state.dropped);
    missing = count("ens.resync.devices", "what", "missing", missing, state.missing);
    answered = count("ens.resync.calls", "outcome", "answered", answered, calls - failures);
    failed = count("ens.resync.calls", "outcome", "failed", failed, failures);
  }

  void ended(ResyncState state) {
    String outcome =
        state.stopped ? "stopped" : state.incomplete.isEmpty() ? "complete" : "incomplete";
    count("ens.resync.runs", "outcome", outcome, 0, 1);
  }

  private long count(String name, String tag, String value, long before, long now) {
    Counter.builder(name)
        .description(
            switch (name) {
              case "ens.resync.devices" -> "Devices that resyncs compared, by what became of them";
              case "ens.resync.calls" -> "Calls of resyncs, by how they end";
              default -> "Resyncs that have ended, by how they end";
            })
        .tags(tags)
        .tag(tag, value)
        .register(registry)
        .increment(Math.max(0, now - before));
    return now;
  }
}
