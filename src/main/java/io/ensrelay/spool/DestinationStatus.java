package io.ensrelay.spool;

import io.ensrelay.base.FailureReason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * State of a destination at one moment, while a route reads it. Counts start with the process.
 *
 * @param paused whether it takes no events
 * @param stall why it can't deliver; empty: it can
 * @param slowSince when the present try began, if it has lasted for 30 s; empty: no try has
 * @param waits what an event waits for other than an endpoint, such as details; empty: nothing
 * @param delivered events whose route ended well; dead letters are not among them
 * @param retries failed tries that were followed by another
 * @param underWay time of receipt of the oldest event in delivery
 */
public record DestinationStatus(
    String name,
    int lanes,
    boolean paused,
    Optional<Stall> stall,
    Optional<Instant> slowSince,
    Optional<String> waits,
    long delivered,
    long retries,
    Optional<Instant> underWay) {

  /**
   * Why a destination can't deliver, and tries again.
   *
   * @param since when the trouble began
   * @param isRefusal whether it refuses all events, so that somebody must act
   * @param why the reason, by the last try
   * @param answer the beginning of what the endpoint answered
   * @param tries failed tries of the event in question
   * @param next time of the next try
   */
  public record Stall(
      Instant since,
      boolean isRefusal,
      FailureReason why,
      Optional<String> answer,
      int tries,
      Instant next) {}

  /**
   * A try that failed.
   *
   * @param answer the beginning of what the endpoint answered
   * @param isDeadLetter whether the event became a dead letter; otherwise it is tried again
   */
  public record FailedTry(
      Instant time, FailureReason why, Optional<String> answer, boolean isDeadLetter) {}

  /** The state in a word. */
  public enum State {
    OK,
    /** One delivery attempt has lasted 30 s or longer. */
    SLOW,
    /** It can't deliver for a reason that can pass, and tries again. */
    STALLED,
    /** It refuses all events, and is tried again slowly. */
    REFUSED,
    /** It takes no events until it is resumed. */
    PAUSED
  }

  /** The most important state: paused, refused, stalled, slow, in this order. */
  public State state() {
    if (paused) {
      return State.PAUSED;
    }
    if (stall.isPresent()) {
      return stall.get().isRefusal() ? State.REFUSED : State.STALLED;
    }
    return slowSince.isPresent() ? State.SLOW : State.OK;
  }

  /** Since when it can't deliver or is slow; empty: it is neither. */
  public Optional<Instant> since() {
    return stall.map(Stall::since).or(() -> slowSince);
  }

  /** The problem on one line; empty: there is none. */
  public Optional<String> trouble() {
    if (paused) {
      return Optional.of("paused by hand: nothing is delivered until it is resumed");
    }
    return state() == State.SLOW
        ? Optional.of(
            "a delivery has been in flight since "
                + slowSince.get().truncatedTo(ChronoUnit.SECONDS))
        : stall.map(each -> each.why().reason());
  }
}
