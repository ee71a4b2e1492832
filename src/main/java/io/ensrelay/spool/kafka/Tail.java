package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads stretches of the events' topic beside the destinations. Errors: an IOException for people,
 * when nothing comes for 15 s. Threads: stateless.
 */
final class Tail {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long LONGEST_NANOS = Duration.ofSeconds(15).toNanos();

  private final KafkaAccess access;

  Tail(KafkaAccess access) {
    this.access = access;
  }

  /**
   * Reads each partition from one offset to another, in the order of the partition.
   *
   * @param to the first offset not read
   * @param visitor gets partition and event; returns false to end the reading of that partition
   */
  void read(
      Map<Integer, Long> from, Map<Integer, Long> to, BiPredicate<Integer, StoredEvent> visitor)
      throws IOException {
    Map<TopicPartition, Long> left = new HashMap<>();
    from.forEach(
        (partition, offset) -> {
          if (offset < to.getOrDefault(partition, 0L)) {
            left.put(new TopicPartition(access.settings().topic(), partition), offset);
          }
        });
    if (left.isEmpty()) {
      return;
    }
    try (Consumer<byte[], byte[]> consumer =
        access.consumer("look", Map.of("auto.offset.reset", "earliest"))) {
      consumer.assign(left.keySet());
      left.forEach(consumer::seek);
      long last = System.nanoTime();
      while (!left.isEmpty()) {
        var records = consumer.poll(POLL);
        for (TopicPartition partition : records.partitions()) {
          last = System.nanoTime();
          for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
            if (record.offset() >= to.get(partition.partition())
                || !visitor.test(partition.partition(), EventRecord.event(record))) {
              left.remove(partition);
              break;
            }
          }
        }
        left.keySet()
            .removeIf(partition -> consumer.position(partition) >= to.get(partition.partition()));
        consumer.assign(left.keySet().stream().collect(Collectors.toSet()));
        if (System.nanoTime() - last > LONGEST_NANOS) {
          throw access.failure(
              "can't read the topic " + access.settings().topic(),
              new java.util.concurrent.TimeoutException("nothing came for 15 s"));
        }
      }
    } catch (KafkaException e) {
      throw access.failure("can't read the topic " + access.settings().topic(), e);
    }
  }

  /** An event and its partition. */
  record Found(int partition, StoredEvent event) {}

  /** Looks for the first event with an id. */
  Optional<Found> event(String id, SortedMap<Integer, Long> first, SortedMap<Integer, Long> end)
      throws IOException {
    Found[] found = new Found[1];
    read(
        first,
        end,
        (partition, event) -> {
          if (found[0] == null && id.equals(event.attributes().get("eventId"))) {
            found[0] = new Found(partition, event);
          }
          return found[0] == null;
        });
    return Optional.ofNullable(found[0]);
  }
}
