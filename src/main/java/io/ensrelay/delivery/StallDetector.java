package io.ensrelay.delivery;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects a stalled destination: at least one of its lanes can't deliver an event and retries it.
 * Logs a line when that begins and a line when it ends. Threads: safe.
 */
final class StallDetector {
  private static final Logger LOG = LoggerFactory.getLogger(StallDetector.class);

  private final String destination;
  private final Runnable retried;
  private final Clock clock;

  /** Threads of the lanes that retry; a route may retry on other threads. */
  private final Set<Thread> stalled = new HashSet<>();

  private Optional<Since> now = Optional.empty();

  /**
   * @param reason one line
   */
  record Since(Instant time, String reason) {}

  /**
   * @param retried called for each failed attempt that is retried
   */
  StallDetector(String destination, Runnable retried, Clock clock) {
    this.destination = destination;
    this.retried = retried;
    this.clock = clock;
  }

  /** Start of the stall and the last reason; empty: it is not stalled. */
  synchronized Optional<Since> now() {
    return now;
  }

  /** Reports a failed attempt of a lane, which is retried. */
  synchronized void begin(Thread lane, String reason) {
    retried.run();
    if (stalled.add(lane) && stalled.size() == 1) {
      now = Optional.of(new Since(clock.instant(), reason));
      LOG.warn("{} is stalled, trying again: {}", destination, reason);
    } else {
      now = now.map(stalled -> new Since(stalled.time(), reason));
    }
  }

  /** Reports that the lane's event is delivered or given back. */
  synchronized void end(Thread lane) {
    if (stalled.remove(lane) && stalled.isEmpty()) {
      LOG.info(
          "{} is no longer stalled, after {} s",
          destination,
          Duration.between(now.orElseThrow().time(), clock.instant()).toSeconds());
      now = Optional.empty();
    }
  }
}
