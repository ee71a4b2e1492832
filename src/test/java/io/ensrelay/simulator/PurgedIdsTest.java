package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PurgedIdsTest {
  private static final long SPAN = 65_536L * 1024;

  private final PurgedIds ids = new PurgedIds();

  @Test
  void knowsWhatWasAdded() {
    ids.add(0);
    ids.add(65_535);
    ids.add(65_536);
    ids.add(1L << 40);

    assertTrue(ids.contains(0) && ids.contains(65_535) && ids.contains(65_536));
    assertTrue(ids.contains(1L << 40));
    assertFalse(ids.contains(1) || ids.contains(65_537) || ids.contains((1L << 40) + 1));
  }

  @Test
  void takesAllOfAnother() {
    PurgedIds others = new PurgedIds();
    ids.add(1);
    others.add(2);
    others.add(70_000);

    ids.takeAll(others);

    assertTrue(ids.contains(1) && ids.contains(2) && ids.contains(70_000));
    assertTrue(others.isEmpty());
    assertFalse(others.contains(2));
  }

  @Test
  void forgetsTheOldestWhenThereAreTooMany() {
    ids.add(5);
    for (long id = 65_536; id <= SPAN; id += 65_536) {
      ids.add(id);
    }

    assertFalse(ids.contains(5));
    assertTrue(ids.contains(65_536) && ids.contains(SPAN));
  }
}
