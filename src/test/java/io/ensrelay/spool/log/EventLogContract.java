package io.ensrelay.spool.log;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every event log promises, on disk and on Kafka. */
public abstract class EventLogContract extends EventLogScene {
  private EventLog log;

  /** Opens the log of this test, also again. */
  protected abstract EventLog open(LogOptions options) throws Exception;

  private EventLog opened() throws Exception {
    if (log == null) {
      log = open(logs.options());
    }
    return log;
  }

  private EventLog reopened() throws Exception {
    close();
    return opened();
  }

  @AfterEach
  void close() throws Exception {
    if (log != null) {
      log.close();
      log = null;
    }
  }

  private BitSet append(int from, int to) throws Exception {
    return append(from, to, "a");
  }

  private BitSet append(int from, int to, String type) throws Exception {
    return opened().append(entries(from, to, type));
  }

  @Test
  protected void deliversEachEventOnceUnchangedAndInOrderPerDevice() throws Exception {
    Cursor cursor = opened().attach("siem", 3, "", Begin.NOW);
    assertTrue(append(0, 60).isEmpty());
    append(60, 100);
    List<StoredEvent> events = delivered(cursor, 100);
    assertEquals(ids(0, 100), ids(events));
    assertInOrderPerDevice(events);
    for (StoredEvent event : events) {
      LogEntry sent = entry((int) number(event), "d" + number(event) % 7, "a");
      assertEquals(sent.attributes(), event.attributes());
      assertEquals(new String(sent.body()), new String(event.body()));
      assertEquals(sent.received(), event.received());
      assertFalse(event.replay());
    }
    assertNothingMore(cursor);
    await().atMost(SOON).until(() -> cursor.backlog() == 0);
  }

  @Test
  protected void dropsDuplicatesAlsoAfterARestart() throws Exception {
    Cursor cursor = opened().attach("siem", 1, "", Begin.NOW);
    append(0, 10);
    assertEquals(5, append(5, 15).cardinality());
    delivered(cursor, 15);
    EventLog again = reopened();
    assertEquals(15, append(0, 15).cardinality());
    assertEquals(0, append(15, 16).cardinality());
    Cursor after = again.attach("siem", 1, "", Begin.NOW);
    assertEquals(ids(15, 16), ids(delivered(after, 1)));
    assertNothingMore(after);
  }

  @Test
  protected void aRestartRepeatsOnlyUnconfirmedEvents() throws Exception {
    Cursor cursor = opened().attach("siem", 4, "", Begin.NOW);
    append(0, 100);
    List<StoredEvent> held = new ArrayList<>();
    List<StoredEvent> done = new ArrayList<>();
    long until = System.nanoTime() + SOON.toNanos();
    while (held.size() + done.size() < 100 && System.nanoTime() < until) {
      for (int lane = 0; lane < 4; lane++) {
        Optional<Cursor.Taken> taken = cursor.take(lane, 1);
        // lane 0 confirms nothing
        if (taken.isPresent() && lane == 0) {
          held.add(taken.get().event());
        } else if (taken.isPresent()) {
          done.add(taken.get().event());
          cursor.confirm(lane, taken.get());
        }
      }
    }
    assertTrue(held.size() > 1 && done.size() > 1, () -> held + " and " + done);
    Cursor again = reopened().attach("siem", 4, "", Begin.NOW);
    assertEquals(ids(held), ids(delivered(again, held.size())));
    assertNothingMore(again);
  }

  @Test
  protected void givesTheSameEventsAgainInOrder() throws Exception {
    Cursor cursor = opened().attach("siem", 1, "", Begin.NOW);
    append(0, 20);
    List<StoredEvent> first = new ArrayList<>();
    Cursor.Taken last = null;
    while (first.size() < 5) {
      Optional<Cursor.Taken> taken = cursor.take(0, SOON.toMillis());
      first.add(taken.orElseThrow().event());
      last = taken.get();
    }
    cursor.giveBack(0, last);
    List<StoredEvent> second = delivered(cursor, 20);
    assertEquals(ids(0, 20), ids(second));
    assertEquals(ids(first), ids(second.subList(0, 5)));
    assertInOrderPerDevice(second);
  }

  @Test
  protected void aStuckLaneHoldsOnlyItself() throws Exception {
    Cursor cursor = opened().attach("siem", 4, "", Begin.NOW);
    append(0, 1000);
    int stuck = StoredEvent.lane(entry(0, "d0", "a").key(), 4);
    Optional<Cursor.Taken> first = cursor.take(stuck, SOON.toMillis());
    assertTrue(first.isPresent());
    int others = 0;
    for (int i = 0; i < 1000; i++) {
      others += StoredEvent.lane(entry(i, "d" + i % 7, "a").key(), 4) == stuck ? 0 : 1;
    }
    List<StoredEvent> events = new ArrayList<>();
    long until = System.nanoTime() + SOON.toNanos();
    while (events.size() < others && System.nanoTime() < until) {
      for (int lane = 0; lane < 4; lane++) {
        Optional<Cursor.Taken> taken = lane == stuck ? Optional.empty() : cursor.take(lane, 1);
        if (taken.isPresent()) {
          events.add(taken.get().event());
          cursor.confirm(lane, taken.get());
        }
      }
    }
    assertEquals(others, events.size());
    await().atMost(SOON).until(() -> cursor.backlog() == 1000 - events.size());
  }

