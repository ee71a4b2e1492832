package io.ensrelay.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often calls may go out. */
class CallPaceTest {
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  @ParameterizedTest
  @ValueSource(ints = {1, 60, 600})
  void noMinuteHasMoreCallsThanTheBudgetHoweverManyAreWanted(int perMinute) {
    CallPace pace = new CallPace(perMinute);
    List<Long> begins = new ArrayList<>();
    long now = 0;
    while (now < 5 * MINUTE) {
      now += Math.max(0, pace.left(now));
      pace.begin(now);
      begins.add(now);
    }

    for (long begin : begins) {
      long within = begins.stream().filter(each -> each >= begin && each < begin + MINUTE).count();
      assertTrue(within <= perMinute, within + " calls");
    }
    assertTrue(begins.size() >= 5 * perMinute);
  }

  @Test
  void theFirstCallDoesNotWait() {
    CallPace pace = new CallPace(1);
    assertEquals(0, pace.left(77));
    assertEquals(0, pace.used(77));
    pace.begin(77);
    assertEquals(1, pace.used(78));
    assertEquals(MINUTE, pace.left(77));
  }
}
