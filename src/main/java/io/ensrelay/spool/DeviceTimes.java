package io.ensrelay.spool;

import io.ensrelay.base.MemoryBudget;
import io.ensrelay.event.Event;
import io.ensrelay.event.Hash64;
import io.ensrelay.spool.log.LogEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The time of the newest stored event of each device, in memory: 16 bytes a slot, so that the
 * thread that stores events never waits for a database. 64 bits of tenant and id identify a device:
 * the chance that two of a million devices share them is one in 40 million. Threads: safe.
 */
final class DeviceTimes {
  static final long NONE = Long.MIN_VALUE;

  private static final int SLOT_BYTES = 16;
  private static final int LEAST_SLOTS = 1 << 10;

  /** Most slots in use, of ten. */
  private static final int MOST_FILLED = 7;

  private final int mostSlots;

  /** Devices that have a slot and are not in the table. */
  private final Set<Long> forgotten = new HashSet<>();

  private long[] keys = new long[LEAST_SLOTS];
  private long[] times = new long[LEAST_SLOTS];
  private int size;

  DeviceTimes() {
    this(MemoryBudget.OF_HEAP.devices());
  }

  /**
   * @param bytes most bytes of the table
   */
  DeviceTimes(long bytes) {
    long slots = Math.max(LEAST_SLOTS, Math.min(1 << 28, bytes / SLOT_BYTES));
    mostSlots = Integer.highestOneBit((int) slots);
  }

  /** The key of a device; never 0. */
  static long key(String tenant, String device) {
    long hash = Hash64.mix(Hash64.of(Hash64.SEED, tenant) * 31 + 1);
    hash = Hash64.mix(Hash64.of(hash, device));
    return hash == 0 ? 1 : hash;
  }

  /**
   * Marks the late events of a batch: an event of the same device with a later time was stored
   * before, or precedes it in the batch. The relay's own events, snapshots, and events for one
   * destination are never late, and make no other event late.
   *
   * @param newest receives the newest time of each device of the batch, for {@link #raise}
   */
  List<LogEntry> marked(List<LogEntry> entries, Map<Long, Long> newest) {
    List<LogEntry> marked = new ArrayList<>(entries.size());
    for (LogEntry entry : entries) {
      marked.add(isTimed(entry) ? marked(entry, newest) : entry);
    }
    return marked;
  }

  private static boolean isTimed(LogEntry entry) {
    return entry.destination().isEmpty()
        && entry.attributes().get("deviceId") instanceof String
        && entry.attributes().get("tenant") instanceof String
        && entry.attributes().get("eventTime") instanceof Long
        && entry.attributes().get("eventType") instanceof String type
        && !Event.isOwn(type)
        && !Event.isOfResync(type);
  }

  private LogEntry marked(LogEntry entry, Map<Long, Long> newest) {
    Map<String, Object> attributes = entry.attributes();
    Long key = key((String) attributes.get("tenant"), (String) attributes.get("deviceId"));
    long time = (Long) attributes.get("eventTime");
    Long here = newest.get(key);
    long before = here == null ? get(key) : here;
    newest.put(key, Math.max(before, time));
    if (time >= before) {
      return entry;
    }
    Map<String, Object> late = new LinkedHashMap<>(attributes);
    late.put(Event.LATE, true);
    return new LogEntry(entry.received(), late, entry.body(), entry.destination());
  }

  static Map<Long, Long> newBatch() {
    return new HashMap<>();
  }

  /** Records stored events; a time never goes back. */
  synchronized void raise(Map<Long, Long> newest) {
    newest.forEach(this::raise);
  }

  /**
   * @return false: the table is full and the device is new
   */
  synchronized boolean raise(long key, long time) {
    int at = slot(key);
    if (keys[at] == 0) {
      if ((size + 1L) * 10 > (long) keys.length * MOST_FILLED) {
        if (keys.length >= mostSlots) {
          return false;
        }
        grow();
        at = slot(key);
      }
      keys[at] = key;
      times[at] = NONE;
      size++;
    }
    times[at] = Math.max(times[at], time);
    if (!forgotten.isEmpty()) {
      forgotten.remove(key);
    }
    return true;
  }

  /** The newest time; {@link #NONE}: the device is unknown. */
  synchronized long get(long key) {
    int at = slot(key);
    return keys[at] == 0 ? NONE : times[at];
  }

  /** Whether there was an event or a snapshot of the device since it was forgotten. */
  synchronized boolean has(long key) {
    return keys[slot(key)] != 0 && !forgotten.contains(key);
  }

  /** Forgets a device; its slot stays in use. */
  synchronized void forget(long key) {
    int at = slot(key);
    if (keys[at] != 0) {
      times[at] = NONE;
      forgotten.add(key);
    }
  }

  /** Number of devices. */
  synchronized int size() {
    return size - forgotten.size();
  }

  /** The slot of a key, or the free one where it belongs. */
  private int slot(long key) {
    int mask = keys.length - 1;
    int at = (int) key & mask;
    while (keys[at] != 0 && keys[at] != key) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[] oldTimes = times;
    keys = new long[2 * oldKeys.length];
    times = new long[keys.length];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != 0) {
        int at = slot(oldKeys[i]);
        keys[at] = oldKeys[i];
        times[at] = oldTimes[i];
      }
    }
  }
}
