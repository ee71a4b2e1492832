package io.ensrelay.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ClientIdConflictTest {
  private final ClientIdConflict rivalry = new ClientIdConflict();

  @Test
  void seesARivalInEightShortConnectionsAndLeavesTheSessionForLongerEachTime() {
    for (int i = 0; i < 7; i++) {
      assertEquals(0, pauseAfterSeconds(1));
    }
    assertEquals(15, pauseAfterSeconds(9));
    assertEquals(30, pauseAfterSeconds(1));
    assertEquals(60, pauseAfterSeconds(1));
    for (int i = 0; i < 100; i++) {
      assertEquals(60, pauseAfterSeconds(1));
    }
  }

  @Test
  void doesNotTakeSingleClosesForARival() {
    for (int i = 0; i < 100; i++) {
      assertEquals(0, pauseAfterSeconds(i % 4 == 3 ? 10 : 1));
    }
  }

  @Test
  void startsCountingAgainAfterALongConnection() {
    for (int i = 0; i < 10; i++) {
      pauseAfterSeconds(1);
    }
    assertEquals(0, pauseAfterSeconds(60));
    assertEquals(0, pauseAfterSeconds(1));
  }

  @Test
  void isNewsAtTheThirdConflictInARow() {
    for (int i = 1; i <= 6; i++) {
      pauseAfterSeconds(1);
      assertEquals(i == 3, rivalry.isNews(), "after " + i);
    }
    pauseAfterSeconds(60);
    assertFalse(rivalry.isNews());
  }

  private long pauseAfterSeconds(long seconds) {
    long pause = rivalry.closedAfter(TimeUnit.SECONDS.toNanos(seconds));
    return TimeUnit.MILLISECONDS.toSeconds(pause);
  }
}
