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
 * begins and a line when it ends, unless the log says that the destination is stalled. Threads:
 * safe.
 */
final class SlowDetector {
  private static final Logger LOG = LoggerFactory.getLogger(SlowDetector.class);
  private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final String destination;
  private final Clock clock;
  private Optional<Instant> since = Optional.empty();
  private boolean said;

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
   * @param isStalled whether a delivery failed and is tried again
   */
  synchronized void look(Collection<Delivery> deliveries, long now, boolean isStalled) {
    long longest =
        deliveries.stream().mapToLong(delivery -> delivery.nanosAtWork(now)).max().orElse(0);
    Duration lasts = Duration.ofNanos(longest);
    if (longest >= SLOW_NANOS) {
      since = since.or(() -> Optional.of(clock.instant().minus(lasts)));
      if (!said && !isStalled) {
        said = true;
        LOG.warn(
            "Destination {} is slow: one delivery has been running for {} s",
            destination,
            lasts.toSeconds());
      }
    } else {
      if (said && !isStalled) {
        LOG.info(
            "Destination {} is no longer slow, after {}",
            destination,
            TimeSpan.text(Duration.between(since.get(), clock.instant())));
      }
      said = false;
      since = Optional.empty();
    }
  }
}
