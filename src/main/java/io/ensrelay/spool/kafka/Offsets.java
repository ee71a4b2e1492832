package io.ensrelay.spool.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Kafka for the offsets of the events' topic and of the destinations' consumer groups. Errors:
 * an IOException for people, after 15 s at most. Threads: safe.
 */
final class Offsets implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Offsets.class);
  private static final long SECONDS = 15;

  private final KafkaAccess access;
  private final String topic;
  private final Admin admin;

  /** An answer of Kafka that may be an error. */
  private interface Question<T> {
    KafkaFuture<T> ask();
  }

  Offsets(KafkaAccess access) {
    this.access = access;
    topic = access.settings().topic();
    admin = access.admin("offsets");
  }

  /** The consumer group of a destination. */
  String group(String destination) {
    return topic + "." + destination;
  }

  TopicDescription description() throws IOException {
    return asked(
            "can't look at the topic " + topic,
            () -> admin.describeTopics(Set.of(topic)).allTopicNames())
        .get(topic);
  }

  /** By partition, the next offset. */
  SortedMap<Integer, Long> end() throws IOException {
    return list(OffsetSpec.latest());
  }

  /** By partition, the first kept offset. */
  SortedMap<Integer, Long> first() throws IOException {
    return list(OffsetSpec.earliest());
  }

  /** By partition, the first event received at this time or later; the end if there is none. */
  SortedMap<Integer, Long> at(long millis) throws IOException {
    SortedMap<Integer, Long> end = end();
    SortedMap<Integer, Long> found = list(OffsetSpec.forTimestamp(Math.max(0, millis)));
    found.replaceAll((partition, offset) -> offset < 0 ? end.get(partition) : offset);
    return found;
  }

  private SortedMap<Integer, Long> list(OffsetSpec wanted) throws IOException {
    Map<TopicPartition, OffsetSpec> each = new HashMap<>();
    description()
        .partitions()
        .forEach(partition -> each.put(new TopicPartition(topic, partition.partition()), wanted));
    Map<TopicPartition, ListOffsetsResultInfo> found =
        asked("can't ask for offsets of " + topic, () -> admin.listOffsets(each).all());
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    found.forEach((partition, info) -> offsets.put(partition.partition(), info.offset()));
    return offsets;
  }

  /** By partition, bytes on one broker; empty: this user may not see that. */
  Map<Integer, Long> bytes() {
    Map<Integer, Long> bytes = new TreeMap<>();
    try {
      List<Integer> brokers =
          asked("can't ask for the brokers", () -> admin.describeCluster().nodes()).stream()
              .map(Node::id)
              .toList();
      asked("can't ask for sizes", () -> admin.describeLogDirs(brokers).allDescriptions())
          .values()
          .forEach(
              broker ->
                  broker
                      .values()
                      .forEach(
                          folder ->
                              folder
                                  .replicaInfos()
                                  .forEach(
                                      (replica, info) -> {
                                        if (replica.topic().equals(topic)) {
                                          bytes.merge(replica.partition(), info.size(), Math::max);
                                        }
                                      })));
    } catch (IOException e) {
      LOG.debug("the sizes of {} are not known", topic, e);
    }
    return bytes;
  }

  /** The commits of a destination, by partition; a partition without a commit is absent. */
  Map<Integer, Committed> committed(String destination) throws IOException {
    Map<TopicPartition, OffsetAndMetadata> all;
    try {
      all =
          asked(
              "can't ask for the position of " + destination,
              () ->
                  admin
                      .listConsumerGroupOffsets(group(destination))
                      .partitionsToOffsetAndMetadata());
    } catch (IOException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return Map.of();
      }
      throw e;
    }
    Map<Integer, Committed> committed = new TreeMap<>();
    all.forEach(
        (partition, offset) -> {
          if (offset != null && partition.topic().equals(topic)) {
            committed.put(partition.partition(), Committed.of(offset));
          }
        });
    return committed;
  }

  /**
   * Removes a destination's consumer group.
   *
   * @throws IllegalStateException while a machine reads it
   */
  void delete(String destination) throws IOException {
    try {
      asked(
          "can't remove the consumer group " + group(destination),
          () -> admin.deleteConsumerGroups(List.of(group(destination))).all());
    } catch (IOException e) {
      if (e.getCause() instanceof GroupNotEmptyException) {
        throw new IllegalStateException(
            destination + " is read by a route on some machine: remove its route file first", e);
      }
      if (!(e.getCause() instanceof GroupIdNotFoundException)) {
        throw e;
      }
    }
  }

  private <T> T asked(String what, Question<T> question) throws IOException {
    try {
      return question.ask().get(SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw access.failure(what, e.getCause());
    } catch (TimeoutException | KafkaException e) {
      throw access.failure(what, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw access.failure(what, e);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(2));
  }
}
