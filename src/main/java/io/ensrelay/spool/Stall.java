package io.ensrelay.spool;

import java.time.Duration;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time in which a lane can't deliver an event and tries again: one line in the log when it
 * begins, one when it is over.
 */
public final class Stall {
  private static final Logger LOG = LoggerFactory.getLogger(Stall.class);
  private static final String SINCE = "ensStalledSince";

  private Stall() {}

  /** To be called at each failed try; only the first of an event says so. */
  public static void begin(Exchange exchange, Throwable cause) {
    if (exchange.getProperty(SINCE) == null) {
      exchange.setProperty(SINCE, System.nanoTime());
      LOG.warn(
          "{} is stalled, trying again: {}",
          destination(exchange),
          DeadLetterProducer.reason(cause));
    }
  }

  static void end(Exchange exchange) {
    Long since = exchange.getProperty(SINCE, Long.class);
    if (since != null) {
      LOG.info(
          "{} delivers again after {} s",
          destination(exchange),
          Duration.ofNanos(System.nanoTime() - since).toSeconds());
    }
  }

  private static String destination(Exchange exchange) {
    return exchange.getProperty(SpoolConsumer.DESTINATION, exchange.getFromRouteId(), String.class);
  }
}