  @Test
  protected void aNewDestinationBeginsWhereItWants() throws Exception {
    append(0, 10);
    Cursor now = opened().attach("now", 1, "", Begin.NOW);
    Cursor earliest = opened().attach("earliest", 1, "", Begin.EARLIEST);
    Instant clock = Instant.ofEpochMilli(logs.millis.get());
    logs.millis.set(System.currentTimeMillis());
    Cursor age =
        opened()
            .attach(
                "age",
                1,
                "",
                Begin.ago(Duration.ofMillis(System.currentTimeMillis() - (BASE + 4_500))));
    append(10, 12);
    assertEquals(ids(0, 12), ids(delivered(earliest, 12)));
    assertEquals(ids(10, 12), ids(delivered(now, 2)));
    assertEquals(ids(5, 12), ids(delivered(age, 7)));
    assertNothingMore(now);
    assertNothingMore(age);
    logs.millis.set(clock.toEpochMilli());
  }

  @Test
  protected void keepsEventsForADestinationThatOnlyOthersRead() throws Exception {
    opened().expect("later", Begin.NOW);
    append(0, 5);
    Cursor cursor = opened().attach("later", 1, "", Begin.NOW);
    assertEquals(ids(0, 5), ids(delivered(cursor, 5)));
  }

  @Test
  protected void deliversWhatADestinationSelects() throws Exception {
    Cursor cursor = opened().attach("siem", 2, "b", Begin.NOW);
    append(0, 10);
    append(10, 20, "b");
    assertEquals(ids(10, 20), ids(delivered(cursor, 10)));
    await().atMost(SOON).until(() -> cursor.backlog() == 0);
    assertEquals("b", cursor.selector());
    assertThrows(IllegalArgumentException.class, () -> opened().attach("bad", 1, "?", Begin.NOW));
    assertThrows(IllegalStateException.class, () -> opened().attach("siem", 1, "b", Begin.NOW));
  }

  @Test
  protected void showsTheNextEventsOfTheLanesWithoutTakingThem() throws Exception {
    Cursor cursor = opened().attach("siem", 2, "b", Begin.NOW);
    append(0, 10);
    append(10, 30, "b");
    int lane = StoredEvent.lane(entry(10, "d3", "b").key(), 2);
    Cursor.Taken inFlight = cursor.take(lane, SOON.toMillis()).orElseThrow();

    await().atMost(SOON).until(() -> cursor.ahead(100).size() == 19);

    List<StoredEvent> ahead = cursor.ahead(100);
    assertInOrderPerDevice(ahead);
    Set<String> rest = ids(10, 30);
    rest.remove(id(inFlight));
    assertEquals(rest, ids(ahead));
    cursor.confirm(lane, inFlight);
    assertEquals(rest, ids(delivered(cursor, 19)));
    assertEquals(List.of(), cursor.ahead(100));
    append(30, 40, "b");
    cursor.pause(true);
    assertEquals(List.of(), cursor.ahead(100));
  }

  @Test
  protected void aReplayedLetterReachesItsDestinationOnlyAndTwiceIfNeedBe() throws Exception {
    Cursor siem = opened().attach("siem", 1, "b", Begin.NOW);
    Cursor other = opened().attach("other", 1, "", Begin.NOW);
    append(0, 1, "b");
    assertEquals(1, delivered(siem, 1).size());
    LogEntry letter = entry(0, "d0", "a");
    opened()
        .append(
            List.of(
                new LogEntry(
                    letter.received(), letter.attributes(), letter.body(), Optional.of("siem"))));
    StoredEvent again = delivered(siem, 1).get(0);
    assertEquals("e0", again.attributes().get("eventId"));
    assertEquals(ids(0, 1), ids(delivered(other, 1)));
    assertNothingMore(other);
  }

  @Test
  protected void aPauseKeepsEventsAlsoThroughARestart() throws Exception {
    Cursor cursor = opened().attach("siem", 1, "", Begin.NOW);
    append(0, 3);
    delivered(cursor, 3);
    cursor.pause(true);
    append(3, 6);
    assertNothingMore(cursor);
    Cursor again = reopened().attach("siem", 1, "", Begin.NOW);
    await().atMost(SOON).until(again::isPaused);
    assertNothingMore(again);
    await().atMost(SOON).until(() -> again.backlog() == 3);
    again.pause(false);
    assertEquals(ids(3, 6), ids(delivered(again, 3)));
    assertFalse(again.isPaused());
  }

