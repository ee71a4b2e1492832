package io.ensrelay.spool;

import io.ensrelay.base.MemoryBudget;
import io.ensrelay.event.Event;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Drops the stale snapshots of a resync: a later event of the same device was stored first.
 *
 * <p>It works for a tenant from its {@code relay.resync.started} to its {@code
 * relay.resync.finished}, and notes the events in between; otherwise it only looks at the type of
 * each event. A repeated beginning, as after a restart, changes nothing. It takes 16 bytes of
 * memory for each device, up to a limit; beyond that, it may drop a snapshot without need that is
 * older than all noted events. Threads: safe; one at a time appends.
 */
final class SnapshotGuard {
  private final Map<Object, Run> runs = new HashMap<>();
  private final long bytes;

  /** Stores events. */
  interface Target {
    /**
     * @return indexes of the events that were stored before
     */
    BitSet append(List<LogEntry> entries) throws IOException;
  }

  SnapshotGuard() {
    this(MemoryBudget.OF_HEAP.snapshots());
  }

  /**
   * @param bytes most bytes of each of a tenant's two tables
   */
  SnapshotGuard(long bytes) {
    this.bytes = bytes;
  }

  /** Appends the events that are not stale. */
  synchronized Appended append(List<LogEntry> entries, Target log) throws IOException {
    BitSet stale = new BitSet();
    List<Object> ended = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      if (isStale(entries.get(i), ended)) {
        stale.set(i);
      }
    }
    Appended appended = append(entries, stale, log);
    ended.forEach(runs::remove);
    return appended;
  }

  /**
   * @param ended receives the tenant whose resync ends with this event
   */
  private boolean isStale(LogEntry entry, List<Object> ended) {
    Map<String, Object> attributes = entry.attributes();
    Object tenant = attributes.getOrDefault("tenant", "");
    Object type = attributes.get("eventType");
    if (Event.RESYNC_STARTED.equals(type)) {
      runs.computeIfAbsent(tenant, each -> new Run(bytes));
      return false;
    }
    if (runs.isEmpty()) {
      return false;
    }
    if (Event.RESYNC_FINISHED.equals(type)) {
      ended.add(tenant);
    }
    return Optional.ofNullable(runs.get(tenant))
        .filter(
            run ->
                attributes.get("deviceId") instanceof String device
                    && attributes.get("eventTime") instanceof Long time
                    && run.isStale(entry, DeviceTimes.key(tenant.toString(), device), time))
        .isPresent();
  }

  private static Appended append(List<LogEntry> entries, BitSet stale, Target log)
      throws IOException {
    if (stale.isEmpty()) {
      return new Appended(log.append(entries), stale);
    }
    List<LogEntry> rest = new ArrayList<>(entries.size());
    int[] places = new int[entries.size()];
    for (int i = stale.nextClearBit(0); i < entries.size(); i = stale.nextClearBit(i + 1)) {
      places[rest.size()] = i;
      rest.add(entries.get(i));
    }
    BitSet copies = new BitSet();
    if (!rest.isEmpty()) {
      log.append(rest).stream().forEach(i -> copies.set(places[i]));
    }
    return new Appended(copies, stale);
  }

  /**
   * The newest events of the devices of one tenant, in two tables: a full one is kept as the older.
   */
  private static final class Run {
    private final long bytes;
    private DeviceTimes times;
    private DeviceTimes older = new DeviceTimes(0);

    /** The time of the newest event, and of the newest in the older table. */
    private long newest = DeviceTimes.NONE;

    private long newestOfOlder = DeviceTimes.NONE;

    /** Newest possible time of a device that is in neither table. */
    private long unknown = DeviceTimes.NONE;

    private Run(long bytes) {
      this.bytes = bytes;
      times = new DeviceTimes(bytes);
    }

    /** Notes an event; a snapshot is stale if a noted event is later. */
    private boolean isStale(LogEntry entry, long device, long time) {
      if (Event.OF_RESYNC.contains(entry.attributes().get("eventType"))) {
        return Math.max(unknown, Math.max(older.get(device), times.get(device))) > time;
      }
      if (entry.destination().isEmpty()) {
        note(device, time);
      }
      return false;
    }

    private void note(long device, long time) {
      if (!times.raise(device, time)) {
        unknown = newestOfOlder;
        older = times;
        newestOfOlder = newest;
        times = new DeviceTimes(bytes);
        times.raise(device, time);
      }
      newest = Math.max(newest, time);
    }
  }
}
