package io.ensrelay.spool.kafka;

import io.ensrelay.base.BrokerAddresses;
import io.ensrelay.base.TimeSpan;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Checks the cluster that has the event log: whether it can be reached, its topic, and whether
 * Kafka keeps the events for long enough. Changes nothing. Threads: stateless.
 */
public final class KafkaCheck {
  private final KafkaAccess access;
  private final KafkaSettings settings;

  /** The severity. */
  public enum Level {
    OK,
    WARNING,
    FAILED
  }

  /**
   * A result.
   *
   * @param text the result, and what to do
   */
  public record Line(String what, Level level, String text) {}

  public KafkaCheck(KafkaAccess access) {
    this.access = access;
    settings = access.settings();
  }

  /** The results, in order; this can take a minute if the cluster does not answer. */
  public List<Line> lines() {
    Optional<String> outage = BrokerAddresses.of(settings.brokers()).outage();
    if (outage.isPresent()) {
      return List.of(
          new Line(
              "Kafka",
              Level.FAILED,
              outage.get() + ": look at " + KafkaSettings.KEY + " and the firewall"));
    }
    List<Line> lines = new ArrayList<>();
    try (Offsets offsets = new Offsets(access)) {
      TopicDescription topic = offsets.description();
      lines.add(new Line("Kafka", Level.OK, settings.brokers() + " answers"));
      lines.add(topic(topic));
      lines.add(retention(offsets));
    } catch (IOException e) {
      lines.add(
          e.getCause() instanceof UnknownTopicOrPartitionException
              ? new Line(
                  "Kafka topic",
                  Level.WARNING,
                  settings.topic() + " is missing: the relay creates it if it is allowed to")
              : new Line("Kafka", Level.FAILED, e.getMessage()));
    }
    return lines;
  }

  private Line topic(TopicDescription topic) {
    int replicas =
        topic.partitions().stream().mapToInt(each -> each.replicas().size()).min().orElse(0);
    int inSync = topic.partitions().stream().mapToInt(each -> each.isr().size()).min().orElse(0);
    int least =
        access
            .configuration(settings.topic(), "min.insync.replicas")
            .map(Integer::valueOf)
            .orElse(1);
    String text =
        "%s: %s partitions, replicas %s, min.insync.replicas %s"
            .formatted(settings.topic(), topic.partitions().size(), replicas, least);
    if (inSync < least) {
      return new Line(
          "Kafka topic",
          Level.FAILED,
          text + "; only " + inSync + " in sync: the relay takes no events until more are");
    }
    if (replicas == 1 || least == 1) {
      return new Line(
          "Kafka topic",
          Level.WARNING,
          text + ": events are lost with one broker; use 3 replicas and min.insync.replicas=2");
    }
    return new Line("Kafka topic", Level.OK, text);
  }

  private Line retention(Offsets offsets) throws IOException {
    Optional<Duration> keeps = new Topics(access).retention();
    Duration most = Duration.ZERO;
    String farthest = "";
    // opening it would create the topic
    if (access.configuration(settings.stateTopic(), "cleanup.policy").isPresent()) {
      try (StateTopic state = StateTopic.open(access, settings.stateTopic())) {
        Positions positions = new Positions(state, offsets, access.machine());
        Lag lag = new Lag(access, offsets);
        for (String name : positions.destinations()) {
          Optional<Instant> oldest = lag.oldest(name, positions.committed(name), Map.of());
          Duration behind =
              oldest.map(time -> Duration.between(time, Instant.now())).orElse(Duration.ZERO);
          if (behind.compareTo(most) > 0) {
            most = behind;
            farthest = name;
          }
        }
      }
    }
    String keep = keeps.map(TimeSpan::text).map(text -> "keeps " + text).orElse("keeps all");
    if (farthest.isEmpty()) {
      return new Line("Kafka retention", Level.OK, "Kafka " + keep + ", and nothing waits");
    }
    String text = farthest + " is " + TimeSpan.text(most) + " behind, Kafka " + keep;
    return keeps.isPresent() && most.compareTo(keeps.get().dividedBy(2)) > 0
        ? new Line(
            "Kafka retention",
            Level.WARNING,
            text + ": deliver, skip or forget its events, or raise retention.ms")
        : new Line("Kafka retention", Level.OK, text);
  }
}
