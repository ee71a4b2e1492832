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
final class Account {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, BitSet> seen = new TreeMap<>();
  private final Map<String, Integer> last = new TreeMap<>();
  private final List<String> gaps = new ArrayList<>();
  private long count;
  private long twice;
  private long outOfOrder;
  private long unreadable;
  private long unnumbered;

  /** How many of those that must be there are not. */
  record Result(long events, long lost, long twice, long outOfOrder) {}

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
      add(json.path("data").path("device").path("deviceGuid").asText(), seq.asInt());
    } else {
      unnumbered++;
    }
  }

  synchronized void add(String device, int seq) {
    BitSet numbers = seen.computeIfAbsent(device, name -> new BitSet());
    count++;
    if (numbers.get(seq)) {
      twice++;
      return;
    }
    numbers.set(seq);
    if (seq < last.getOrDefault(device, -1)) {
      outOfOrder++;
    }
    last.merge(device, seq, Math::max);
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
    return new Result(events, lost, twice, outOfOrder);
  }
}
