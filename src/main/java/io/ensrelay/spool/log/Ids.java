package io.ensrelay.spool.log;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The ids of the newest events, of each type: the service repeats what was not acknowledged before
 * all else of its topic, but may send any number of events of other topics first. Threads: one.
 */
final class Ids {
  /** A type of its own for each of so many; all others share one. */
  private static final int MOST_TYPES = 200;

  private final int most;
  private final Map<Object, Set<String>> newest = new HashMap<>();

  /**
   * @param most for each type
   */
  Ids(int most) {
    this.most = most;
  }

  boolean contains(LogEntry entry) {
    return of(entry.attributes()).contains(entry.id());
  }

  void add(Map<String, Object> attributes) {
    if (attributes.get("eventId") instanceof String id) {
      of(attributes).add(id);
    }
  }

  private Set<String> of(Map<String, Object> attributes) {
    Object type = attributes.getOrDefault("eventKey", "");
    Set<String> known = newest.get(type);
    return known != null
        ? known
        : newest.computeIfAbsent(newest.size() < MOST_TYPES ? type : "", t -> newestOf());
  }

  private Set<String> newestOf() {
    return Collections.newSetFromMap(
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > most;
          }
        });
  }
}