  @Test
  protected void deliversAgainAfterARewindAndMarksIt() throws Exception {
    Cursor cursor = opened().attach("siem", 2, "", Begin.NOW);
    append(0, 10);
    delivered(cursor, 10);
    append(10, 12);
    Place fifth = Place.at(Instant.ofEpochMilli(BASE + 5_000));
    assertEquals(5, cursor.rewind(fifth, true));
    assertEquals(5, cursor.rewind(fifth, false));
    List<StoredEvent> again = delivered(cursor, 7);
    assertEquals(ids(5, 12), ids(again));
    assertInOrderPerDevice(again);
    for (StoredEvent event : again) {
      assertEquals(number(event) < 10, event.replay(), () -> "mark of " + event);
    }
    assertEquals(12, cursor.rewind(Place.END, false));
    assertEquals(ids(0, 12), ids(delivered(cursor, 12)));
    Place of = Place.of("e11");
    assertTrue(cursor.rewind(of, false) >= 1);
    assertTrue(ids(delivered(cursor, 1)).contains("e11"));
    assertThrows(IllegalArgumentException.class, () -> cursor.rewind(Place.of("no-such"), false));
  }

  @Test
  protected void skipsWaitingEvents() throws Exception {
    Cursor cursor = opened().attach("siem", 2, "", Begin.NOW);
    cursor.pause(true);
    append(0, 10);
    Place fourth = Place.at(Instant.ofEpochMilli(BASE + 4_000));
    assertEquals(4, cursor.skip(fourth, true));
    assertEquals(4, cursor.skip(fourth, false));
    cursor.pause(false);
    assertEquals(ids(4, 10), ids(delivered(cursor, 6)));
    cursor.pause(true);
    append(10, 20);
    assertEquals(10, cursor.skip(Place.END, false));
    cursor.pause(false);
    append(20, 21);
    assertEquals(ids(20, 21), ids(delivered(cursor, 1)));
  }

  @Test
  protected void aMoveWorksWhileNoRouteReadsTheDestination() throws Exception {
    Cursor cursor = opened().attach("siem", 2, "", Begin.NOW);
    append(0, 10);
    delivered(cursor, 10);
    EventLog again = reopened();
    Cursor unread = again.destination("siem").orElseThrow();
    assertFalse(unread.isAttached());
    assertEquals(0, unread.backlog());
    assertEquals(10, unread.rewind(Place.END, false));
    assertEquals(10, unread.backlog());
    assertEquals(Optional.of(Instant.ofEpochMilli(BASE)), unread.oldest());
    assertEquals(3, unread.skip(Place.at(Instant.ofEpochMilli(BASE + 3_000)), false));
    assertEquals(7, unread.backlog());
    Cursor now = again.attach("siem", 2, "", Begin.NOW);
    List<StoredEvent> events = delivered(now, 7);
    assertEquals(ids(3, 10), ids(events));
    assertTrue(events.stream().allMatch(StoredEvent::replay));
    assertNothingMore(now);
  }

  @Test
  protected void aForgottenDestinationBeginsAnew() throws Exception {
    Cursor cursor = opened().attach("siem", 1, "", Begin.NOW);
    append(0, 5);
    assertEquals(2, delivered(cursor, 2).size());
    assertThrows(IllegalStateException.class, () -> opened().forget("siem"));
    cursor.detach();
    assertEquals(3, opened().forget("siem"));
    assertEquals(Optional.empty(), opened().destination("siem").map(Cursor::destination));
    assertEquals(List.of(), names(opened()));
    Cursor anew = opened().attach("siem", 1, "", Begin.NOW);
    append(5, 6);
    assertEquals(ids(5, 6), ids(delivered(anew, 1)));
    assertEquals(List.of("siem"), names(opened()));
  }

  private static List<String> names(EventLog log) throws IOException {
    return log.destinations().stream().map(Cursor::destination).toList();
  }

  @Test
  protected void showsTheWaitingEventsAndTheNewest() throws Exception {
    Cursor cursor = opened().attach("siem", 1, "", Begin.NOW);
    append(0, 4);
    await().atMost(SOON).until(() -> cursor.backlog() == 4);
    assertEquals(Optional.of(Instant.ofEpochMilli(BASE)), cursor.oldest());
    assertEquals("e3", cursor.newest(100).orElseThrow().attributes().get("eventId"));
    assertEquals(EventLog.State.RUNNING, opened().state());
    assertEquals(Optional.empty(), opened().problem());
    assertEquals(0, opened().damaged());
  }
}
