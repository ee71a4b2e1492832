package io.ensrelay.service;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The event types selected by the setting {@code ens.events}. */
final class EventSelection {
  private final boolean all;
  private final Set<String> names;

  EventSelection(String setting) {
    all = setting.strip().equals("*");
    names = Set.of(setting.strip().split("\\s*,\\s*"));
  }

  Map<String, String> of(Map<String, String> topics) {
    Map<String, String> selected = new TreeMap<>(topics);
    if (!all) {
      selected.keySet().retainAll(names);
    }
    return selected;
  }

  /** Returns the selected names that do not exist, at least not yet. */
  Set<String> unknown(Map<String, String> topics) {
    Set<String> unknown = new TreeSet<>(all ? Set.of() : names);
    unknown.removeAll(topics.keySet());
    return unknown;
  }
}
