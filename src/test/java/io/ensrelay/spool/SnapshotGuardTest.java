package io.ensrelay.spool;

import static io.ensrelay.spool.FleetEvents.NOON;
import static io.ensrelay.spool.FleetEvents.checkIn;
import static io.ensrelay.spool.FleetEvents.ofResync;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ensrelay.event.Event;
import io.ensrelay.spool.Appended.Outcome;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The fate of a snapshot when an event of its device is stored before it. */
class SnapshotGuardTest {
  private final SnapshotGuard guard = new SnapshotGuard();
  private final List<LogEntry> stored = new ArrayList<>();

  private List<Outcome> append(LogEntry... entries) throws IOException {
    Appended appended =
        guard.append(
            List.of(entries),
            some -> {
              stored.addAll(some);
              return new BitSet();
            });
    return IntStream.range(0, entries.length).mapToObj(appended::of).toList();
  }

  private void begin(String tenant) throws Exception {
    append(ofResync(tenant, Event.RESYNC_STARTED, "none", NOON));
  }

  private static LogEntry snapshot(String tenant, String device, long time) throws Exception {
    return ofResync(tenant, Event.SNAPSHOT, device, time);
  }

  @Test
  void anOlderSnapshotIsDropped() throws Exception {
    begin("t");
    append(checkIn("t", "a", NOON + 10));

    assertEquals(List.of(Outcome.STALE), append(snapshot("t", "a", NOON + 9)));
    assertEquals(List.of(Outcome.STORED), append(snapshot("t", "a", NOON + 10)));
    assertEquals(List.of(Outcome.STORED), append(snapshot("t", "b", NOON)));
    assertEquals(List.of(Outcome.STORED), append(snapshot("other", "a", NOON)));
  }

  @Test
  void inOneWriteOnlyTheEventsBeforeASnapshotCount() throws Exception {
    begin("t");
    assertEquals(
        List.of(Outcome.STORED, Outcome.STORED, Outcome.STALE, Outcome.STORED),
        append(
            snapshot("t", "a", NOON),
            checkIn("t", "a", NOON + 10),
            snapshot("t", "a", NOON),
            checkIn("t", "a", NOON - 10)));
    assertEquals(4, stored.size());
  }

  @Test
  void aMissingDeviceThatHasShownUpIsNotReported() throws Exception {
    begin("t");
    append(checkIn("t", "a", NOON + 10));
    assertEquals(List.of(Outcome.STALE), append(ofResync("t", Event.MISSING, "a", NOON)));
  }

  @Test
  void aSnapshotForOneDestinationIsDroppedToo() throws Exception {
    begin("t");
    append(checkIn("t", "a", NOON + 10));
    LogEntry all = snapshot("t", "a", NOON);
    assertEquals(
        List.of(Outcome.STALE),
        append(new LogEntry(NOON, all.attributes(), all.body(), Optional.of("siem"))));
  }

  @Test
  void aReplayedDeadLetterMakesNoSnapshotStale() throws Exception {
    begin("t");
    LogEntry letter = checkIn("t", "a", NOON + 10);
    append(new LogEntry(NOON, letter.attributes(), letter.body(), Optional.of("siem")));
    assertEquals(List.of(Outcome.STORED), append(snapshot("t", "a", NOON)));
  }

  @Test
  void aRepeatedBeginningForgetsNothing() throws Exception {
    begin("t");
    append(checkIn("t", "a", NOON + 10));
    begin("t");
    assertEquals(List.of(Outcome.STALE), append(snapshot("t", "a", NOON)));
  }

  @Test
  void afterTheEndNothingIsDropped() throws Exception {
    begin("t");
    append(checkIn("t", "a", NOON + 10));
    append(ofResync("t", Event.RESYNC_FINISHED, "none", NOON + 20));
    assertEquals(List.of(Outcome.STORED), append(snapshot("t", "a", NOON)));
  }

  @Test
  void anEndThatCouldNotBeStoredDoesNotCount() throws Exception {
    begin("t");
    append(checkIn("t", "a", NOON + 10));
    LogEntry end = ofResync("t", Event.RESYNC_FINISHED, "none", NOON + 20);
    assertThrows(
        IOException.class,
        () ->
            guard.append(
                List.of(end),
                some -> {
                  throw new IOException("full");
                }));
    assertEquals(List.of(Outcome.STALE), append(snapshot("t", "a", NOON)));
  }

  @Test
  void marksTheCopiesAmongTheRest() throws Exception {
    begin("t");
    append(checkIn("t", "a", NOON + 10));
    BitSet second = new BitSet();
    second.set(1);
    Appended appended =
        guard.append(
            List.of(snapshot("t", "a", NOON), checkIn("t", "b", NOON), checkIn("t", "c", NOON)),
            some -> second);
    assertEquals(
        List.of(Outcome.STALE, Outcome.STORED, Outcome.COPY),
        IntStream.range(0, 3).mapToObj(appended::of).toList());
  }

  /** More devices than the memory has room for. */
  @Test
  void neverStoresAStaleSnapshotHoweverManyDevicesThereAre() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    SnapshotGuard small = new SnapshotGuard(0);
    small.append(List.of(ofResync("t", Event.RESYNC_STARTED, "none", NOON)), some -> new BitSet());
    LogEntry event = checkIn("t", "DEVICE", NOON);
    int devices = 5000;
    long[] newest = new long[devices];
    for (int i = 0; i < devices; i++) {
      newest[i] = NOON + random.nextInt(1000);
      small.append(List.of(of(event, i, newest[i])), some -> new BitSet());
    }
    LogEntry shot = snapshot("t", "DEVICE", NOON);
    for (int i = 0; i < devices; i++) {
      Appended appended = small.append(List.of(of(shot, i, newest[i] - 1)), some -> new BitSet());
      assertEquals(Outcome.STALE, appended.of(0), "device " + i + " of seed " + seed);
      appended = small.append(List.of(of(shot, i, NOON + 1000)), some -> new BitSet());
      assertEquals(Outcome.STORED, appended.of(0), "device " + i + " of seed " + seed);
    }
  }

  private static LogEntry of(LogEntry model, int device, long time) {
    var attributes = new java.util.HashMap<>(model.attributes());
    attributes.put("deviceId", "device-" + device);
    attributes.put("eventTime", time);
    return new LogEntry(time, attributes, model.body(), Optional.empty());
  }
}
