package io.ensrelay.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What arrived: each event by its device and sequence number. Safe for use by several threads. */
public final class Account {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, BitSet> seen = new TreeMap<>();

  /** By device, and by device and topic. */
  private final Map<String, Integer> last = new TreeMap<>();

  private final List<String> gaps = new ArrayList<>();
  private long count;
  private long twice;
  private long outOfOrder;
  private long acrossTopics;
  private long unreadable;
  private long unnumbered;

  /**
   * What came of what was published.
   *
   * @param lost those that must be there and are not
   * @param outOfOrder those that came behind a later one of their device and topic
   * @param acrossTopics those that came behind a later one of their device, on whichever topic
   */
  record Result(long events, long lost, long twice, long outOfOrder, long acrossTopics) {
    Result withLost(long number) {
      return new Result(events, number, twice, outOfOrder, acrossTopics);
    }
  }

  /** An event as it was delivered; one without a sequence number is only counted. */
  synchronized void add(byte[] event) {
    JsonNode json;
    try {
      json = JSON.readTree(event);
    } catch (IOException e) {
      unreadable++;
      return;
    }
    if (json.path("type").asText().equals("relay.gap")) {
      gaps.add(json.path("data").toString());
      return;
    }
    JsonNode seq = json.path("data").path("seq");
    if (seq.isInt()) {
      String device = json.path("data").path("device").path("deviceGuid").asText();
      add(device, json.path("type").asText(), seq.asInt());
    } else {
      unnumbered++;
    }
  }

  synchronized void add(String device, String topic, int seq) {
    BitSet numbers = seen.computeIfAbsent(device, name -> new BitSet());
    count++;
    if (numbers.get(seq)) {
      twice++;
      return;
    }
    numbers.set(seq);
    if (isBehind(device, seq)) {
      acrossTopics++;
    }
    if (isBehind(device + " " + topic, seq)) {
      outOfOrder++;
    }
  }

  private boolean isBehind(String of, int seq) {
    return last.merge(of, seq, Math::max) > seq;
  }

  synchronized long count() {
    return count;
  }

  synchronized long unreadable() {
    return unreadable;
  }

  /** Events without a sequence number, gaps apart. */
  synchronized long unnumbered() {
    return unnumbered;
  }

  synchronized List<String> gaps() {
    return List.copyOf(gaps);
  }

  /** Held against the numbers that were published, by device. */
  synchronized Result against(Map<String, BitSet> published) {
    long events = 0;
    long lost = 0;
    for (Map.Entry<String, BitSet> device : published.entrySet()) {
      BitSet missing = (BitSet) device.getValue().clone();
      events += missing.cardinality();
      missing.andNot(seen.getOrDefault(device.getKey(), new BitSet()));
      lost += missing.cardinality();
    }
    return new Result(events, lost, twice, outOfOrder, acrossTopics);
  }
}
