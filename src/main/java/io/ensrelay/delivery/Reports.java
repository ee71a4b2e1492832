package io.ensrelay.delivery;

import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** The destination that a delivery reports to. Threads: safe. */
interface Reports {
  String destination();

  StallDetector stall();

  Refusals refusals();

  Pauses pauses();

  /** Whether somebody sends the event by hand: it is neither retried nor kept. */
  default boolean isByHand() {
    return false;
  }

  /** The events that are delivered next, as far as they are known. */
  default List<StoredEvent> ahead(int most) throws IOException {
    return List.of();
  }

  /** Measures how long a failure lasts. */
  default long nanoTime() {
    return System.nanoTime();
  }

  /** How long a batch really waits for more events. */
  default Duration linger(Duration wanted) {
    return wanted;
  }

  /** Whether the relay stops: nothing becomes a dead letter any more. */
  boolean isStopping();

  /** An event is being sent after its route, together with others. */
  void sends(Delivery delivery);

  /** The attempt that {@link #sends} announced has ended. */
  void sent(Delivery delivery);

  /** An event was delivered. */
  void delivered(Delivery delivery);

  /**
   * Keeps an event as a dead letter.
   *
   * @return false when it can't be kept now
   */
  boolean keep(Delivery delivery, Throwable why);

  /** The report of an event that does not come from the spool: there is nothing to confirm. */
  interface OutsideSpool extends Reports {
    @Override
    default boolean isStopping() {
      return false;
    }

    @Override
    default void sends(Delivery delivery) {}

    @Override
    default void sent(Delivery delivery) {}

    @Override
    default void delivered(Delivery delivery) {}
  }
}
