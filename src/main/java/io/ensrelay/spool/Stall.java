package io.ensrelay.spool;

import java.time.Duration;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a destination is stalled: at least one of its lanes can't deliver an event and tries it
 * again. One line in the log when that begins, one when it is over.
 */
public final class Stall {
  private static final Logger LOG = LoggerFactory.getLogger(Stall.class);
  private static final String PROPERTY = "ensStall";
  private static final String STALLED = "ensStalled";

  private final String destination;
  private int lanes;
  private long since;

  Stall(String destination) {
    this.destination = destination;
  }

  void attach(Exchange exchange) {
    exchange.setProperty(PROPERTY, this);
  }

  /**
   * To be called at each failed try that is followed by another; also for a route without lanes.
   */
  public static void begin(Exchange exchange, Throwable cause) {
    if (exchange.getProperty(STALLED) == null) {
      exchange.setProperty(STALLED, true);
      Stall stall = exchange.getProperty(PROPERTY, Stall.class);
      (stall == null ? new Stall(exchange.getFromRouteId()) : stall).begin(cause);
    }
  }

  /** To be called when the event is delivered, or given back. */
  void end(Exchange exchange) {
    if (exchange.removeProperty(STALLED) != null) {
      end();
    }
  }

  private synchronized void begin(Throwable cause) {
    if (lanes++ == 0) {
      since = System.nanoTime();
      LOG.warn("{} is stalled, trying again: {}", destination, DeadLetterProducer.reason(cause));
    }
  }

  private synchronized void end() {
    if (--lanes == 0) {
      LOG.info(
          "{} is no longer stalled, after {} s",
          destination,
          Duration.ofNanos(System.nanoTime() - since).toSeconds());
    }
  }
}
