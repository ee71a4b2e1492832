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
 * Whether a destination is stalled: at least one of its lanes can't deliver an event and tries it
 * again. One line in the log when that begins, one when it is over. Threads: safe.
 */
final class StallDetector {
  private static final Logger LOG = LoggerFactory.getLogger(StallDetector.class);

  private final String destination;
  private final Runnable retried;
  private final Clock clock;

  /** The threads of the lanes that try again; a route may do so on others. */
  private final Set<Thread> stalled = new HashSet<>();

  private Optional<Since> now = Optional.empty();

  /**
   * @param reason one line
   */
  record Since(Instant time, String reason) {}

  /**
   * @param retried called for each failed try that is followed by another
   */
  StallDetector(String destination, Runnable retried, Clock clock) {
    this.destination = destination;
    this.retried = retried;
    this.clock = clock;
  }

  /** Since when it is stalled, and by the last reason; empty: it is not. */
  synchronized Optional<Since> now() {
    return now;
  }

  /** A try of a lane failed and is followed by another. */
  synchronized void begin(Thread lane, String reason) {
    retried.run();
    if (stalled.add(lane) && stalled.size() == 1) {
      now = Optional.of(new Since(clock.instant(), reason));
      LOG.warn("{} is stalled, trying again: {}", destination, reason);
    } else {
      now = now.map(stalled -> new Since(stalled.time(), reason));
    }
  }

  /** The lane's event is delivered, or given back. */
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
