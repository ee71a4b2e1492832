package io.ensrelay.delivery;

import io.ensrelay.event.Event;
import io.ensrelay.spool.log.StoredEvent;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;

/**
 * An event on its way through the route of its destination, and all that travels with it: its
 * destination, the batch it is confirmed with, how often it has been tried, and since when the
 * present try lasts. Between a step that failed and the next step, the same again or another, there
 * is a pause.
 *
 * <p>Threads: safe; created and ended by the lane's thread.
 */
public final class Delivery {
  private static final String PROPERTY = "ensDelivery";

  /** Where it is noted that a try of an event is under way. */
  interface Mark {
    void begins();

    /** It failed, and may be followed by another. */
    void pauses();

    /** Well or badly, with the process alive. */
    void ends();
  }

  /** Of what can't end the relay. */
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

  /** Begins the first try. */
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

  /** Puts the event into an exchange: its body, its attributes as headers, and this. */
  void fill(Exchange exchange) {
    exchange.setProperty(PROPERTY, this);
    exchange.getIn().setBody(event.body());
    event.attributes().forEach(exchange.getIn()::setHeader);
    if (event.replay()) {
      exchange.getIn().setHeader(Event.REPLAY, true);
    }
  }

  /** That of an exchange, or of the one it is a part of; null: it does not come from the spool. */
  static Delivery of(Exchange exchange) {
    return exchange.getProperty(PROPERTY, Delivery.class);
  }

  /** Of an exchange that a route got from elsewhere, so that its stall is said once. */
  private static Delivery ofNoDestination(Exchange exchange) {
    byte[] none = new byte[0];
    StoredEvent event = new StoredEvent(0, 0, 0, Map.of(), none, Optional.empty(), false);
    StallDetector stall = new StallDetector(exchange.getFromRouteId(), () -> {}, Clock.systemUTC());
    Delivery delivery = new Delivery("", event, Batch.AT_ONCE, stall, 0, NO_MARK);
    exchange.setProperty(PROPERTY, delivery);
    return delivery;
  }

  /**
   * To be called at each failed try that is followed by another: the destination is stalled, or the
   * route of an exchange that does not come from the spool.
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

  /** When its message was received, epoch milliseconds. */
  long received() {
    return event.received();
  }

  Batch batch() {
    return batch;
  }

  /** It has been kept as a dead letter. */
  synchronized void becomeDeadLetter() {
    deadLetter = true;
  }

  synchronized boolean isDeadLetter() {
    return deadLetter;
  }

  synchronized int tries() {
    return tries;
  }

  /** How long the present try lasts; 0 in a pause. */
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
    // those around it fail of the same
    if (failed == null && !over) {
      failed = step;
      failedIn = Thread.currentThread();
      mark.pauses();
    }
  }

  /** No dead letter is made of it any more, as its failure may come of the stop. */
  synchronized void stop() {
    stopping = true;
  }

  synchronized boolean isStopping() {
    return stopping;
  }

  /** Ends the pause before another try; a try is left alone. */
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
