package io.ensrelay.simulator;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the steps of a scenario at their times, on its own thread, until it is closed. */
public final class ScenarioPlayer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScenarioPlayer.class);

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(ScenarioPlayer::daemon);

  private ScenarioPlayer() {}

  /** Starts now. */
  public static ScenarioPlayer start(Scenario scenario, Simulator simulator) {
    ScenarioPlayer player = new ScenarioPlayer();
    long start = System.nanoTime();
    for (Step step : scenario.steps()) {
      long delay = start + step.at().toNanos() - System.nanoTime();
      player.thread.schedule(() -> take(step, simulator), delay, TimeUnit.NANOSECONDS);
    }
    return player;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private static void take(Step step, Simulator simulator) {
    try {
      step.action().on(simulator);
    } catch (RuntimeException e) {
      LOG.warn(
          "A step of the scenario, at {}, failed: {}", Durations.text(step.at()), e.getMessage());
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "ens-simulator-scenario");
    thread.setDaemon(true);
    return thread;
  }
}
