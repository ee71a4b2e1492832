package io.ensrelay.spool;

import java.time.Instant;
import java.util.Optional;

/**
 * State of a destination at one moment, while a route reads it. Counts start with the process.
 *
 * @param paused true: it takes no events until it is resumed
 * @param stalledSince when it began to retry an event; empty: it is not stalled
 * @param slowSince start of a delivery attempt that has lasted 30 s or longer; empty: none has
 * @param problem reason of the last failed attempt, on one line; empty: it is not stalled
 * @param delivered events whose route succeeded, without dead letters
 * @param retries failed attempts that were retried
 * @param underWay time of receipt of the oldest event in flight; empty: there is none
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

  /** Summary of the state. */
  public enum State {
    OK,
    /** One delivery attempt has lasted 30 s or longer. */
    SLOW,
    /** It can't deliver an event and retries it. */
    STALLED,
    /** It takes no events until it is resumed. */
    PAUSED
  }

  /** The first that applies: paused, stalled, slow, OK. */
  public State state() {
    if (paused) {
      return State.PAUSED;
    }
    return stalledSince.isPresent() ? State.STALLED : slowSince.isPresent() ? State.SLOW : State.OK;
  }

  /** When it became stalled or slow; empty: it is neither. */
  public Optional<Instant> since() {
    return stalledSince.or(() -> slowSince);
  }

  /** The problem on one line; empty: there is none. */
  public Optional<String> trouble() {
    if (paused) {
      return Optional.of("paused by hand: nothing is delivered until it is resumed");
    }
    return state() == State.SLOW
        ? Optional.of("a delivery is under way since " + slowSince.get() + " and has not ended")
        : problem;
  }
}
