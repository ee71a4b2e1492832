package io.ensrelay.spool.kafka;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.EventLog;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The log on Kafka while its broker is away. */
class KafkaAwayTest extends KafkaLogScene {
  @Test
  void waitsForABrokerThatIsAwayAndLosesNothing() throws Exception {
    try (EventLog log = open("a")) {
      Cursor cursor = log.attach("siem", 1, "", Begin.NOW);
      log.append(entries(0, 10, "a"));
      assertEquals(ids(0, 10), ids(delivered(cursor, 10)));
      KAFKA.broker().kill();
      CompletableFuture<Void> appended =
          CompletableFuture.runAsync(
              () -> {
                try {
                  log.append(entries(10, 20, "a"));
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      await().atMost(SOON).until(() -> log.state() == EventLog.State.DOWN);
      assertTrue(
          log.problem().orElse("").contains(KAFKA.broker().brokers()), log.problem()::toString);
      assertFalse(appended.isDone());
      KAFKA.broker().start();
      appended.get(60, TimeUnit.SECONDS);
      assertEquals(ids(10, 20), ids(delivered(cursor, 10)));
      await().atMost(SOON).until(() -> log.state() == EventLog.State.RUNNING);
    }
  }

  @Test
  void opensWithoutABrokerAndBeginsWhenItComes() throws Exception {
    KAFKA.broker().kill();
    try (EventLog log = open("a")) {
      Cursor cursor = log.attach("siem", 1, "", Begin.NOW);
      await().atMost(SOON).until(() -> log.state() == EventLog.State.DOWN);
      assertThrows(IOException.class, log::destinations);
      KAFKA.broker().start();
      log.append(entries(0, 10, "a"));
      assertEquals(ids(0, 10), ids(delivered(cursor, 10)));
    }
  }
}
