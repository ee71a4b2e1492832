package io.ensrelay.simulator;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays a fleet at a steady rate on a thread of its own. When the machine is too slow for the rate,
 * it plays as fast as it can and does not try to make up for more than a second.
 */
final class FleetPlayer implements AutoCloseable {
  /** Takes messages and returns when the broker has them. */
  interface Publisher {
    void publish(List<FleetEvent> events) throws Exception;
  }

  private static final Logger LOG = LoggerFactory.getLogger(FleetPlayer.class);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int LARGEST_BATCH = 500;

  private final Fleet fleet;
  private final double eventsPerSecond;
  private final Clock clock;
  private final Publisher publisher;
  private final Thread thread = new Thread(this::play, "ens-simulator-fleet");
  private volatile boolean playing = true;

  private FleetPlayer(Fleet fleet, double eventsPerSecond, Clock clock, Publisher publisher) {
    this.fleet = fleet;
    this.eventsPerSecond = eventsPerSecond;
    this.clock = clock;
    this.publisher = publisher;
  }

  /** Starts to play; a rate of 0 is silence. */
  static FleetPlayer start(Fleet fleet, double eventsPerSecond, Clock clock, Publisher publisher) {
    FleetPlayer player = new FleetPlayer(fleet, eventsPerSecond, clock, publisher);
    player.thread.setDaemon(true);
    if (eventsPerSecond > 0) {
      player.thread.start();
    }
    return player;
  }

  /** Stops when the message under way is published. */
  @Override
  public void close() throws InterruptedException {
    playing = false;
    LockSupport.unpark(thread);
    thread.join(TimeUnit.SECONDS.toMillis(30));
  }

  private void play() {
    try {
      long start = System.nanoTime();
      double played = 0;
      while (playing) {
        double due = (System.nanoTime() - start) * eventsPerSecond / SECOND - played;
        if (due > eventsPerSecond + LARGEST_BATCH) {
          start = System.nanoTime();
          played = 0;
        } else if (due >= 1) {
          int batch = (int) Math.min(due, LARGEST_BATCH);
          publisher.publish(
              Stream.generate(() -> fleet.next(clock.instant())).limit(batch).toList());
          played += batch;
        } else {
          LockSupport.parkNanos(Math.max(TICK, (long) ((1 - due) * SECOND / eventsPerSecond)));
        }
      }
    } catch (Exception e) {
      LOG.error("The simulated fleet has stopped: {}", e.getMessage(), e);
    }
  }
}
