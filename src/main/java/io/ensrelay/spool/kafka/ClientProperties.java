package io.ensrelay.spool.kafka;

import io.ensrelay.base.Closest;
import io.ensrelay.base.ConfigurationException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The properties of Kafka's clients: the user's replace the relay's, except those that keep the
 * spool's promise. A message never shows a value. Threads: stateless.
 */
final class ClientProperties {
  /** Users can't set these: the spool depends on the relay's values. */
  private static final Set<String> OF_RELAY =
      Set.of(
          "bootstrap.servers",
          "client.id",
          "acks",
          "enable.idempotence",
          "transactional.id",
          "max.in.flight.requests.per.connection",
          "retries",
          "key.serializer",
          "value.serializer",
          "key.deserializer",
          "value.deserializer",
          "interceptor.classes",
          "partitioner.class",
          "group.id",
          "group.instance.id",
          "group.protocol",
          "group.remote.assignor",
          "partition.assignment.strategy",
          "enable.auto.commit",
          "auto.commit.interval.ms",
          "auto.offset.reset",
          "isolation.level",
          "allow.auto.create.topics",
          "exclude.internal.topics");

  private static final Pattern NAME_IN_MESSAGE = Pattern.compile("configuration ([a-z][a-z.]+)");

  private ClientProperties() {}

  /**
   * @throws ConfigurationException for the first property that Kafka's clients do not know, that
   *     only the relay may set, or whose value can't work
   */
  static void check(KafkaSettings settings) {
    Set<String> known = new TreeSet<>(AdminClientConfig.configNames());
    known.addAll(ProducerConfig.configNames());
    known.addAll(ConsumerConfig.configNames());
    known.removeAll(OF_RELAY);
    Set<String> suggested = new TreeSet<>(known);
    suggested.addAll(Set.of("topic", "partitions", "replicas"));
    for (String name : new TreeSet<>(settings.client().keySet())) {
      if (OF_RELAY.contains(name)) {
        throw new ConfigurationException(
            key(name), "the relay sets this property of Kafka's client itself", "take it out");
      }
      if (!known.contains(name)) {
        throw new ConfigurationException(
            key(name),
            "Kafka's client has no property " + name,
            Closest.to(name, suggested)
                .map(near -> "did you mean " + key(near) + "?")
                .orElse("see Kafka's documentation, or take it out"));
      }
    }
    try {
      new AdminClientConfig(admin(settings, "check"));
      new ProducerConfig(producer(settings, "check", Map.of()));
      new ConsumerConfig(consumer(settings, "check", Map.of()));
    } catch (ConfigException e) {
      throw refused(e);
    }
  }

  private static ConfigurationException refused(ConfigException refusal) {
    Matcher name = NAME_IN_MESSAGE.matcher(String.valueOf(refusal.getMessage()));
    return new ConfigurationException(
        name.find() ? key(name.group(1)) : KafkaSettings.KEY, refusal.getMessage(), "correct it");
  }

  private static String key(String name) {
    return KafkaSettings.KEY + "." + name;
  }

  static Map<String, Object> admin(KafkaSettings settings, String clientId) {
    Map<String, Object> all = common(settings, clientId);
    all.put("default.api.timeout.ms", 15_000);
    return with(all, settings, AdminClientConfig.configNames(), Map.of());
  }

  static Map<String, Object> producer(
      KafkaSettings settings, String clientId, Map<String, Object> wanted) {
    Map<String, Object> all = common(settings, clientId);
    all.put("delivery.timeout.ms", 15_000);
    all.put("max.block.ms", 10_000);
    Map<String, Object> merged = with(all, settings, ProducerConfig.configNames(), wanted);
    merged.put("acks", "all");
    merged.put("enable.idempotence", true);
    merged.put("key.serializer", ByteArraySerializer.class);
    merged.put("value.serializer", ByteArraySerializer.class);
    return merged;
  }

  static Map<String, Object> consumer(
      KafkaSettings settings, String clientId, Map<String, Object> wanted) {
    Map<String, Object> all = common(settings, clientId);
    long session = settings.sessionTimeout().toMillis();
    all.put("default.api.timeout.ms", 15_000);
    all.put(KafkaSettings.SESSION_TIMEOUT, (int) session);
    all.put("heartbeat.interval.ms", (int) Math.max(1, session * 3 / 10));
    Map<String, Object> merged = with(all, settings, ConsumerConfig.configNames(), Map.of());
    merged.put("enable.auto.commit", false);
    merged.put("allow.auto.create.topics", false);
    merged.put("isolation.level", "read_committed");
    merged.put("auto.offset.reset", "none");
    merged.put("key.deserializer", ByteArrayDeserializer.class);
    merged.put("value.deserializer", ByteArrayDeserializer.class);
    merged.putAll(wanted);
    return merged;
  }

  /** Short time-outs: a broker that is away or frozen must be noticed in seconds. */
  private static Map<String, Object> common(KafkaSettings settings, String clientId) {
    Map<String, Object> all = new TreeMap<>();
    all.put("bootstrap.servers", settings.brokers());
    all.put("client.id", clientId);
    all.put("request.timeout.ms", 5000);
    all.put("socket.connection.setup.timeout.ms", 3000);
    all.put("socket.connection.setup.timeout.max.ms", 6000);
    all.put("reconnect.backoff.max.ms", 1000);
    all.put("metadata.max.age.ms", 60_000);
    // nobody reads them, and they would be sent to the broker
    all.put("metric.reporters", "");
    all.put("enable.metrics.push", false);
    return all;
  }

  /** Leaves out properties of another kind of client, about which Kafka would warn. */
  private static Map<String, Object> with(
      Map<String, Object> usual,
      KafkaSettings settings,
      Set<String> known,
      Map<String, Object> wanted) {
    Map<String, Object> all = new TreeMap<>(usual);
    all.putAll(wanted);
    settings.client().forEach(all::put);
    all.keySet().retainAll(known);
    return all;
  }
}
