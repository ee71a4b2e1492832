package io.ensrelay.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.LogEntry;
import io.ensrelay.spool.log.Place;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A spool with the destinations {@code siem} and {@code hr.export}, which nobody reads. */
class SpoolViewTest {
  private static final Instant RECEIVED = Instant.ofEpochMilli(1_582_796_173_229L);

  @TempDir Path data;
  private Spool spool;
  private SpoolView view;

  @BeforeEach
  void open() throws Exception {
    spool = new Spool(data, Spool.Config.keepingAll("test"));
    view = new SpoolView(spool);
    for (String destination : List.of("siem", "hr.export")) {
      spool.attach(destination, 1, "", Begin.NOW).detach();
    }
  }

  @AfterEach
  void close() throws Exception {
    spool.close();
  }

  @Test
  void countsTheWaitingEventsOfEachDestinationAndKnowsTheOldest() throws Exception {
    store("a", "b");

    assertEquals(
        List.of(
            new SpoolView.Backlog("hr.export", 2, 0, Optional.of(RECEIVED), false),
            new SpoolView.Backlog("siem", 2, 0, Optional.of(RECEIVED), false)),
        view.backlogs());
  }

  @Test
  void countsAnEventForOneDestinationForThatOneOnly() throws Exception {
    store("a");
    spool.append(
        List.of(new LogEntry(0, Map.of("eventId", "b"), new byte[10], Optional.of("siem"))));

    assertEquals(1, backlog("hr.export"));
    assertEquals(2, backlog("siem"));
  }

  @Test
  void countsTheDeadLettersOfEachDestination() throws Exception {
    assertEquals(Map.of(), view.deadLetters());
    keep("siem");
    keep("siem");
    keep("intake");

    assertEquals(Map.of("intake", 1L, "siem", 2L), view.deadLetters());
  }

  @Test
  void forgetsADestinationThatNobodyReads() throws Exception {
    store("a");

    assertEquals(Optional.of(1L), view.forget("hr.export"));
    assertEquals(Optional.empty(), view.forget("hr.export"));
    assertEquals(
        List.of("siem"), view.backlogs().stream().map(SpoolView.Backlog::destination).toList());
  }

  @Test
  void doesNotForgetADestinationInUse() throws Exception {
    spool.attach("siem", 1, "", Begin.NOW);
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> view.forget("siem"));
    assertTrue(refused.getMessage().contains("siem is read by a route"), refused.getMessage());
    assertEquals(2, view.backlogs().size());
  }

  @Test
  void windsBackToATimeToAnEventAndToTheOldest() throws Exception {
    store("a", "b", "c");
    take("siem", 3);

    assertEquals(Optional.of(0L), view.rewind("siem", after(3), true));
    assertEquals(Optional.of(2L), view.rewind("siem", after(1), true));
    assertEquals(Optional.of(1L), view.rewind("siem", Place.of("c"), true));
    assertEquals(0, backlog("siem"), "only counted");
    assertEquals(Optional.of(3L), view.rewind("siem", Place.END, false));
    assertEquals(3, backlog("siem"));
    assertEquals(Optional.empty(), view.rewind("sime", Place.END, false));
    assertThrows(
        IllegalArgumentException.class, () -> view.rewind("siem", Place.of("no-such"), false));
  }

  @Test
  void skipsWaitingEvents() throws Exception {
    store("a", "b", "c");

    assertEquals(Optional.of(1L), view.skip("siem", after(1), true));
    assertEquals(Optional.of(1L), view.skip("siem", after(1), false));
    assertEquals(2, backlog("siem"));
    assertEquals(Optional.of(2L), view.skip("siem", Place.END, false));
    assertEquals(0, backlog("siem"));
    assertEquals(3, backlog("hr.export"));
  }

  @Test
  void pausesAlsoThroughARestart() throws Exception {
    assertTrue(view.pause("siem", true));
    assertFalse(view.pause("sime", true));
    spool.close();
    spool = new Spool(data, Spool.Config.keepingAll("test"));
    view = new SpoolView(spool);

    assertEquals(
        List.of(false, true), view.backlogs().stream().map(SpoolView.Backlog::paused).toList());
    store("a");
    Cursor cursor = spool.attach("siem", 1, "", Begin.NOW);
    assertEquals(Optional.empty(), cursor.take(0, 0));
    view.pause("siem", false);
    assertTrue(cursor.take(0, 0).isPresent());
  }

  private long backlog(String destination) throws Exception {
    return view.backlogs().stream()
        .filter(each -> each.destination().equals(destination))
        .findFirst()
        .orElseThrow()
        .events();
  }

  private static Place after(int seconds) {
    return Place.at(RECEIVED.plusSeconds(seconds));
  }

  /** Takes and confirms. */
  private void take(String destination, int events) throws Exception {
    Cursor cursor = spool.attach(destination, 1, "", Begin.NOW);
    for (int i = 0; i < events; i++) {
      cursor.confirm(0, cursor.take(0, 0).orElseThrow());
    }
    cursor.detach();
  }

  /** Events that were received a second after each other. */
  private void store(String... ids) throws Exception {
    long received = RECEIVED.toEpochMilli();
    for (String id : ids) {
      spool.append(
          List.of(new LogEntry(received, Map.of("eventId", id), new byte[10], Optional.empty())));
      received += 1000;
    }
  }

  private void keep(String destination) throws Exception {
    Optional<String> none = Optional.empty();
    spool
        .letters()
        .add(
            new NewDeadLetter(
                destination, 0, 1, "422", Map.of(), none, none, none, none, none, new byte[1]));
  }
}
