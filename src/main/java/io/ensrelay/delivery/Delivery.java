package io.ensrelay.delivery;

import io.ensrelay.event.Event;
import io.ensrelay.spool.log.StoredEvent;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;

/**
 * The delivery of an event through the route of its destination: the batch it is confirmed with,
 * the number of attempts, and the start of the present one. A pause lasts from the failure of a
 * step until the next step begins, the same again or another.
 *
 * <p>Threads: safe; created and ended by the lane's thread.
 */
public final class Delivery {
  private static final String PROPERTY = "ensDelivery";

  /** Records that an attempt to deliver an event is in flight. */
  interface Mark {
    void begins();

    /** The attempt failed; another one may follow. */
    void pauses();

    /** The attempt ended, successfully or not, and the process survived it. */
    void ends();
  }

  /** For attempts that can't end the relay. */
  static final Mark NO_MARK =
      new Mark() {
        @Override
        public void begins() {}

        @Override
        public void pauses() {}

        @Override
        public void ends() {}
      };

  private final String destination;
  private final StoredEvent event;
  private final Batch batch;
  private final StallDetector stall;
  private final Mark mark;
  private final Thread lane = Thread.currentThread();
  private long since = System.nanoTime();
  private int tries;
  private Object failed;
  private Thread failedIn;
  private boolean interrupted;
  private boolean stopping;
  private boolean over;
  private boolean deadLetter;

  /** Begins the first attempt. */
  Delivery(
      String destination,
      StoredEvent event,
      Batch batch,
      StallDetector stall,
      int triesBefore,
      Mark mark) {
    this.destination = destination;
    this.event = event;
    this.batch = batch;
    this.stall = stall;
    this.mark = mark;
    tries = triesBefore + 1;
    mark.begins();
  }

  /** Fills an exchange with the event's body, its attributes as headers, and this delivery. */
  void fill(Exchange exchange) {
    exchange.setProperty(PROPERTY, this);
    exchange.getIn().setBody(event.body());
    event.attributes().forEach(exchange.getIn()::setHeader);
    if (event.replay()) {
      exchange.getIn().setHeader(Event.REPLAY, true);
    }
  }

  /** The delivery of an exchange or of its parent; null: it does not come from the spool. */
  static Delivery of(Exchange exchange) {
    return exchange.getProperty(PROPERTY, Delivery.class);
  }

  /** Creates the delivery of an exchange from elsewhere, so that its stall is logged once. */
  private static Delivery ofNoDestination(Exchange exchange) {
    byte[] none = new byte[0];
    StoredEvent event = new StoredEvent(0, 0, 0, Map.of(), none, Optional.empty(), false);
    StallDetector stall = new StallDetector(exchange.getFromRouteId(), () -> {}, Clock.systemUTC());
    Delivery delivery = new Delivery("", event, Batch.AT_ONCE, stall, 0, NO_MARK);
    exchange.setProperty(PROPERTY, delivery);
    return delivery;
  }

  /**
   * Reports a failed attempt that will be retried: its destination is stalled; without a
   * destination (an exchange that does not come from the spool) its route is.
   */
  public static void triesAgain(Exchange exchange, Throwable cause) {
    Delivery known = of(exchange);
    Delivery delivery = known == null ? ofNoDestination(exchange) : known;
    if (!delivery.isStopping()) {
      delivery.stall.begin(delivery.lane, DeadLetterProducer.reason(cause));
    }
  }

  /** Empty: the exchange does not come from the spool. */
  String destination() {
    return destination;
  }

  /** Time of receipt of its message, epoch milliseconds. */
  long received() {
    return event.received();
  }

  Batch batch() {
    return batch;
  }

  /** Records that the event was kept as a dead letter. */
  synchronized void becomeDeadLetter() {
    deadLetter = true;
  }

  synchronized boolean isDeadLetter() {
    return deadLetter;
  }

  synchronized int tries() {
    return tries;
  }

  /** Duration of the present attempt; 0 in a pause. */
  synchronized long nanosAtWork(long now) {
    return failed == null && !over ? now - since : 0;
  }

  synchronized void stepBegins(Object step) {
    if (failed == null || over) {
      return;
    }
    if (failed == step) {
      tries++;
    }
    failed = null;
    since = System.nanoTime();
    forgetInterrupt();
    mark.begins();
  }

  synchronized void stepFailed(Object step) {
    // the enclosing steps fail for the same reason
    if (failed == null && !over) {
      failed = step;
      failedIn = Thread.currentThread();
      mark.pauses();
    }
  }

  /** Prevents a dead letter from now on, because the stop may cause the failure. */
  synchronized void stop() {
    stopping = true;
  }

  synchronized boolean isStopping() {
    return stopping;
  }

  /** Ends a pause between attempts; does not interrupt an attempt. */
  synchronized void endPause() {
    if (failed != null && failedIn == lane && !over && !interrupted) {
      interrupted = true;
      lane.interrupt();
    }
  }

  synchronized void end() {
    forgetInterrupt();
    if (!over && failed == null) {
      mark.ends();
    }
    over = true;
    if (!stopping) {
      stall.end(lane);
    }
  }

  private void forgetInterrupt() {
    if (interrupted && Thread.currentThread() == lane) {
      interrupted = false;
      Thread.interrupted();
    }
  }
}
