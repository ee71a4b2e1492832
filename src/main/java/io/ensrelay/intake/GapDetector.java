package io.ensrelay.intake;

import io.ensrelay.base.Platform;
import io.ensrelay.event.Gap;
import io.micrometer.core.instrument.Counter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers when the relay was last connected, also in an earlier run, and reports a gap when it
 * was away for longer than the service keeps events, or when the service has forgotten the session.
 *
 * <p>A gap counts as reported once it is stored. Until then the remembered time does not change, so
 * that a crash does not hide the gap. Threads: one.
 */
final class GapDetector {
  private static final Logger LOG = LoggerFactory.getLogger(GapDetector.class);

  /** The documented retention, for a service that does not report one. */
  static final long USUAL_RETENTION_MINUTES = 180;

  private static final Duration REMEMBER_EVERY = Duration.ofSeconds(30);

  private final SessionMemory memory;
  private final Consumer<Gap> store;
  private final Counter gaps;
  private final Platform platform;
  private Gap untold;
  private volatile Gap last;
  private boolean connected;
  private long lostNanos;
  private boolean lostInThisRun;

  /**
   * @param store stores a gap; returns when it is stored, throws if it could not be
   */
  GapDetector(SessionMemory memory, Consumer<Gap> store, Counter gaps, Platform platform) {
    this.memory = memory;
    this.store = store;
    this.gaps = gaps;
    this.platform = platform;
  }

  /** Reports that the relay is connected and subscribed. */
  void connected(boolean sessionPresent, long retentionMinutes) {
    connected = true;
    Instant lastConnected = memory.lastConnected();
    boolean forgotten = !sessionPresent && memory.sessionWasPresent();
    memory.sessionPresent(sessionPresent);
    Instant now = platform.now().truncatedTo(ChronoUnit.MILLIS);
    if (untold != null) {
      // the pending gap covers all events missed since then, too
      untold = new Gap(untold.from(), now, untold.retentionMinutes(), untold.reason());
      last = untold;
    } else if (lastConnected != null) {
      Duration away = away(lastConnected, now);
      if (forgotten || away.compareTo(Duration.ofMinutes(retentionMinutes)) > 0) {
        untold =
            new Gap(
                lastConnected,
                now,
                retentionMinutes,
                forgotten
                    ? "the service has forgotten the durable session"
                    : "away for longer than the service keeps events");
        last = untold;
        gaps.increment();
        LOG.error(
            "Events may be missing for good: {} ({} to {}, retention {} min). Destinations get an"
                + " event of the type relay.gap.",
            untold.reason(),
            untold.from(),
            untold.to(),
            retentionMinutes);
      }
    }
    tell();
    if (untold == null) {
      remember(platform.now());
    }
  }

  /** The last gap of this run. Threads: safe. */
  Optional<Gap> gap() {
    return Optional.ofNullable(last);
  }

  /** The longer of the clock's time and, within a run, of a timer that ignores clock changes. */
  private Duration away(Instant last, Instant now) {
    Duration byClock = Duration.between(last, now);
    Duration measured =
        lostInThisRun ? Duration.ofNanos(platform.nanoTime() - lostNanos) : Duration.ZERO;
    return byClock.compareTo(measured) > 0 ? byClock : measured;
  }

  /** Called regularly while connected; stores a pending gap. */
  void still() {
    tell();
    Instant now = platform.now();
    if (untold == null
        && Duration.between(memory.lastConnected(), now).abs().compareTo(REMEMBER_EVERY) >= 0) {
      remember(now);
    }
  }

  private void tell() {
    if (untold != null) {
      try {
        store.accept(untold);
        untold = null;
      } catch (RuntimeException e) {
        LOG.debug("the gap is not stored yet", e);
      }
    }
  }

  /**
   * Reports that the connection has ended, if there was one.
   *
   * @param nanos time of the loss as {@link Platform#nanoTime()}; a wait for the disk may delay
   *     this call
   */
  void lost(long nanos) {
    if (connected) {
      connected = false;
      lostNanos = nanos;
      lostInThisRun = true;
      if (untold == null) {
        remember(platform.now().minusNanos(platform.nanoTime() - nanos));
      }
    }
  }

  /** A failure does no harm: a later gap then begins too early. */
  private void remember(Instant now) {
    try {
      memory.connectedAt(now);
    } catch (IOException e) {
      LOG.debug("the time of the last connection is not kept", e);
    }
  }
}
