package io.ensrelay.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.ensrelay.base.FailureReason;
import io.ensrelay.service.RecordedLog;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlowDetectorTest {
  private final RecordedLog log = new RecordedLog();
  private final SlowDetector slow = new SlowDetector("siem", Clock.systemUTC());
  private final Delivery quick = delivery();
  private final Delivery hangs = delivery();

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void isSlowOnceOneOfItsDeliveriesIsUnderWayFor30Seconds() {
    slow.look(List.of(quick, hangs), after(29), false);
    assertEquals(Optional.empty(), slow.since());

    slow.look(List.of(hangs), after(31), false);
    slow.look(List.of(hangs), after(32), false);

    assertTrue(slow.since().isPresent());
    assertEquals(1, log.lines(Level.WARN).size(), "said once");
    assertTrue(log.lines(Level.WARN).get(0).contains("siem is slow"));
  }

  @Test
  void isNoLongerSlowWhenThatHasEnded() {
    slow.look(List.of(hangs), after(31), false);
    hangs.end();
    slow.look(List.of(hangs), after(33), false);

    assertEquals(Optional.empty(), slow.since());
    assertTrue(
        log.lines(Level.INFO).stream().anyMatch(line -> line.contains("siem is no longer slow")));
  }

  @Test
  void saysNothingOfTriesThatHangWhileTheLogSaysStalled() {
    slow.look(List.of(hangs), after(31), true);
    assertTrue(slow.since().isPresent());
    slow.look(List.of(), after(33), true);

    assertEquals(List.of(), log.lines(Level.WARN));
    assertEquals(List.of(), log.lines(Level.INFO));
  }

  @Test
  void isNotSlowInAPauseBeforeAnotherTry() {
    hangs.stepFailed("step");
    slow.look(List.of(hangs), after(31), false);

    assertEquals(Optional.empty(), slow.since());
  }

  @Test
  void countsTheTimeOfTheNextTryAnew() {
    hangs.stepFailed("step");
    hangs.stepBegins("step");
    long now = System.nanoTime();

    slow.look(List.of(hangs), now + TimeUnit.SECONDS.toNanos(29), false);
    assertEquals(Optional.empty(), slow.since());
    assertEquals(2, hangs.tries());
  }

  @Test
  void saysStalledOfWhatIsBoth() {
    Optional<Instant> since = Optional.of(Instant.EPOCH);
    assertEquals(DestinationStatus.State.STALLED, status(since, since).state());
    assertEquals(DestinationStatus.State.SLOW, status(Optional.empty(), since).state());
    assertEquals(since, status(Optional.empty(), since).since());
    assertEquals(DestinationStatus.State.OK, status(Optional.empty(), Optional.empty()).state());
  }

  private static DestinationStatus status(Optional<Instant> stalled, Optional<Instant> slow) {
    return new DestinationStatus(
        "siem",
        1,
        false,
        stalled.map(
            since ->
                new DestinationStatus.Stall(
                    since,
                    false,
                    FailureReason.of(new IOException("away")),
                    Optional.empty(),
                    1,
                    since)),
        slow,
        Optional.empty(),
        0,
        0,
        Optional.empty());
  }

  private static long after(long seconds) {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  private static Delivery delivery() {
    StoredEvent event = new StoredEvent(0, 0, 0, Map.of(), new byte[0], Optional.empty(), false);
    return new Delivery(new TestReports("siem"), event, new Batch(), 0, Delivery.NO_MARK);
  }
}
