package io.ensrelay.spool.kafka;

import io.ensrelay.base.ConfigurationException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * The spool's Kafka cluster and its use: values of {@code ens.spool.kafka} and the keys below it.
 * Needs no class of Kafka's.
 *
 * @param brokers to ask first, {@code host:9092}, separated by commas
 * @param topic of the events; the names of the other topics begin with it
 * @param partitions of the events' topic if the relay creates it
 * @param replicas of each topic that the relay creates
 * @param client properties of Kafka's client: TLS, SASL, time-outs
 */
public record KafkaSettings(
    String brokers, String topic, int partitions, int replicas, Map<String, String> client) {
  public static final String KEY = "ens.spool.kafka";

  /** How long a machine may be silent before others take over its tenants and partitions. */
  public static final String SESSION_TIMEOUT = "session.timeout.ms";

  private static final String CLIENT = "org.apache.kafka.clients.producer.KafkaProducer";
  private static final Duration USUAL_SESSION_TIMEOUT = Duration.ofSeconds(10);

  public KafkaSettings {
    client = Map.copyOf(client);
  }

  /** Settings for a running cluster, with every default. */
  public static KafkaSettings of(String brokers, String topic, int partitions, int replicas) {
    return new KafkaSettings(brokers, topic, partitions, replicas, Map.of());
  }

  /**
   * Must come before any other class of this package is used: Java can't even load some of them
   * without Kafka's client.
   *
   * @throws ConfigurationException if Kafka's client is not on the class path
   */
  public static void requireClient() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    ClassLoader own = KafkaSettings.class.getClassLoader();
    try {
      Class.forName(CLIENT, false, context == null ? own : context);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new ConfigurationException(
          KEY,
          "the class " + CLIENT + " is missing",
          "run 'ens-relay add camel:kafka', which puts it into lib/");
    }
  }

  /**
   * The name of a relay on the cluster, from its host and its data directory: the same after a
   * restart.
   */
  public static String machine(Path data) {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown";
    }
    int folder = data.toAbsolutePath().normalize().toString().hashCode();
    return host.replaceAll("[^A-Za-z0-9._-]", "_") + "." + Integer.toHexString(folder);
  }

  public Duration sessionTimeout() {
    String given = client.getOrDefault(SESSION_TIMEOUT, "");
    return given.matches("\\d{1,9}")
        ? Duration.ofMillis(Integer.parseInt(given))
        : USUAL_SESSION_TIMEOUT;
  }

  /** The compacted topic with the state that the machines share. */
  public String stateTopic() {
    return topic + "-state";
  }

  /** The topic whose partitions stand for the right to run a tenant's intake. */
  public String intakeTopic() {
    return topic + "-intake";
  }

  /** Shows the names of the properties only: a value may be a secret. */
  @Override
  public String toString() {
    return "KafkaSettings["
        + topic
        + " on "
        + brokers
        + ", "
        + new TreeMap<>(client).keySet()
        + "]";
  }
}
