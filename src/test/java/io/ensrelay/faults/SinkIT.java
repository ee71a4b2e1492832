package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The shipped sinks with receivers that fail, and with ends of the relay, while events come. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SinkIT {
  /** Those whose receiver recognizes an event that comes again by its id. */
  private static final Set<Sinks> ONCE = EnumSet.of(Sinks.ELASTIC, Sinks.SQL, Sinks.POSTGRES);

  /** Events a second in the short form: a busy machine is to be quick with it too. */
  private static final int LITTLE = 100;

  private static final int BAD = 3;

  @TempDir Path dir;

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("io.ensrelay.faults.Sinks#quick")
  void losesNothingThroughAnAbsenceABadEventAndAKill(Sinks sink) throws Exception {
    try (SinkScene scene = new SinkScene(sink, dir)) {
      scene.begin(LITTLE);
      scene.receiver.stop();
      scene.awaitState("stalled");
      scene.publishBad(1);
      startReceiver(scene);
      killAndStart(scene);
      assertOnce(sink, scene.settle("away, a bad event, kill -9", 1));
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("io.ensrelay.faults.Sinks#all")
  @LongForm
  void deliversWhatWaitedWhenTheReceiverIsBack(Sinks sink) throws Exception {
    try (SinkScene scene = new SinkScene(sink, dir)) {
      scene.begin(Scale.RATE);
      scene.receiver.stop();
      scene.awaitState("stalled");
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      startReceiver(scene);
      assertOnce(sink, scene.settle("receiver away, then back", 1));
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("io.ensrelay.faults.Sinks#all")
  @LongForm
  void losesNothingWhenTheReceiverIsRestarted(Sinks sink) throws Exception {
    try (SinkScene scene = new SinkScene(sink, dir)) {
      scene.begin(Scale.RATE);
      for (int round = 0; round < Scale.KILLS_OF_A_SINK; round++) {
        scene.awaitSome();
        scene.receiver.stop();
        startReceiver(scene);
      }
      assertOnce(sink, scene.settle("receiver restarted", Scale.KILLS_OF_A_SINK));
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("io.ensrelay.faults.Sinks#refusing")
  @LongForm
  void deliversWhatWaitedWhenTheReceiverNoLongerRefuses(Sinks sink) throws Exception {
    try (SinkScene scene = new SinkScene(sink, dir)) {
      scene.beginRefused(Scale.RATE);
      scene.awaitState("refused");
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      scene.receiver.accept();
      scene.recoveredSince(System.nanoTime());
      assertOnce(sink, scene.settle("receiver refuses all, then accepts", 1));
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("io.ensrelay.faults.Sinks#choosy")
  @LongForm
  void setsOnlyTheBadEventsAside(Sinks sink) throws Exception {
    try (SinkScene scene = new SinkScene(sink, dir)) {
      scene.begin(Scale.RATE);
      scene.publishBad(BAD);
      assertOnce(sink, scene.settle("bad events: " + BAD + " dead letters", 1));
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("io.ensrelay.faults.Sinks#all")
  @LongForm
  void losesNothingWhenTheRelayIsKilled(Sinks sink) throws Exception {
    try (SinkScene scene = new SinkScene(sink, dir)) {
      scene.begin(Scale.RATE);
      for (int round = 0; round < Scale.KILLS_OF_A_SINK; round++) {
        killAndStart(scene);
      }
      assertOnce(sink, scene.settle("kill -9 of the relay", Scale.KILLS_OF_A_SINK));
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("io.ensrelay.faults.Sinks#all")
  @LongForm
  void losesAndRepeatsNothingWhenTheRelayIsTerminated(Sinks sink) throws Exception {
    try (SinkScene scene = new SinkScene(sink, dir)) {
      scene.begin(Scale.RATE);
      for (int round = 0; round < Scale.KILLS_OF_A_SINK; round++) {
        scene.awaitSome();
        assertEquals(143, scene.relay.term());
        startRelay(scene);
      }
      Account.Result result = scene.settle("SIGTERM of the relay", Scale.KILLS_OF_A_SINK);
      assertEquals(0, result.twice(), "twice");
    }
  }

  private static void startReceiver(SinkScene scene) throws Exception {
    scene.receiver.start();
    scene.recoveredSince(System.nanoTime());
  }

  private static void killAndStart(SinkScene scene) throws Exception {
    scene.awaitSome();
    scene.relay.kill();
    startRelay(scene);
  }

  private static void startRelay(SinkScene scene) throws Exception {
    long start = System.nanoTime();
    scene.relay.start();
    scene.recoveredSince(start);
  }

  private static void assertOnce(Sinks sink, Account.Result result) {
    if (ONCE.contains(sink)) {
      assertEquals(0, result.twice(), "twice");
    }
  }
}
