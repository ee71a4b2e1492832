package io.ensrelay.delivery;

import io.ensrelay.base.TimeSpan;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects a slow destination: one delivery attempt has lasted 30 s or longer. Logs a line when that
 * begins and a line when it ends. Threads: safe.
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

  /** Start of the slow attempt; empty: there is none. */
  synchronized Optional<Instant> since() {
    return since;
  }

  /**
   * Checks the deliveries; called about once a second.
   *
   * @param now the present {@link System#nanoTime()}
   */
  synchronized void look(Collection<Delivery> deliveries, long now) {
    long longest =
        deliveries.stream().mapToLong(delivery -> delivery.nanosAtWork(now)).max().orElse(0);
    Duration lasts = Duration.ofNanos(longest);
    if (longest >= SLOW_NANOS && since.isEmpty()) {
      since = Optional.of(clock.instant().minus(lasts));
      LOG.warn(
          "Destination {} is slow: one delivery has been running for {} s",
          destination,
          lasts.toSeconds());
    } else if (longest < SLOW_NANOS && since.isPresent()) {
      LOG.info(
          "Destination {} is no longer slow, after {}",
          destination,
          TimeSpan.text(Duration.between(since.get(), clock.instant())));
      since = Optional.empty();
    }
  }
}
