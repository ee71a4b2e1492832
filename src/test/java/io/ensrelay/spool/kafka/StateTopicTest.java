package io.ensrelay.spool.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.destination.SharedKafka;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StateTopicTest {
  @RegisterExtension static final SharedKafka KAFKA = new SharedKafka();

  private static KafkaAccess access(String machine) {
    Map<String, String> impatient =
        Map.of("request.timeout.ms", "2000", "delivery.timeout.ms", "3000");
    return new KafkaAccess(
        new KafkaSettings(KAFKA.broker().brokers(), "ens-events", 3, 1, impatient), machine);
  }

  @Test
  void oneMachineSeesWhatAnotherWrites() throws Exception {
    BlockingQueue<String> changes = new LinkedBlockingQueue<>();
    try (StateTopic one = StateTopic.open(access("one"), "shared");
        StateTopic other = StateTopic.open(access("other"), "shared")) {
      other.onChange((key, value) -> changes.add(key + "=" + value.orElse("")));

      one.put("a/1", "x");
      one.put("b/1", "y");
      one.remove("a/1");

      assertEquals(Optional.empty(), one.get("a/1"));
      assertEquals(Map.of("b/1", "y"), one.all(""));
      assertEquals("a/1=x", changes.poll(20, TimeUnit.SECONDS));
      assertEquals("b/1=y", changes.poll(20, TimeUnit.SECONDS));
      assertEquals("a/1=", changes.poll(20, TimeUnit.SECONDS));
      other.catchUp();
      assertEquals(Map.of("b/1", "y"), other.all(""));
    }
  }

  @Test
  void aValueIsReadAtOnceAndAfterAnotherOpening() throws Exception {
    try (StateTopic topic = StateTopic.open(access("one"), "kept")) {
      for (int i = 0; i < 100; i++) {
        topic.put("k" + i % 3, "v" + i);
        assertEquals(Optional.of("v" + i), topic.get("k" + i % 3));
      }
      topic.remove("k0");
    }
    try (StateTopic topic = StateTopic.open(access("two"), "kept")) {
      assertEquals(Map.of("k1", "v97", "k2", "v98"), topic.all("k"));
    }
  }

  @Test
  void goesOnAfterTheBrokerWasKilled() throws Exception {
    try (StateTopic one = StateTopic.open(access("one"), "survives");
        StateTopic other = StateTopic.open(access("other"), "survives")) {
      one.put("k", "before");
      KAFKA.broker().kill();
      IOException refused = assertThrows(IOException.class, () -> one.put("k", "meanwhile"));
      assertTrue(refused.getMessage().contains("not reachable"), refused.getMessage());
      assertEquals(Optional.of("before"), one.get("k"));
      KAFKA.broker().start();

      Awaitility.await()
          .atMost(Duration.ofSeconds(40))
          .ignoreExceptions()
          .until(
              () -> {
                one.put("k", "after");
                return true;
              });
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> other.get("k").equals(Optional.of("after")));
    }
  }

  @Test
  void refusesATopicThatTheBrokersWouldEmpty() throws Exception {
    KAFKA.broker().create("emptied", 1, Map.of());

    IOException refused =
        assertThrows(IOException.class, () -> StateTopic.open(access("one"), "emptied"));

    assertTrue(refused.getMessage().contains("cleanup.policy=delete"), refused.getMessage());
  }
}
