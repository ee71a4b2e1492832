package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The relay is ended at random points, also while it starts. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class KillIT {
  @TempDir Path dir;

  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#quick")
  void losesNothingWhenItIsKilled(Brokers kind) throws Exception {
    try (Scene scene = new Scene(kind, dir)) {
      scene.begin();
      for (int round = 0; round < Scale.KILLS; round++) {
        scene.atAnyPoint(round);
        scene.relay.kill();
        scene.startAgain(round);
      }
      scene.assertPerfect(scene.settle("kill -9", Scale.KILLS));
    }
  }

  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#quick")
  void losesAndRepeatsNothingWhenItIsTerminated(Brokers kind) throws Exception {
    try (Scene scene = new Scene(kind, dir)) {
      scene.begin();
      for (int round = 0; round < Scale.TERMS; round++) {
        scene.atAnyPoint(round);
        assertEquals(143, scene.relay.term());
        scene.startAgain(round);
      }
      scene.assertPerfect(scene.settle("SIGTERM", Scale.TERMS));
    }
  }
}
