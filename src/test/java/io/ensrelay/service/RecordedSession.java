package io.ensrelay.service;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands in for the MQTT session at the edge of the stage: keeps what it was asked for. */
public final class RecordedSession {
  private final List<Map<String, String>> asked = new CopyOnWriteArrayList<>();

  public void want(Map<String, String> topics) {
    asked.add(Map.copyOf(topics));
  }

  List<Map<String, String>> asked() {
    return List.copyOf(asked);
  }

  /** What it was asked for last; nothing: an empty map. */
  Map<String, String> wanted() {
    return asked.isEmpty() ? Map.of() : asked.get(asked.size() - 1);
  }
}
