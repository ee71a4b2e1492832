package io.ensrelay.spool.kafka;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DeadLetterFilter;
import io.ensrelay.spool.DeadLetters;
import io.ensrelay.spool.NewDeadLetter;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.LogEntry;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log on Kafka with several machines. */
class KafkaLogTest extends KafkaLogScene {
  @Test
  void anyConsumerCanReadTheEvents() throws Exception {
    try (EventLog log = open("a")) {
      log.append(entries(0, 8, "device.wiped"));
    }
    for (ConsumerRecord<byte[], byte[]> record : KAFKA.broker().records(settings.topic())) {
      Map<String, String> headers = new HashMap<>();
      record.headers().forEach(each -> headers.put(each.key(), text(each.value())));
      assertEquals(headers.get("deviceId"), text(record.key()));
      assertEquals("device.wiped", headers.get("eventType"));
      assertTrue(headers.get("content-type").startsWith("application/cloudevents+json"));
      assertTrue(text(record.value()).startsWith("{\"event\":"));
    }
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }

  @Test
  void twoMachinesShareADestinationAndOneTakesOverFromTheOther() throws Exception {
    try (EventLog second = open("b")) {
      List<StoredEvent> events = new ArrayList<>();
      Cursor there = null;
      int count = 0;
      try (EventLog first = open("a")) {
        Cursor here = first.attach("siem", 2, "", Begin.NOW);
        first.append(entries(0, 300, "a"));
        events.addAll(delivered(here, 100));
        there = second.attach("siem", 2, "", Begin.NOW);
        Cursor other = there;
        AtomicInteger appended = new AtomicInteger(300);
        await()
            .atMost(SOON)
            .until(
                () -> {
                  first.append(entries(appended.get(), appended.addAndGet(10), "a"));
                  take(here, events);
                  return take(other, events) > 0;
                });
        count = appended.addAndGet(50);
        first.append(entries(count - 50, count, "a"));
        // the other machine gets the events that this one has taken and not confirmed
        here.take(0, 0);
      }
      Cursor other = there;
      await()
          .atMost(SOON)
          .until(
              () -> {
                take(other, events);
                return other.backlog() == 0;
              });
      assertEquals(ids(0, count), ids(events), "each once");
      assertInOrderPerDevice(events);
    }
  }

  /** Takes and confirms the waiting events. */
  private static int take(Cursor cursor, List<StoredEvent> into) throws Exception {
    int count = 0;
    for (int lane = 0; lane < cursor.lanes(); lane++) {
      Optional<Cursor.Taken> taken = cursor.take(lane, 0);
      while (taken.isPresent()) {
        into.add(taken.get().event());
        cursor.confirm(lane, taken.get());
        count++;
        taken = cursor.take(lane, 0);
      }
    }
    return count;
  }

  @Test
  void machinesThatStartTogetherLoseNothing() throws Exception {
    try (EventLog intake = open("intake");
        EventLog worker = open("worker")) {
      intake.expect("siem", Begin.NOW);
      intake.append(entries(0, 50, "a"));
      Cursor cursor = worker.attach("siem", 1, "", Begin.NOW);
      intake.append(entries(50, 60, "a"));
      assertEquals(ids(0, 60), ids(delivered(cursor, 60)));
    }
  }

  @Test
  void aPauseAndARewindReachTheMachineThatDelivers() throws Exception {
    try (EventLog worker = open("worker");
        EventLog other = open("other")) {
      Cursor cursor = worker.attach("siem", 1, "", Begin.NOW);
      worker.append(entries(0, 10, "a"));
      delivered(cursor, 10);
      await()
          .atMost(SOON)
          .until(() -> other.destination("siem").isPresent() && waiting(other) == 0);
      Cursor far = other.destination("siem").orElseThrow();
      far.pause(true);
      await().atMost(SOON).until(cursor::isPaused);
      assertEquals(10, far.rewind(io.ensrelay.spool.log.Place.END, false));
      far.pause(false);
      assertEquals(ids(0, 10), ids(delivered(cursor, 10)));
    }
  }

  private static long waiting(EventLog log) throws IOException {
    return log.destination("siem").orElseThrow().backlog();
  }

  @Test
  void dropsTheCopyOfAMachineThatWasOnlyPaused() throws Exception {
    try (EventLog paused = open("a");
        EventLog successor = open("b")) {
      Cursor cursor = successor.attach("siem", 1, "", Begin.NOW);
      paused.recall();
      paused.append(List.of());
      successor.append(entries(0, 20, "a"));
      assertTrue(paused.append(entries(0, 20, "a")).isEmpty(), "it does not know them");
      successor.append(entries(20, 21, "a"));
      assertEquals(ids(0, 21), ids(delivered(cursor, 21)));
      assertNothingMore(cursor);
      await().atMost(SOON).until(() -> cursor.backlog() == 0);
      successor.recall();
      assertEquals(21, successor.append(entries(0, 21, "a")).cardinality());
    }
  }

  @Test
  void reportsEventsThatKafkaHasDeletedAndGoesOn() throws Exception {
    try (EventLog log = open("a")) {
      Cursor cursor = log.attach("siem", 1, "", Begin.NOW);
      log.append(entries(0, 30, "a"));
      delivered(cursor, 30);
      cursor.detach();
      log.append(entries(30, 60, "a"));
      long lost = deleteAll();
      log.append(entries(60, 90, "a"));
      Cursor again = log.attach("siem", 1, "", Begin.NOW);
      List<StoredEvent> events = new ArrayList<>();
      await()
          .atMost(SOON)
          .until(
              () -> {
                take(again, events);
                return events.stream().filter(each -> isGap(each).isEmpty()).count() == 30;
              });
      long told = events.stream().mapToLong(each -> isGap(each).orElse(0L)).sum();
      assertEquals(lost, told);
      assertEquals(lost, log.damaged());
      await().atMost(SOON).until(() -> again.backlog() == 0);
    }
  }

