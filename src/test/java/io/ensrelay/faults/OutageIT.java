package io.ensrelay.faults;

import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The path is there but silent or slow, the broker restarts, the REST side is away. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class OutageIT {
  @TempDir Path dir;

  /** The relay has to find out by itself: its keep-alive is 5 s here. */
  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#one")
  void findsOutThatThePathIsHalfOpen(Brokers kind) throws Exception {
    int times = Math.max(1, Scale.CUTS / 4);
    try (Scene scene = new Scene(kind, dir)) {
      scene.begin();
      for (int round = 0; round < times; round++) {
        scene.link.swallow();
        scene.relay.awaitLog("connection lost");
        scene.link.mend();
        scene.recovered();
      }
      scene.assertPerfect(scene.settle("half-open: packets swallowed", times));
    }
  }

  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#one")
  void keepsUpOnceASlowPathIsQuickAgain(Brokers kind) throws Exception {
    try (Scene scene = new Scene(kind, dir)) {
      scene.begin();
      scene.link.slow(20_000);
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      scene.link.mend();
      scene.recovered();
      scene.assertPerfect(scene.settle("slow path, 20 kB/s", 1));
    }
  }

  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#one")
  void losesNothingWhenTheBrokerIsRestarted(Brokers kind) throws Exception {
    try (Scene scene = new Scene(kind, dir)) {
      scene.begin();
      for (int round = 0; round < Scale.RESTARTS; round++) {
        scene.broker.stop();
        TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(1500));
        scene.broker.start();
        scene.recovered();
      }
      scene.assertPerfect(scene.settle("broker restarted", Scale.RESTARTS));
    }
  }

  @Test
  void doesWithoutTheRestSideOnceItHasItsAnswer() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir)) {
      scene.begin();
      scene.metadata.close();
      scene.relay.kill();
      long start = System.nanoTime();
      scene.relay.start();
      scene.recoveredSince(start);
      scene.link.cut();
      scene.link.mend();
      scene.recovered();
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      scene.assertPerfect(scene.settle("REST side down for the whole run, kill -9, cut", 1));
    }
  }
}
