package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads all partitions of the events' topic together, by time of receipt, with little memory.
 * Threads: stateless.
 */
final class MergedRead {
  private static final int ENOUGH = 500;
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long LONGEST_NANOS = Duration.ofSeconds(15).toNanos();

  private final KafkaAccess access;

  /** Events read from a partition and not yet handed on. */
  private static final class Stretch {
    private final TopicPartition partition;
    private final long end;
    private final Deque<StoredEvent> events = new ArrayDeque<>();
    private boolean whole;

    private Stretch(TopicPartition partition, long end) {
      this.partition = partition;
      this.end = end;
    }

    private boolean isOver() {
      return whole && events.isEmpty();
    }
  }

  MergedRead(KafkaAccess access) {
    this.access = access;
  }

  /**
   * @param to the first offsets not read
   * @param sink returns whether it wants another event
   */
  void read(Map<Integer, Long> from, Map<Integer, Long> to, Predicate<StoredEvent> sink)
      throws IOException {
    Map<TopicPartition, Stretch> all =
        new TreeMap<>(Comparator.comparing(TopicPartition::partition));
    try (Consumer<byte[], byte[]> consumer =
        access.consumer("look", Map.of("auto.offset.reset", "earliest"))) {
      for (Map.Entry<Integer, Long> each : from.entrySet()) {
        long end = to.getOrDefault(each.getKey(), 0L);
        if (each.getValue() < end) {
          TopicPartition partition = new TopicPartition(access.settings().topic(), each.getKey());
          all.put(partition, new Stretch(partition, end));
        }
      }
      consumer.assign(all.keySet());
      all.keySet().forEach(each -> consumer.seek(each, from.get(each.partition())));
      while (!all.isEmpty()) {
        fill(consumer, all);
        all.values().removeIf(Stretch::isOver);
        Optional<Stretch> next =
            all.values().stream()
                .min(Comparator.comparing((Stretch each) -> each.events.peek().received()));
        if (next.isPresent() && !sink.test(next.get().events.remove())) {
          return;
        }
      }
    } catch (KafkaException e) {
      throw access.failure("can't read the topic " + access.settings().topic(), e);
    }
  }

  /** Returns when each partition has an event or is at its end. */
  private void fill(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Stretch> all)
      throws IOException {
    long last = System.nanoTime();
    while (all.values().stream().anyMatch(each -> each.events.isEmpty() && !each.whole)) {
      List<TopicPartition> waiting = new ArrayList<>();
      List<TopicPartition> wanted = new ArrayList<>();
      for (Stretch each : all.values()) {
        (each.whole || each.events.size() >= ENOUGH ? waiting : wanted).add(each.partition);
      }
      consumer.pause(waiting);
      consumer.resume(wanted);
      var records = consumer.poll(POLL);
      for (TopicPartition partition : records.partitions()) {
        last = System.nanoTime();
        Stretch stretch = all.get(partition);
        if (stretch != null) {
          records.records(partition).stream()
              .filter(record -> record.offset() < stretch.end)
              .forEach(record -> stretch.events.add(EventRecord.event(record)));
        }
      }
      for (Stretch each : all.values()) {
        each.whole = each.whole || consumer.position(each.partition) >= each.end;
      }
      if (System.nanoTime() - last > LONGEST_NANOS) {
        throw access.failure(
            "can't read the topic " + access.settings().topic(),
            new TimeoutException("nothing came for 15 s"));
      }
    }
  }
}
