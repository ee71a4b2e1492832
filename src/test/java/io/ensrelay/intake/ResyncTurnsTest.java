package io.ensrelay.intake;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ResyncTurnsTest {
  @Test
  void fourWorkAtATime() {
    ResyncTurns turns = new ResyncTurns();
    for (int i = 0; i < 4; i++) {
      assertTrue(turns.take());
    }
    assertFalse(turns.take());

    turns.end();

    assertTrue(turns.take());
  }
}
