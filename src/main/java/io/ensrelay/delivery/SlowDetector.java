package io.ensrelay.delivery;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a destination is slow: one try to deliver an event is under way for 30 s. One line in the
 * log when that begins, one when it is over. Threads: safe.
 */
final class SlowDetector {
  private static final Logger LOG = LoggerFactory.getLogger(SlowDetector.class);
  private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final String destination;
  private final Clock clock;
  private Optional<Instant> since = Optional.empty();

  SlowDetector(String destination, Clock clock) {
    this.destination = destination;
    this.clock = clock;
  }

  /** When the slow try began; empty: none is slow. */
  synchronized Optional<Instant> since() {
    return since;
  }

  /**
   * To be called every second or so.
   *
   * @param now as of {@link System#nanoTime()}
   */
  synchronized void look(Collection<Delivery> underWay, long now) {
    long longest =
        underWay.stream().mapToLong(delivery -> delivery.nanosAtWork(now)).max().orElse(0);
    Duration lasts = Duration.ofNanos(longest);
    if (longest >= SLOW_NANOS && since.isEmpty()) {
      since = Optional.of(clock.instant().minus(lasts));
      LOG.warn(
          "{} is slow: a delivery is under way for {} s and has not ended",
          destination,
          lasts.toSeconds());
    } else if (longest < SLOW_NANOS && since.isPresent()) {
      LOG.info(
          "{} is no longer slow, after {} s",
          destination,
          Duration.between(since.get(), clock.instant()).toSeconds());
      since = Optional.empty();
    }
  }
}
