package io.ensrelay.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * In which order events arrived: of each device the runs of sequence numbers that follow each other
 * without a gap. Safe for use by several threads.
 */
final class Runs {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, List<Run>> runs = new TreeMap<>();

  /**
   * @param first sequence number of a run
   * @param last the one it ends with so far
   */
  record Run(int first, int last) {}

  synchronized void add(byte[] event) {
    try {
      JsonNode data = JSON.readTree(event).path("data");
      add(data.path("device").path("deviceGuid").asText(), data.path("seq").asInt());
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private void add(String device, int seq) {
    List<Run> all = runs.computeIfAbsent(device, name -> new ArrayList<>());
    int newest = all.size() - 1;
    if (newest >= 0 && all.get(newest).last + 1 == seq) {
      all.set(newest, new Run(all.get(newest).first, seq));
    } else {
      all.add(new Run(seq, seq));
    }
  }

  synchronized Map<String, List<Run>> all() {
    Map<String, List<Run>> copy = new TreeMap<>();
    runs.forEach((device, all) -> copy.put(device, List.copyOf(all)));
    return copy;
  }

  /** Whether the newest run of each of these devices has come to its number. */
  synchronized boolean reached(Map<String, Integer> numbers) {
    return numbers.entrySet().stream().allMatch(each -> last(each.getKey()) >= each.getValue());
  }

  /** How many events the newest runs have from these numbers on. */
  synchronized long countFrom(Map<String, Integer> numbers) {
    return numbers.entrySet().stream()
        .mapToLong(each -> Math.max(0, last(each.getKey()) - each.getValue() + 1))
        .sum();
  }

  private int last(String device) {
    List<Run> all = runs.getOrDefault(device, List.of());
    return all.isEmpty() ? -1 : all.get(all.size() - 1).last;
  }
}
