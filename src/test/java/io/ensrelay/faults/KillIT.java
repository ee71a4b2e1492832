package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
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
        atAnyPoint(scene, round);
        scene.relay.kill();
        startAgain(scene, round);
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
        atAnyPoint(scene, round);
        assertEquals(143, scene.relay.term());
        startAgain(scene, round);
      }
      scene.assertPerfect(scene.settle("SIGTERM", Scale.TERMS));
    }
  }

  /** In the even rounds while it works, in the odd ones perhaps before that. */
  private static void atAnyPoint(Scene scene, int round) throws Exception {
    if (round % 2 == 0) {
      scene.awaitMore(0);
    }
    TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(round % 2 == 0 ? 1500 : 4000));
  }

  private static void startAgain(Scene scene, int round) throws Exception {
    long start = System.nanoTime();
    scene.relay.start();
    if (round % 2 == 1) {
      scene.recoveredSince(start);
    }
  }
}
