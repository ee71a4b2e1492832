package io.ensrelay.faults;

import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The path to the broker is cut, at any point of a packet too. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PathIT {
  @TempDir Path dir;

  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#oneAndTheSlow")
  void losesNothingWhenThePathIsCut(Brokers kind) throws Exception {
    try (Scene scene = new Scene(kind, dir)) {
      scene.begin();
      for (int round = 0; round < Scale.CUTS; round++) {
        scene.link.cut();
        TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(1500));
        scene.link.mend();
        scene.recovered();
      }
      scene.assertPerfect(scene.settle("connection cut", Scale.CUTS));
    }
  }

  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#one")
  void losesNothingWhenAPacketIsCut(Brokers kind) throws Exception {
    try (Scene scene = new Scene(kind, dir)) {
      scene.begin();
      for (int round = 0; round < Scale.CUTS; round++) {
        scene.link.cutAfter(ThreadLocalRandom.current().nextLong(1, 60_000));
        Awaitility.await("the cut").atMost(Scale.PATIENCE).until(scene.link::isCut);
        scene.link.mend();
        scene.recovered();
      }
      scene.assertPerfect(scene.settle("cut in the middle of a packet", Scale.CUTS));
    }
  }
}
