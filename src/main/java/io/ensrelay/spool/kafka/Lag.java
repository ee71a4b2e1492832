package io.ensrelay.spool.kafka;

import io.ensrelay.base.TimeSpan;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the destinations are behind, on all machines together: even unselected events count until
 * the destination has read them. Threads: safe.
 */
final class Lag {
  private static final Logger LOG = LoggerFactory.getLogger(Lag.class);
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private final Offsets offsets;
  private final Tail tail;
  private SortedMap<Integer, Long> end = new TreeMap<>();
  private long asked;

  /** By destination, the times of receipt of the first waiting events: place and millis. */
  private final Map<String, Map<Place, Long>> received = new ConcurrentHashMap<>();

  private final Set<String> warned = new HashSet<>();
  private volatile List<String> warnings = List.of();

  private record Place(int partition, long offset) {}

  Lag(KafkaAccess access, Offsets offsets) {
    this.offsets = offsets;
    tail = new Tail(access);
  }

  /** The next offsets, not older than a second. */
  synchronized SortedMap<Integer, Long> end() throws IOException {
    if (end.isEmpty() || System.nanoTime() - asked > FRESH_NANOS) {
      end = offsets.end();
      asked = System.nanoTime();
    }
    return end;
  }

  long events(Map<Integer, Committed> positions) throws IOException {
    long events = 0;
    for (Map.Entry<Integer, Long> each : end().entrySet()) {
      Committed at = positions.get(each.getKey());
      events += at == null ? 0 : at.confirmed().missing(each.getValue());
    }
    return events;
  }

  /**
   * Time of receipt of the first waiting event.
   *
   * @param inMemory the times that the reader knows, by partition; -1: none
   */
  Optional<Instant> oldest(
      String destination, Map<Integer, Committed> positions, Map<Integer, Long> inMemory)
      throws IOException {
    long oldest = Long.MAX_VALUE;
    Map<Place, Long> known = received.getOrDefault(destination, Map.of());
    Map<Place, Long> now = new HashMap<>();
    Map<Integer, Long> from = new HashMap<>();
    Map<Integer, Long> to = new HashMap<>();
    for (Map.Entry<Integer, Long> each : end().entrySet()) {
      int partition = each.getKey();
      Committed at = positions.get(partition);
      if (at == null || at.confirmed().missing(each.getValue()) == 0) {
        continue;
      }
      Place place = new Place(partition, at.confirmed().low());
      long millis = inMemory.getOrDefault(partition, -1L);
      if (millis < 0) {
        millis = known.getOrDefault(place, -1L);
      }
      if (millis < 0) {
        from.put(partition, place.offset());
        to.put(partition, each.getValue());
      } else {
        now.put(place, millis);
        oldest = Math.min(oldest, millis);
      }
    }
    tail.read(
        from,
        to,
        (partition, event) -> {
          now.put(new Place(partition, from.get(partition)), event.received());
          return false;
        });
    received.put(destination, now);
    for (long each : now.values()) {
      oldest = Math.min(oldest, each);
    }
    return oldest == Long.MAX_VALUE ? Optional.empty() : Optional.of(Instant.ofEpochMilli(oldest));
  }

  /** Warns of destinations whose waiting events Kafka will delete: at half of its retention. */
  void warn(Collection<KafkaCursor> cursors, Optional<Duration> retention) throws IOException {
    List<String> now = new ArrayList<>();
    if (retention.isPresent()) {
      for (KafkaCursor cursor : cursors) {
        Optional<Instant> oldest = cursor.oldest();
        Duration behind =
            oldest.map(time -> Duration.between(time, Instant.now())).orElse(Duration.ZERO);
        if (behind.compareTo(retention.get().dividedBy(2)) > 0) {
          String text =
              cursor.destination()
                  + " is "
                  + TimeSpan.text(behind)
                  + " behind, Kafka keeps "
                  + TimeSpan.text(retention.get());
          now.add(text);
          if (warned.add(cursor.destination())) {
            LOG.warn(
                "{}, then deletes its events: mend the destination, skip its events, or raise retention.ms",
                text);
          }
        } else {
          warned.remove(cursor.destination());
        }
      }
    }
    warnings = List.copyOf(now);
  }

  List<String> warnings() {
    return warnings;
  }
}
