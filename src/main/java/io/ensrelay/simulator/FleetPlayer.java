package io.ensrelay.simulator;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays the fleets of the tenants at a steady rate on its own thread, with a compliance sweep from
 * time to time. On a machine too slow for the rate it plays as fast as it can, and catches up on
 * one second at most. A sweep runs at full speed. This class publishes all messages of a fleet, so
 * that they stay in the order in which they happened.
 */
final class FleetPlayer implements AutoCloseable {
  /** Publishes messages; returns once the broker has them. */
  interface Publisher {
    void publish(List<Publication> publications) throws Exception;
  }

  private static final Logger LOG = LoggerFactory.getLogger(FleetPlayer.class);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int LARGEST_BATCH = 500;
  private static final int SWEPT_AT_ONCE = 10_000;

  private final List<SimulatedTenant> tenants;
  private final Duration sweepEvery;
  private final Clock clock;
  private final Publisher publisher;
  private final Queue<Function<Instant, List<Publication>>> asked = new ConcurrentLinkedQueue<>();
  private final Thread thread = new Thread(this::play, "ens-simulator-fleet");
  private volatile boolean playing = true;
  private volatile double eventsPerSecond;
  private volatile boolean changed = true;
  private long start;
  private double played;
  private int turn;

  private FleetPlayer(
      List<SimulatedTenant> tenants,
      double eventsPerSecond,
      Duration sweepEvery,
      Clock clock,
      Publisher publisher) {
    this.tenants = tenants;
    this.eventsPerSecond = eventsPerSecond;
    this.sweepEvery = sweepEvery;
    this.clock = clock;
    this.publisher = publisher;
  }

  /** Starts to play; a rate of 0 sends nothing, a sweep time of zero means no sweeps. */
  static FleetPlayer start(
      List<SimulatedTenant> tenants,
      double eventsPerSecond,
      Duration sweepEvery,
      Clock clock,
      Publisher publisher) {
    FleetPlayer player = new FleetPlayer(tenants, eventsPerSecond, sweepEvery, clock, publisher);
    player.thread.setDaemon(true);
    player.thread.start();
    return player;
  }

  /** Changes the rate from now on. */
  void setRate(double newEventsPerSecond) {
    eventsPerSecond = newEventsPerSecond;
    changed = true;
    LockSupport.unpark(thread);
  }

  double rate() {
    return eventsPerSecond;
  }

  /** Schedules one sweep of all tenants for soon. */
  void sweep() {
    for (SimulatedTenant each : tenants) {
      Fleet fleet = each.fleet();
      int places = fleet.directory().taken();
      for (int from = 0; from < places; from += SWEPT_AT_ONCE) {
        int first = from;
        ask(each, now -> fleet.sweep(first, first + SWEPT_AT_ONCE, now));
      }
    }
  }

  /** Schedules an action on the fleet of a tenant for soon. */
  void ask(SimulatedTenant tenant, Function<Instant, List<FleetEvent>> what) {
    asked.add(now -> tenant.publications(what.apply(now)));
    LockSupport.unpark(thread);
  }

  /** Stops after the message in progress is published. */
  @Override
  public void close() throws InterruptedException {
    playing = false;
    LockSupport.unpark(thread);
    thread.join(TimeUnit.SECONDS.toMillis(30));
  }

  private void play() {
    try {
      long nextSweep = System.nanoTime() + sweepEvery.toNanos();
      while (playing) {
        boolean busy = playAsked() | playDue();
        if (!sweepEvery.isZero() && System.nanoTime() - nextSweep >= 0) {
          nextSweep += sweepEvery.toNanos();
          sweep();
        } else if (!busy) {
          LockSupport.parkNanos(rest());
        }
      }
    } catch (Exception e) {
      LOG.error("The simulated fleet has stopped: {}", e.getMessage(), e);
    }
  }

  /** Returns the nanoseconds until the next message is due; a request ends the wait early. */
  private long rest() {
    double rate = eventsPerSecond;
    double next = rate > 0 ? (played + 1) * SECOND / rate - (System.nanoTime() - start) : SECOND;
    return (long) Math.max(TICK, Math.min(next, SECOND));
  }

  private boolean playAsked() throws Exception {
    Function<Instant, List<Publication>> next = asked.poll();
    if (next == null) {
      return false;
    }
    List<Publication> publications = next.apply(clock.instant());
    if (!publications.isEmpty()) {
      publisher.publish(publications);
    }
    return true;
  }

  private boolean playDue() throws Exception {
    double rate = eventsPerSecond;
    double due = (System.nanoTime() - start) * rate / SECOND - played;
    if (changed || due > rate + LARGEST_BATCH) {
      changed = false;
      start = System.nanoTime();
      played = 0;
      return true;
    }
    if (due < 1) {
      return false;
    }
    int batch = (int) Math.min(due, LARGEST_BATCH);
    publisher.publish(Stream.generate(this::next).limit(batch).flatMap(List::stream).toList());
    played += batch;
    return true;
  }

  /** The tenants take turns. */
  private List<Publication> next() {
    SimulatedTenant tenant = tenants.get(turn);
    turn = (turn + 1) % tenants.size();
    return tenant.publications(List.of(tenant.fleet().next(clock.instant())));
  }
}
