package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ensrelay.spool.kafka.KafkaAccess;
import io.ensrelay.spool.kafka.KafkaSettings;
import io.ensrelay.spool.kafka.StateTopic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class KafkaClusterTest {
  @TempDir Path dir;

  private static void put(StateTopic topic, String value) {
    Awaitility.await(value)
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(
            () -> {
              topic.put("key", value);
              return true;
            });
  }

  @Test
  void survivesTheLossOfOneBrokerOfThree() throws Exception {
    Assumptions.assumeTrue(KafkaCluster.isThere(), "the jars of Kafka's broker");
    try (KafkaCluster cluster = new KafkaCluster(dir, 3).start()) {
      KafkaAccess access =
          new KafkaAccess(KafkaSettings.of(cluster.linkedAddresses(), "events", 3, 3), "test");
      try (StateTopic topic = StateTopic.open(access, "events-state")) {
        topic.put("key", "all");
        cluster.broker(0).kill();
        put(topic, "without one");
        cluster.broker(0).start();
        cluster.cut();
        assertEquals(Optional.of("without one"), topic.get("key"));
        cluster.mend();
        put(topic, "mended");
      }
    }
  }
}