  /** Number of events that it stands for. */
  private static Optional<Long> isGap(StoredEvent event) {
    String[] id = event.attributes().get("eventId").toString().split(" ");
    return id[0].equals("gap")
        ? Optional.of(Long.parseLong(id[2]) - Long.parseLong(id[1]))
        : Optional.empty();
  }

  /** Deletes all records, as the retention does; returns how many of the last 30 those are. */
  private long deleteAll() throws Exception {
    Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
    for (int i = 0; i < PARTITIONS; i++) {
      all.put(new TopicPartition(settings.topic(), i), RecordsToDelete.beforeOffset(-1));
    }
    try (Admin admin =
        Admin.create(Map.<String, Object>of("bootstrap.servers", KAFKA.broker().brokers()))) {
      admin.deleteRecords(all).all().get(60, TimeUnit.SECONDS);
    }
    return 30;
  }

  @Test
  void everyMachineShowsReplaysAndDropsTheDeadLettersOfAll(@TempDir Path data) throws Exception {
    try (Spool first = spool(data.resolve("a"));
        Spool second = spool(data.resolve("b"))) {
      assertEquals(0, second.letters().list(DeadLetterFilter.ALL, 0, 10).total());
      Cursor cursor = second.attach("siem", 1, "", Begin.NOW);
      first.letters().add(letter("e1", "refused"));
      first.letters().add(letter("e2", "refused"));
      first.letters().add(letter("e1", "refused again"));
      DeadLetters there = second.letters();
      await().atMost(SOON).until(() -> reasons(there).equals("e2 refused, e1 refused again"));
      assertEquals(ids(first.letters()), ids(there), "the same ids everywhere");
      DeadLetter.Full full = there.get(ids(there).get(0)).orElseThrow();
      assertEquals("body of e2", text(full.body()));
      assertEquals(
          Map.of("eventId", "e2", "eventTime", 17L, "deviceCompliant", true),
          full.letter().attributes());
      assertEquals(Optional.of("the answer"), full.answer());
      assertEquals(1, there.drop(List.of(full.letter().id())));
      await().atMost(SOON).until(() -> reasons(first.letters()).equals("e1 refused again"));
      assertEquals(1, first.letters().replay(DeadLetterFilter.ALL, Optional.empty()));
      assertEquals("e1", delivered(cursor, 1).get(0).attributes().get("eventId"));
      await().atMost(SOON).until(() -> reasons(there).isEmpty());
      first.letters().add(letter("e3", "refused"));
    }
    try (Spool again = spool(data.resolve("a"));
        Spool another = spool(data.resolve("c"))) {
      assertEquals("e3 refused", reasons(again.letters()));
      assertEquals("e3 refused", reasons(another.letters()));
    }
  }

  private Spool spool(Path data) {
    return new Spool(data, Spool.Config.keepingAll("test").on(Optional.of(settings)));
  }

  private static NewDeadLetter letter(String event, String reason) {
    return new NewDeadLetter(
        "siem",
        1,
        1,
        reason,
        Map.of("eventId", event, "eventTime", 17L, "deviceCompliant", true),
        Optional.empty(),
        Optional.of("destination.siem"),
        Optional.empty(),
        Optional.empty(),
        Optional.of("the answer"),
        ("body of " + event).getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> ids(DeadLetters letters) throws IOException {
    return letters.list(DeadLetterFilter.ALL, 0, 10).items().stream().map(DeadLetter::id).toList();
  }

  private static String reasons(DeadLetters letters) throws IOException {
    return letters.list(DeadLetterFilter.ALL, 0, 10).items().stream()
        .map(each -> each.attributes().get("eventId") + " " + each.reason())
        .collect(Collectors.joining(", "));
  }

  @Test
  void warnsAtHalfOfTheRetention() throws Exception {
    KAFKA.broker().create(settings.topic(), PARTITIONS, Map.of("retention.ms", "180000"));
    try (EventLog log = open("a")) {
      Cursor cursor = log.attach("siem", 1, "", Begin.NOW);
      log.append(entries(0, 1, "a"));
      await().atMost(SOON).until(() -> log.warnings().size() == 1);
      String warning = log.warnings().get(0);
      assertTrue(warning.matches("siem is \\d+ (s|min) behind, Kafka keeps 3 min"), () -> warning);
      delivered(cursor, 1);
      await().atMost(SOON).until(() -> log.warnings().isEmpty());
    }
  }

  @Test
  void refusesARecordThatIsTooLargeAndSaysSo() throws Exception {
    KAFKA.broker().create(settings.topic(), 1, Map.of("max.message.bytes", "2000"));
    try (EventLog log = open("a")) {
      log.append(entries(0, 1, "a"));
      LogEntry large =
          new LogEntry(
              1, Map.of("eventId", "large", "deviceId", "d"), new byte[5000], Optional.empty());
      IOException refused = assertThrows(IOException.class, () -> log.append(List.of(large)));
      assertTrue(refused.getMessage().contains("max.message.bytes"), refused::getMessage);
      assertEquals(EventLog.State.DOWN, log.state());
      log.append(entries(1, 2, "a"));
      assertEquals(EventLog.State.RUNNING, log.state());
    }
  }
}
