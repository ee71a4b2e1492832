package io.ensrelay.spool;

import java.time.Instant;
import java.util.Optional;

/**
 * How a destination that is read by a route is at one moment; the numbers are those since the start
 * of the process.
 *
 * @param paused whether it takes no events
 * @param stalledSince when it began to try an event again; empty: it is not stalled
 * @param slowSince when a try to deliver an event began that is under way for 30 s; empty: there is
 *     none
 * @param problem the last reason, on one line
 * @param delivered events whose route ended well; dead letters are not among them
 * @param retries failed tries that were followed by another
 * @param underWay when the oldest event that is being delivered was received
 */
public record DestinationStatus(
    String name,
    int lanes,
    boolean paused,
    Optional<Instant> stalledSince,
    Optional<Instant> slowSince,
    Optional<String> problem,
    long delivered,
    long retries,
    Optional<Instant> underWay) {

  /** What there is to say of it in a word. */
  public enum State {
    OK,
    /** One try to deliver an event is under way for 30 s. */
    SLOW,
    /** It can't deliver, and tries again. */
    STALLED,
    /** It takes no events until it is resumed. */
    PAUSED
  }

  /** The one that says most: paused, stalled, slow, in this order. */
  public State state() {
    if (paused) {
      return State.PAUSED;
    }
    return stalledSince.isPresent() ? State.STALLED : slowSince.isPresent() ? State.SLOW : State.OK;
  }

  /** Since when it is stalled or slow; empty: it is neither. */
  public Optional<Instant> since() {
    return stalledSince.or(() -> slowSince);
  }

  /** What is wrong with it, on one line; empty: nothing. */
  public Optional<String> trouble() {
    if (paused) {
      return Optional.of("paused by hand: nothing is delivered until it is resumed");
    }
    return state() == State.SLOW
        ? Optional.of("a delivery is under way since " + slowSince.get() + " and has not ended")
        : problem;
  }
}
