package io.ensrelay.spool;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.KnownKeys;
import io.ensrelay.config.Settings;
import io.ensrelay.spool.kafka.KafkaSettings;
import java.util.Map;
import java.util.Optional;

/** Reads the settings for Kafka as the spool. Threads: stateless. */
public final class KafkaKeys {
  private KafkaKeys() {}

  /**
   * Empty: the spool is on disk.
   *
   * @throws ConfigurationException if there are properties of Kafka's client, but no brokers
   */
  public static Optional<KafkaSettings> of(Settings settings) {
    Map<String, String> client = settings.kafkaClient();
    Optional<String> brokers = settings.get(KnownKeys.KAFKA);
    if (brokers.isEmpty() && !client.isEmpty()) {
      throw new ConfigurationException(
          KnownKeys.KAFKA + "." + client.keySet().iterator().next(),
          KnownKeys.KAFKA + " is missing",
          "give its brokers, or take this out");
    }
    return brokers.map(
        list ->
            new KafkaSettings(
                list,
                settings.get(KnownKeys.KAFKA + ".topic").orElseThrow(),
                number(settings, KnownKeys.KAFKA + ".partitions"),
                number(settings, KnownKeys.KAFKA + ".replicas"),
                client));
  }

  private static int number(Settings settings, String key) {
    return Integer.parseInt(settings.get(key).orElseThrow());
  }
}
