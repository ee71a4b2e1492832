package io.ensrelay.spool;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.faults.Disk;
import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small disk fills: all events reported as stored are there afterwards, and no others. */
class SpoolFullDiskTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Optional<String> NONE = Optional.empty();

  @TempDir Path data;
  private final List<Integer> stored = new ArrayList<>();

  @Test
  void refusesEventsBeforeTheDiskIsFullAndTakesThemWhenThereIsRoom() throws Exception {
    keepsEventsOf(20_000);
  }

  /** One event is larger than the space left free. */
  @Test
  void cutsOffTheEventDuringWhichTheDiskFilledUp() throws Exception {
    keepsEventsOf(2_000_000);
  }

  private void keepsEventsOf(int size) throws Exception {
    try (Disk disk = Disk.mount(data.resolve("spool"), 7);
        Spool spool = new Spool(data, Spool.Config.keepingAll("test"))) {
      Cursor cursor = spool.attach("test", 1, "", Begin.NOW);
      int next = storeUntilItFails(spool, size);
      assertTrue(spool.state().orElseThrow() != EventLog.State.RUNNING);

      disk.enlarge(100);
      await().atMost(SOON).until(() -> spool.state().orElseThrow() == EventLog.State.RUNNING);
      store(spool, next, size);
      assertTrue(stored.size() > 2, stored.toString());
      assertEquals(stored, taken(cursor));
    }
    try (Spool again = new Spool(data, Spool.Config.keepingAll("test"))) {
      assertEquals(List.of(), taken(again.attach("test", 1, "", Begin.NOW)));
    }
  }

  /** Its reader has the file open, and a deleted file takes room for as long as it is open. */
  @Test
  void hasRoomAgainWhenTheEventsOnAFullDiskAreDelivered() throws Exception {
    try (Disk disk = Disk.mount(data.resolve("spool"), 7)) {
      try (Spool spool = new Spool(data, Spool.Config.keepingAll("test"))) {
        spool.attach("test", 1, "", Begin.NOW);
        storeUntilItFails(spool, 20_000);
      }
      try (Spool spool = new Spool(data, Spool.Config.keepingAll("test"))) {
        assertEquals(stored, taken(spool.attach("test", 1, "", Begin.NOW)));
        await().atMost(SOON).ignoreExceptions().untilAsserted(() -> store(spool, -1, 20_000));
      }
    }
  }

  /** Or its lane would wait for room, and nobody would make any. */
  @Test
  void keepsDeadLettersWhenThereIsNoMoreRoomForEvents() throws Exception {
    try (Disk disk = Disk.mount(data, 100);
        Spool spool = new Spool(data, Spool.Config.keepingAll("test"))) {
      spool.log();
      disk.fillTo(7);
      assertThrows(IOException.class, () -> store(spool, 0, 1000));
      assertEquals(Optional.of(EventLog.State.DISK_FULL), spool.state());

      spool
          .letters()
          .add(
              new NewDeadLetter(
                  "test", 0, 1, "422", Map.of(), NONE, NONE, NONE, NONE, NONE, body(7)));

      assertEquals(1, spool.letters().list(DeadLetterFilter.ALL, 0, 10).total());
    }
  }

  /** Returns the number of the first that was not stored. */
  private int storeUntilItFails(Spool spool, int size) {
    int[] next = {0};
    assertThrows(
        IOException.class,
        () -> {
          while (next[0] < 100_000) {
            store(spool, next[0], size);
            next[0]++;
          }
        });
    return next[0];
  }

  private void store(Spool spool, int number, int size) throws IOException {
    LogEntry entry =
        new LogEntry(number, Map.of("eventId", "id-" + number), new byte[size], Optional.empty());
    assertEquals(Appended.Outcome.STORED, spool.append(List.of(entry)).of(0));
    stored.add(number);
  }

  private static byte[] body(int size) {
    return new byte[size];
  }

  private static List<Integer> taken(Cursor cursor) throws Exception {
    List<Integer> numbers = new ArrayList<>();
    Optional<Cursor.Taken> next = cursor.take(0, 0);
    while (next.isPresent()) {
      numbers.add((int) next.get().event().received());
      cursor.confirm(0, next.get());
      next = cursor.take(0, 0);
    }
    return numbers;
  }
}
