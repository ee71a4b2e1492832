package io.ensrelay.spool;

import io.ensrelay.event.Event;
import org.apache.camel.Exchange;

/**
 * An event on its way through the route of its destination: how often it has been tried, and since
 * when the present try lasts. Between a step that failed and the next step, the same again or
 * another, there is a pause.
 *
 * <p>Threads: safe; created and ended by the lane's thread.
 */
final class Delivery {
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

  private final Thread lane = Thread.currentThread();
  private final Long received;
  private final Mark mark;
  private long since = System.nanoTime();
  private int tries;
  private Object failed;
  private Thread failedIn;
  private boolean interrupted;
  private boolean stopping;
  private boolean over;

  private Delivery(Long received, int triesBefore, Mark mark) {
    this.received = received;
    this.tries = triesBefore + 1;
    this.mark = mark;
  }

  static Delivery begin(Exchange exchange, int triesBefore, Mark mark) {
    Delivery delivery =
        new Delivery(exchange.getProperty(Event.RECEIVED, Long.class), triesBefore, mark);
    exchange.setProperty(PROPERTY, delivery);
    mark.begins();
    return delivery;
  }

  /** That of an exchange, or of the one it is a part of; null: it does not come from the spool. */
  static Delivery of(Exchange exchange) {
    return exchange.getProperty(PROPERTY, Delivery.class);
  }

  /** Epoch milliseconds; null: not known. */
  Long received() {
    return received;
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
  }

  private void forgetInterrupt() {
    if (interrupted && Thread.currentThread() == lane) {
      interrupted = false;
      Thread.interrupted();
    }
  }
}
