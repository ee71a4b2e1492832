package io.ensrelay.intake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The subscriptions of one connection: subscribes the wanted topics and unsubscribes those that
 * only earlier connections of the durable session wanted. A topic not granted at QoS 1 does not
 * count as subscribed and is requested again once a minute. Threads: one.
 */
final class TopicSubscriptions {
  private static final Logger LOG = LoggerFactory.getLogger(TopicSubscriptions.class);
  private static final long REFUSED_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final int MOST_NAMED = 20;

  private final MqttConnection connection;
  private final SessionMemory memory;
  private final long answerMillis;
  private final LongSupplier nanos;
  private final Set<String> subscribed = new LinkedHashSet<>();

  /** Topics not granted, with the service's answers. */
  private final Map<String, String> refused = new LinkedHashMap<>();

  private long refusedAt;

  /**
   * @param answerMillis longest wait for an answer of the service
   */
  TopicSubscriptions(
      MqttConnection connection, SessionMemory memory, long answerMillis, LongSupplier nanos) {
    this.connection = connection;
    this.memory = memory;
    this.answerMillis = answerMillis;
    this.nanos = nanos;
  }

  /**
   * @param wanted topic to metadata key
   */
  void follow(Map<String, String> wanted) throws MqttException, IOException {
    unsubscribe(wanted);
    subscribe(wanted);
  }

  int count() {
    return subscribed.size();
  }

  IntakeStatus.SubscriptionState answer(String topic) {
    if (subscribed.contains(topic)) {
      return IntakeStatus.SubscriptionState.SUBSCRIBED;
    }
    return refused.containsKey(topic)
        ? IntakeStatus.SubscriptionState.REFUSED
        : IntakeStatus.SubscriptionState.PENDING;
  }

  /** The service's answer if it did not grant the topic. */
  Optional<String> problem(String topic) {
    return Optional.ofNullable(refused.get(topic));
  }

  private void unsubscribe(Map<String, String> wanted) throws MqttException, IOException {
    Map<String, String> remembered = new LinkedHashMap<>(memory.subscriptions());
    Set<String> unwanted = new LinkedHashSet<>(remembered.keySet());
    unwanted.removeAll(wanted.keySet());
    if (unwanted.isEmpty()) {
      return;
    }
    connection.unsubscribe(unwanted, answerMillis);
    subscribed.removeAll(unwanted);
    refused.keySet().removeAll(unwanted);
    remembered.keySet().removeAll(unwanted);
    memory.remember(remembered);
    LOG.info(
        "Unsubscribed from topics that ens.events or the service no longer names: {}",
        names(unwanted));
  }

  private static String names(Collection<String> topics) {
    String some =
        topics.stream()
            .limit(MOST_NAMED)
            .map(topic -> topic.replaceFirst("^[^/]*/(?=device/)", ""))
            .collect(Collectors.joining(", "));
    return topics.size() > MOST_NAMED
        ? some + " and " + (topics.size() - MOST_NAMED) + " more"
        : some;
  }

  private void subscribe(Map<String, String> wanted) throws MqttException, IOException {
    Set<String> missing = new LinkedHashSet<>(wanted.keySet());
    missing.removeAll(subscribed);
    if (nanos.getAsLong() - refusedAt < REFUSED_PAUSE_NANOS) {
      missing.removeAll(refused.keySet());
    }
    if (missing.isEmpty()) {
      return;
    }
    Map<String, String> remembered = new LinkedHashMap<>(memory.subscriptions());
    missing.forEach(topic -> remembered.put(topic, wanted.get(topic)));
    memory.remember(remembered);
    Map<String, String> answer = connection.subscribe(missing, answerMillis);
    missing.removeAll(answer.keySet());
    subscribed.addAll(missing);
    Set<String> granted = new LinkedHashSet<>(missing);
    granted.retainAll(refused.keySet());
    if (!granted.isEmpty()) {
      LOG.info("The service now grants the subscription to {}", names(granted));
    }
    refused.keySet().removeAll(missing);
    refuse(answer);
  }

  /** Logs a line for each new problem, however many topics have it. */
  private void refuse(Map<String, String> problems) {
    Map<String, List<String>> news = new LinkedHashMap<>();
    problems.forEach(
        (topic, problem) -> {
          refusedAt = nanos.getAsLong();
          if (!problem.equals(refused.put(topic, problem))) {
            news.computeIfAbsent(problem, same -> new ArrayList<>()).add(topic);
          }
        });
    news.forEach(
        (problem, topics) ->
            LOG.error(
                "The service did not grant the subscription to {}: {}. Trying again every minute.",
                names(topics),
                problem));
  }
}
