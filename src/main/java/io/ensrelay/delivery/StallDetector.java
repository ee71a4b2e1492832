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
 * tries it again. Logs a line when that begins, when it becomes a refusal, and when it is over.
 * Threads: safe.
 */
final class StallDetector {
  private static final Logger LOG = LoggerFactory.getLogger(StallDetector.class);

  private static final int REMEMBERED = 5;

  private final String destination;
  private final Runnable retried;
  private final Clock clock;

  /** By the threads of the lanes that try again; a route may do so on others. */
  private final Map<Thread, Trouble> troubles = new HashMap<>();

  /** The newest first. */
  private final Deque<DestinationStatus.FailedTry> failures = new ArrayDeque<>();

  private Instant since = Instant.EPOCH;
  private boolean saidRefused;

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
    boolean first = troubles.isEmpty();
    troubles.put(lane, trouble);
    if (first) {
      since = clock.instant();
    }
    boolean refused = trouble.fault() == Fault.DESTINATION;
    if (refused && !saidRefused) {
      saidRefused = true;
      LOG.warn(
          "Destination {} refuses all events: {}. Its events wait; trying again, up to a minute apart."
              + " Check its credentials, its address and its route.",
          destination,
          trouble.why().reason());
    } else if (first) {
      LOG.warn(
          "Destination {} is stalled: {}. Its events wait; trying again, up to a minute apart.",
          destination,
          trouble.why().reason());
    }
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
    if (troubles.remove(lane) != null && troubles.isEmpty()) {
      LOG.info(
          "Destination {} {}, after {}",
          destination,
          saidRefused ? "no longer refuses all events" : "is no longer stalled",
          TimeSpan.text(Duration.between(since, clock.instant())));
      saidRefused = false;
    }
  }
}
