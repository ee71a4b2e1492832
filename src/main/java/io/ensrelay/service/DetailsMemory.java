package io.ensrelay.service;

import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The newest answers about devices, up to a number of bytes; the one used longest ago goes first.
 * Threads: the caller holds a lock.
 */
final class DetailsMemory {
  /** Approximate bytes of a key and its entries. */
  private static final int ENTRY_BYTES = 400;

  private final long mostBytes;
  private final Map<Key, DeviceAnswer> answers = new LinkedHashMap<>(16, 0.75f, true);

  /** The keys of answers that an event has used. */
  private final Set<Key> used = new HashSet<>();

  private long bytes;

  private record Key(DeviceName device, DetailsCall call) {}

  DetailsMemory(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  Optional<DeviceAnswer> get(DeviceName device, DetailsCall call) {
    return Optional.ofNullable(answers.get(new Key(device, call)));
  }

  void put(DeviceName device, DetailsCall call, DeviceAnswer answer) {
    Key key = new Key(device, call);
    remove(key, answers.remove(key));
    answers.put(key, answer);
    bytes += answer.bytes() + ENTRY_BYTES;
    Iterator<Map.Entry<Key, DeviceAnswer>> oldest = answers.entrySet().iterator();
    while (bytes > mostBytes && oldest.hasNext()) {
      Map.Entry<Key, DeviceAnswer> each = oldest.next();
      oldest.remove();
      remove(each.getKey(), each.getValue());
    }
  }

  /** Notes that an event uses an answer; returns whether it is the first event to do so. */
  boolean isFirstUse(DeviceName device, DetailsCall call) {
    Key key = new Key(device, call);
    return !answers.containsKey(key) || used.add(key);
  }

  private void remove(Key key, DeviceAnswer old) {
    if (old != null) {
      bytes -= old.bytes() + ENTRY_BYTES;
      used.remove(key);
    }
  }

  /** How many answers of the present size may be asked for ahead without losing the first ones. */
  int room() {
    long each = answers.isEmpty() ? ENTRY_BYTES : bytes / answers.size();
    return (int) Math.min(Integer.MAX_VALUE, mostBytes / (2 * Math.max(1, each)));
  }
}
