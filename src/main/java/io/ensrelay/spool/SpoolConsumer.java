package io.ensrelay.spool;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;

/**
 * A destination's reading side: one durable subscription, read by as many lanes as the destination
 * has. The subscription exists when the start returns, so that no event stored after it is missed.
 */
final class SpoolConsumer extends DefaultConsumer {
  /** The exchange property that holds the destination's name. */
  static final String DESTINATION = "ensDestination";

  private final List<Lane> lanes = new ArrayList<>();
  private final Stall stall;

  SpoolConsumer(SpoolEndpoint endpoint, Processor processor) {
    super(endpoint, processor);
    stall = new Stall(endpoint.getDestination());
  }

  @Override
  public SpoolEndpoint getEndpoint() {
    return (SpoolEndpoint) super.getEndpoint();
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    SpoolEndpoint endpoint = getEndpoint();
    Spool spool = endpoint.getComponent().spool();
    spool.prepareSubscription(endpoint.getDestination(), endpoint.subscriptionSelector());
    for (int i = 1; i <= endpoint.getLanes(); i++) {
      Lane lane =
          new Lane(
              spool,
              endpoint.getDestination(),
              endpoint.subscriptionSelector(),
              i,
              this::exchange,
              this::deliver);
      lanes.add(lane);
      lane.start();
    }
  }

  private Exchange exchange() {
    Exchange exchange = createExchange(false);
    exchange.setProperty(DESTINATION, getEndpoint().getDestination());
    stall.attach(exchange);
    return exchange;
  }

  /** True when the event is delivered, dropped by its route, or kept as a dead letter. */
  private boolean deliver(Exchange exchange) {
    try {
      getProcessor().process(exchange);
    } catch (Exception e) {
      exchange.setException(e);
    }
    boolean failed = exchange.isFailed() || exchange.isRollbackOnly();
    if (failed && isRunAllowed()) {
      getExceptionHandler()
          .handleException(
              "An event for " + getEndpoint().getDestination() + " comes again",
              exchange.getException());
    }
    stall.end(exchange);
    releaseExchange(exchange, false);
    return !failed;
  }

  @Override
  protected void doStop() throws Exception {
    lanes.forEach(Lane::stop);
    for (Lane lane : lanes) {
      lane.awaitEnd();
    }
    lanes.clear();
    getEndpoint().getComponent().spool().subscribed(getEndpoint().getDestination());
    super.doStop();
  }
}
