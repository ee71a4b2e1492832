package io.ensrelay.faults;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two relays on one Kafka cluster, one of which, or of its brokers, fails in every way. */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class ScalingIT {
  @TempDir Path dir;

  @Test
  void losesNothingWhenTheMachineOfTheIntakeIsKilled() throws Exception {
    try (ScalingScene scene = new ScalingScene(dir, Scale.KAFKA_BROKERS)) {
      scene.begin(Scale.RATE_OF_SEVERAL);
      for (int round = 0; round < Scale.TAKEOVERS; round++) {
        RelayProcess holder = scene.holder();
        long since = System.nanoTime();
        holder.kill();
        scene.awaitIntake(scene.other(holder));
        scene.recoveredSince(since);
        if (Scale.LONG) {
          startAgain(scene, holder);
        }
      }
      scene.settle("kill -9 of the machine with the intake", Scale.TAKEOVERS);
    }
  }

  @Test
  @LongForm
  void losesNothingWhenAMachineWithoutIntakeIsKilled() throws Exception {
    try (ScalingScene scene = new ScalingScene(dir, Scale.KAFKA_BROKERS)) {
      scene.begin(Scale.RATE_OF_SEVERAL);
      for (int round = 0; round < Scale.TAKEOVERS; round++) {
        RelayProcess other = scene.other(scene.holder());
        long since = System.nanoTime();
        other.kill();
        scene.recoveredSince(since);
        startAgain(scene, other);
      }
      scene.settle("kill -9 of the other machine", Scale.TAKEOVERS);
    }
  }

  @Test
  @LongForm
  void handsTheIntakeOverAtOnceWhenItsMachineStops() throws Exception {
    try (ScalingScene scene = new ScalingScene(dir, Scale.KAFKA_BROKERS)) {
      scene.begin(Scale.RATE_OF_SEVERAL);
      for (int round = 0; round < Scale.TAKEOVERS; round++) {
        RelayProcess holder = scene.holder();
        long since = System.nanoTime();
        holder.term();
        scene.awaitIntake(scene.other(holder));
        scene.recoveredSince(since);
        startAgain(scene, holder);
      }
      scene.settle("SIGTERM of the machine with the intake", Scale.TAKEOVERS);
    }
  }

  @Test
  @LongForm
  void losesNothingWhenABrokerIsKilled() throws Exception {
    try (ScalingScene scene = new ScalingScene(dir, Scale.KAFKA_BROKERS)) {
      scene.begin(Scale.RATE_OF_SEVERAL);
      for (int i = 0; i < scene.kafka.size(); i++) {
        long since = System.nanoTime();
        scene.kafka.broker(i).kill();
        scene.recoveredSince(since);
        scene.kafka.broker(i).start();
        scene.awaitSome();
        TimeUnit.SECONDS.sleep(5);
      }
      scene.settle("kill -9 of a Kafka broker", scene.kafka.size());
    }
  }

  @Test
  @LongForm
  void aFrozenMachineFindsItselfReplaced() throws Exception {
    try (ScalingScene scene = new ScalingScene(dir, Scale.KAFKA_BROKERS)) {
      scene.begin(Scale.RATE_OF_SEVERAL);
      RelayProcess holder = scene.holder();
      long since = System.nanoTime();
      holder.signal("STOP");
      scene.awaitIntake(scene.other(holder));
      scene.recoveredSince(since);
      TimeUnit.NANOSECONDS.sleep(since + TimeUnit.SECONDS.toNanos(60) - System.nanoTime());
      holder.signal("CONT");
      holder.awaitLog("This machine no longer takes the events");
      scene.awaitSome();
      scene.settle("SIGSTOP for a minute of the machine with the intake", 1);
    }
  }

  @Test
  @LongForm
  void losesNothingWhenTheMachineOfTheIntakeIsCutOffFromKafka() throws Exception {
    try (ScalingScene scene = new ScalingScene(dir, Scale.KAFKA_BROKERS)) {
      scene.begin(Scale.RATE_OF_SEVERAL);
      RelayProcess cut = scene.relays.get(0);
      scene.makeHolder(cut);
      long since = System.nanoTime();
      scene.kafka.cut();
      scene.awaitIntake(scene.relays.get(1));
      scene.recoveredSince(since);
      cut.awaitLog("This machine no longer takes the events");
      scene.kafka.mend();
      scene.awaitSome();
      scene.settle("cut between the machine with the intake and Kafka", 1);
    }
  }

  private static void startAgain(ScalingScene scene, RelayProcess relay) throws Exception {
    relay.start();
    relay.awaitLog("Started with these routes");
    scene.awaitSome();
  }
}
