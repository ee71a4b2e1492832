package io.ensrelay.spool.kafka;

import io.ensrelay.base.BrokerAddresses;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the topic takes events, and why not; logs a line when that changes. Threads: safe. */
final class Condition {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaLog.class);

  private final KafkaAccess access;
  private final Offsets offsets;
  private final Supplier<Integer> leastInSync;

  /** Why appends wait or fail. */
  private String ofAppend = "";

  /** Why the spool can't be opened. */
  private String ofStart = "";

  /** Why the topic takes no events. */
  private String ofTopic = "";

  private String said = "";

  /**
   * @param leastInSync min.insync.replicas of the topic
   */
  Condition(KafkaAccess access, Offsets offsets, Supplier<Integer> leastInSync) {
    this.access = access;
    this.offsets = offsets;
    this.leastInSync = leastInSync;
  }

  /** The problem; empty: it takes events. */
  synchronized Optional<String> problem() {
    String problem = !ofTopic.isEmpty() ? ofTopic : !ofStart.isEmpty() ? ofStart : ofAppend;
    return problem.isEmpty() ? Optional.empty() : Optional.of(problem);
  }

  void appended() {
    set("", "", "");
  }

  /** An append was interrupted: nobody waits for Kafka any more. */
  synchronized void ended() {
    set("", ofStart, ofTopic);
  }

  /** An append waits for Kafka; looks for the reason. */
  void waits(Exception failure) {
    String found = look();
    String why = found.isEmpty() ? KafkaFailure.text(failure, access.settings()) : found;
    synchronized (this) {
      set(why, ofStart, found);
    }
  }

  void refused(String why) {
    String found = look();
    synchronized (this) {
      set(why, ofStart, found);
    }
  }

  /** The spool could not be opened, or a position could not be stored. */
  synchronized void failed(String why) {
    set(ofAppend, why, ofTopic);
  }

  /** Looks at the topic now and then, once the spool is open. */
  void check() {
    String found = look();
    synchronized (this) {
      set(ofAppend, "", found);
    }
  }

  private Optional<String> outage() {
    return BrokerAddresses.of(access.settings().brokers()).outage();
  }

  /**
   * Finds out in seconds; Kafka's clients take much longer.
   *
   * @throws IOException if no broker takes a connection
   */
  void requireBroker() throws IOException {
    Optional<String> outage = outage();
    if (outage.isPresent()) {
      throw new IOException(outage.get());
    }
  }

  /** The problem of the brokers or the topic; empty: there is none. */
  private String look() {
    Optional<String> outage = outage();
    if (outage.isPresent()) {
      return outage.get();
    }
    try {
      TopicDescription topic = offsets.description();
      List<TopicPartitionInfo> all = topic.partitions();
      long leaderless =
          all.stream().filter(each -> each.leader() == null || each.leader().isEmpty()).count();
      if (leaderless > 0) {
        return leaderless
            + " of "
            + all.size()
            + " partitions of "
            + topic.name()
            + " have no leader";
      }
      int least = leastInSync.get();
      long few = all.stream().filter(each -> each.isr().size() < least).count();
      return few == 0
          ? ""
          : few
              + " of "
              + all.size()
              + " partitions of "
              + topic.name()
              + " have fewer than "
              + least
              + " brokers in sync (min.insync.replicas)";
    } catch (IOException e) {
      return e.getCause() instanceof TimeoutException ? "no answer in time" : e.getMessage();
    }
  }

  private synchronized void set(String append, String start, String topic) {
    ofAppend = append;
    ofStart = start;
    ofTopic = topic;
    String now = problem().orElse("");
    if (now.equals(said)) {
      return;
    }
    if (now.isEmpty()) {
      LOG.info("Kafka takes events again");
    } else {
      LOG.error(
          "Kafka takes no events, so the relay takes none from the service, which keeps them for its"
              + " retention time: {}",
          now);
    }
    said = now;
  }
}
