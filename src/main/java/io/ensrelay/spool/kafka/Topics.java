package io.ensrelay.spool.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the topic of the events if it is missing, and examines it. Threads: safe. */
final class Topics {
  private static final Logger LOG = LoggerFactory.getLogger(Topics.class);
  private static final Duration KEEP = Duration.ofDays(7);

  /** Larger than an event of the largest message that the service sends. */
  private static final int LARGEST_RECORD = 16 << 20;

  private static final long LOOK_AGAIN_NANOS = Duration.ofMinutes(1).toNanos();

  private final KafkaAccess access;
  private final String topic;
  private Optional<Integer> leastInSync = Optional.empty();
  private Optional<Duration> retention = Optional.empty();
  private long looked;

  Topics(KafkaAccess access) {
    this.access = access;
    topic = access.settings().topic();
  }

  /**
   * Creates the topic if it is missing.
   *
   * @throws IOException if it can't be created, or would lose events
   */
  void prepare() throws IOException {
    boolean isNew =
        access.createMissing(
            topic,
            access.settings().partitions(),
            Map.of(
                "retention.ms",
                Long.toString(KEEP.toMillis()),
                "max.message.bytes",
                Integer.toString(LARGEST_RECORD),
                "cleanup.policy",
                "delete"));
    if (isNew) {
      LOG.info(
          "Created the topic {} with {} partitions; Kafka keeps its events for {} days"
              + " (retention.ms)",
          topic,
          access.settings().partitions(),
          KEEP.toDays());
    }
    Optional<String> policy = access.configuration(topic, "cleanup.policy");
    if (policy.filter(each -> each.contains("compact")).isPresent()) {
      throw new IOException(
          "Kafka: the topic "
              + topic
              + " has cleanup.policy="
              + policy.get()
              + ", so the brokers would delete all but the last event of a device: set it to"
              + " delete");
    }
  }

  /** How many brokers must have an event; 1 if that can't be asked. */
  synchronized int leastInSync() {
    if (leastInSync.isEmpty()) {
      leastInSync = access.configuration(topic, "min.insync.replicas").map(Integer::valueOf);
    }
    return leastInSync.orElse(1);
  }

  /** How long Kafka keeps an event; empty: forever, or it can't be asked. */
  synchronized Optional<Duration> retention() {
    long now = System.nanoTime();
    if (looked == 0 || now - looked > LOOK_AGAIN_NANOS) {
      looked = now;
      retention =
          access
              .configuration(topic, "retention.ms")
              .map(Long::valueOf)
              .filter(millis -> millis > 0)
              .map(Duration::ofMillis);
    }
    return retention;
  }
}
