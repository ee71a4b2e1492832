package io.ensrelay.intake;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The progress of a resync, or its result.
 *
 * @param run its id
 * @param reason why it was started
 * @param statuses only devices with these are read
 * @param to the only destination that gets the events; empty: every destination that selects them
 * @param pass number of the pass over the fleet, from 1
 * @param read devices found so far, each counted once
 * @param expected devices that the service counts; 0: unknown
 * @param sent snapshots stored
 * @param unchanged devices not sent, because nothing has changed
 * @param dropped snapshots not stored, because a newer event of their device was
 * @param missing devices reported as missing
 * @param calls calls made to the service
 * @param trouble why the last call failed, on one line; empty: it succeeded
 * @param troubleSince time of the first of the calls that failed in a row
 * @param next time of the next call after a failed one
 * @param left time it may still take, by the budget of calls; empty: unknown or finished
 * @param finished when it ended; empty: it is under way
 * @param incomplete why not all devices could be compared, or who stopped it; empty: it is under
 *     way or complete
 */
public record ResyncProgress(
    String run,
    String reason,
    List<String> statuses,
    Optional<String> to,
    Instant started,
    Phase phase,
    int pass,
    long read,
    long expected,
    long sent,
    long unchanged,
    long dropped,
    long missing,
    long calls,
    Optional<String> trouble,
    Optional<Instant> troubleSince,
    Optional<Instant> next,
    Optional<Duration> left,
    Optional<Instant> finished,
    Optional<String> incomplete) {

  /** The present step of a run. */
  public enum Phase {
    /** It reads the last known state of each device from the event log. */
    COMPARING,
    /** It reads the devices, page by page. */
    READING,
    /** It asks by name for devices that are on no page, and for those that changed meanwhile. */
    CHECKING,
    FINISHED,
    /** Somebody stopped it before it was complete. */
    STOPPED
  }

  /** The same with its present trouble. */
  ResyncProgress with(Optional<String> why, Optional<Instant> since, Optional<Instant> nextCall) {
    return new ResyncProgress(
        run,
        reason,
        statuses,
        to,
        started,
        phase,
        pass,
        read,
        expected,
        sent,
        unchanged,
        dropped,
        missing,
        calls,
        why,
        since,
        nextCall,
        left,
        finished,
        incomplete);
  }

  /** Whether the run has ended. */
  public boolean isOver() {
    return phase == Phase.FINISHED || phase == Phase.STOPPED;
  }

  /** The part of the devices that has been read, 0 to 1; empty: unknown. */
  public Optional<Double> done() {
    if (phase == Phase.FINISHED) {
      return Optional.of(1.0);
    }
    return expected > 0 ? Optional.of(Math.min(1, (double) read / expected)) : Optional.empty();
  }
}
