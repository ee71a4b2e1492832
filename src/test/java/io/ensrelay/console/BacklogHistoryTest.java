package io.ensrelay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ensrelay.spool.SpoolView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BacklogHistoryTest {
  private static final Instant BEGIN = Instant.parse("2026-11-28T08:00:00Z");

  private final BacklogHistory history = new BacklogHistory();

  private void add(int second, long waiting, long delivered) {
    SpoolView.Backlog backlog = new SpoolView.Backlog("siem", waiting, 1, Optional.empty(), false);
    history.add(BEGIN.plusSeconds(second), List.of(backlog), Map.of("siem", delivered));
  }

  @Test
  void keepsTheMostOfEachMinuteForAnHour() {
    add(0, 1, 0);
    add(20, 9, 0);
    add(40, 2, 0);
    add(60, 4, 0);
    assertEquals(List.of(9L, 4L), history.lastHour().get("siem"));

    add(4 * 60, 7, 0);
    assertEquals(List.of(9L, 4L, 4L, 4L, 7L), history.lastHour().get("siem"));

    for (int minute = 5; minute < 200; minute++) {
      add(minute * 60, minute, 0);
    }
    assertEquals(60, history.lastHour().get("siem").size());
    assertEquals(199, history.lastHour().get("siem").get(59));
  }

  @Test
  void knowsRateAndTimeToDrainOnceThereAreTwoSamples() {
    add(0, 100, 0);
    assertEquals(BacklogHistory.Pace.UNKNOWN, history.pace("siem"));

    add(10, 50, 70);
    assertEquals(new BacklogHistory.Pace(Optional.of(7.0), Optional.of(10L)), history.pace("siem"));

    add(12, 200, 80);
    assertEquals(Optional.empty(), history.pace("siem").drainSeconds());
    add(30, 0, 280);
    add(32, 0, 280);
    assertEquals(new BacklogHistory.Pace(Optional.of(0.0), Optional.empty()), history.pace("siem"));
  }

  @Test
  void forgetsADestinationThatIsGone() {
    add(0, 1, 0);
    history.add(BEGIN.plusSeconds(2), List.of(), Map.of());

    assertEquals(Map.of(), history.lastHour());
    assertEquals(BacklogHistory.Pace.UNKNOWN, history.pace("siem"));
  }
}
