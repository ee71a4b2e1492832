package io.ensrelay.spool.log;

import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Event ids by which the log recognizes duplicates: the ids of the newest events; those of the
 * newest events of each type, because the service redelivers unacknowledged messages before all
 * others of their topic, but may send any number of events of other topics first; and those of the
 * newest events at the opening of the log. Threads: one.
 */
public final class KnownEventIds {
  /** Number of types with ids of their own; all others share one set. */
  private static final int MOST_TYPES = 200;

  /** Ids of all types are kept for this many times as many events as ids of one type. */
  private static final int FOR_ONE_OF_TYPE = 5;

  private final int most;
  private final Set<String> atOpening = new HashSet<>();
  private final Set<String> newest;
  private final Map<Object, Set<String>> newestOfType = new HashMap<>();

  /**
   * @param most number of ids of all types; a fifth of it is kept of each type
   */
  public KnownEventIds(int most) {
    this.most = most;
    newest = newestOf(most);
  }

  /**
   * Indexes of the events that are known, or stand twice in the list; never one of a single
   * destination.
   */
  public BitSet duplicates(List<LogEntry> entries) {
    BitSet duplicates = new BitSet();
    Set<String> here = new HashSet<>();
    for (int i = 0; i < entries.size(); i++) {
      LogEntry entry = entries.get(i);
      if (entry.destination().isEmpty() && (!here.add(entry.id()) || contains(entry))) {
        duplicates.set(i);
      }
    }
    return duplicates;
  }

  private boolean contains(LogEntry entry) {
    String id = entry.id();
    return newest.contains(id) || ofType(entry.attributes()).contains(id) || atOpening.contains(id);
  }

  /** Adds an event found at the opening of the log. */
  public void addAtOpening(Map<String, Object> attributes) {
    if (attributes.get("eventId") instanceof String id) {
      atOpening.add(id);
    }
  }

  /** Adds events that have been appended, but those of a single destination. */
  public void add(List<LogEntry> entries, BitSet duplicates) {
    for (int i = 0; i < entries.size(); i++) {
      if (!duplicates.get(i) && entries.get(i).destination().isEmpty()) {
        add(entries.get(i));
      }
    }
  }

  private void add(LogEntry entry) {
    newest.add(entry.id());
    ofType(entry.attributes()).add(entry.id());
  }

  private Set<String> ofType(Map<String, Object> attributes) {
    Object type = attributes.getOrDefault("eventKey", "");
    Set<String> known = newestOfType.get(type);
    return known != null
        ? known
        : newestOfType.computeIfAbsent(
            newestOfType.size() < MOST_TYPES ? type : "",
            t -> newestOf(Math.max(1, most / FOR_ONE_OF_TYPE)));
  }

  private static Set<String> newestOf(int most) {
    return Collections.newSetFromMap(
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > most;
          }
        });
  }
}
