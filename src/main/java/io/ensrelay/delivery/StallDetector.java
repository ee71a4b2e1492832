package io.ensrelay.delivery;

import io.ensrelay.base.FailureReason;
import io.ensrelay.base.TimeSpan;
import io.ensrelay.spool.DestinationStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a destination is stalled or refuses: at least one of its lanes can't deliver an event and
 * tries it again. Logs a line when that begins, when it becomes a refusal, and when it has been
 * over for 10 s, so that an endpoint that fails now and then fills no log. Threads: safe.
 */
final class StallDetector {
  private static final Logger LOG = LoggerFactory.getLogger(StallDetector.class);

  private static final Duration CALM = Duration.ofSeconds(10);
  private static final int REMEMBERED = 5;

  private final String destination;
  private final Runnable retried;
  private final Clock clock;

  /** By the threads of the lanes that try again; a route may do so on others. */
  private final Map<Thread, Trouble> troubles = new HashMap<>();

  /** The newest first. */
  private final Deque<DestinationStatus.FailedTry> failures = new ArrayDeque<>();

  private Instant since = Instant.EPOCH;
  private Instant over = Instant.EPOCH;

  /** Since when the log says so; empty: the log says that all is well. */
  private Optional<Instant> saidSince = Optional.empty();

  private boolean saidRefused;
  private int stalls;

  /**
   * @param retried called for each failed attempt that is retried
   */
  StallDetector(String destination, Runnable retried, Clock clock) {
    this.destination = destination;
    this.retried = retried;
    this.clock = clock;
  }

  /**
   * The stall by a refusal if there is one, else that of the lane that waits longest; empty: all
   * deliver.
   */
  synchronized Optional<DestinationStatus.Stall> now() {
    return troubles.values().stream()
        .max(
            Comparator.comparing((Trouble each) -> each.fault() == Fault.DESTINATION)
                .thenComparing(Trouble::next))
        .map(
            worst ->
                new DestinationStatus.Stall(
                    since,
                    worst.fault() == Fault.DESTINATION,
                    worst.why(),
                    worst.answer(),
                    worst.tries(),
                    worst.next()));
  }

  /** A try of a lane failed and is followed by another. */
  synchronized void begin(Thread lane, Trouble trouble) {
    retried.run();
    remember(trouble.why(), trouble.answer(), false);
    if (troubles.isEmpty()) {
      since = clock.instant();
      stalls++;
    }
    troubles.put(lane, trouble);
    boolean refused = trouble.fault() == Fault.DESTINATION;
    String reason = trouble.why().reason();
    if (refused && !saidRefused) {
      saidRefused = true;
      LOG.error(
          "Destination {} refuses all events: {}. Its events wait; the relay tries again. Check the"
              + " destination's credentials, address and route.",
          destination,
          reason);
    } else if (saidSince.isEmpty()) {
      LOG.warn(
          "Destination {} is stalled: {}. Its events wait; the relay tries again.",
          destination,
          reason);
    }
    saidSince = saidSince.or(() -> Optional.of(since));
  }

  /** A try failed, and its event becomes a dead letter. */
  synchronized void gaveUp(FailureReason why, Optional<String> answer) {
    remember(why, answer, true);
  }

  private void remember(FailureReason why, Optional<String> answer, boolean isDeadLetter) {
    failures.addFirst(new DestinationStatus.FailedTry(clock.instant(), why, answer, isDeadLetter));
    while (failures.size() > REMEMBERED) {
      failures.removeLast();
    }
  }

  /** The last failed tries, the newest first. */
  synchronized List<DestinationStatus.FailedTry> failures() {
    return List.copyOf(failures);
  }

  /** Reports that the lane's event is delivered or given back. */
  synchronized void end(Thread lane) {
    if (troubles.remove(lane) != null) {
      over = clock.instant();
    }
  }

  /** Reports the end of a stall that has been over for a while; called about once a second. */
  synchronized void look() {
    if (saidSince.isEmpty() || !troubles.isEmpty() || clock.instant().isBefore(over.plus(CALM))) {
      return;
    }
    LOG.info(
        "Destination {} {}, after {}{}",
        destination,
        saidRefused ? "no longer refuses all events" : "is no longer stalled",
        TimeSpan.text(Duration.between(saidSince.get(), over)),
        stalls == 1 ? "" : " in which it failed " + stalls + " times");
    saidSince = Optional.empty();
    saidRefused = false;
    stalls = 0;
  }
}
