package io.ensrelay.spool.kafka;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;

/** Asks the cluster about a topic. Threads: stateless. */
final class TopicQuestion {
  private static final long SECONDS = 20;

  private TopicQuestion() {}

  static Optional<String> configuration(KafkaAccess access, String topic, String name) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try (Admin admin = access.admin("ask")) {
      ConfigEntry entry =
          admin
              .describeConfigs(Set.of(resource))
              .all()
              .get(SECONDS, TimeUnit.SECONDS)
              .get(resource)
              .get(name);
      return Optional.ofNullable(entry).map(ConfigEntry::value);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
