package io.ensrelay.spool;

import io.ensrelay.Meters;
import io.ensrelay.event.Event;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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

  private static final long LOOK_AGAIN_MILLIS = 20;
  private static final long END_SECONDS = 30;

  private final List<Lane> lanes = new ArrayList<>();
  private final DestinationMeters meters;
  private final Stall stall;

  /** When the messages were received whose events the lanes are delivering now. */
  private final Map<Thread, Long> underWay = new ConcurrentHashMap<>();

  SpoolConsumer(SpoolEndpoint endpoint, Processor processor) {
    super(endpoint, processor);
    meters =
        new DestinationMeters(Meters.of(endpoint.getCamelContext()), endpoint.getDestination());
    stall = new Stall(endpoint.getDestination(), meters::retried);
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
    spool.reads(endpoint.getDestination(), this::status);
    spool.start();
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
      lane.subscribe();
    }
    // all of them first: the first one would be given all devices
    lanes.forEach(Lane::start);
  }

  private DestinationStatus status() {
    return new DestinationStatus(
        getEndpoint().getDestination(),
        getEndpoint().getLanes(),
        stall.now().map(Stall.Since::time),
        stall.now().map(Stall.Since::reason),
        meters.deliveredCount(),
        meters.retryCount(),
        underWay.values().stream().min(Long::compare).map(Instant::ofEpochMilli));
  }

  private Exchange exchange() {
    Exchange exchange = createExchange(false);
    exchange.setProperty(DESTINATION, getEndpoint().getDestination());
    stall.attach(exchange);
    return exchange;
  }

  /** True when the event is delivered, dropped by its route, or kept as a dead letter. */
  private boolean deliver(Exchange exchange) {
    Long received = exchange.getProperty(Event.RECEIVED, Long.class);
    if (received != null) {
      underWay.put(Thread.currentThread(), received);
    }
    try {
      getProcessor().process(exchange);
    } catch (Exception e) {
      exchange.setException(e);
    } finally {
      underWay.remove(Thread.currentThread());
    }
    boolean failed = exchange.isFailed() || exchange.isRollbackOnly();
    if (failed && isRunAllowed()) {
      getExceptionHandler()
          .handleException(
              "An event for " + getEndpoint().getDestination() + " comes again",
              exchange.getException());
    }
    stall.end(exchange);
    if (!failed && exchange.getProperty(DeadLetterProducer.KEPT) == null) {
      meters.delivered(received);
    }
    releaseExchange(exchange, false);
    return !failed;
  }

  @Override
  protected void doStop() throws Exception {
    lanes.forEach(Lane::stop);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS);
    while (lanes.stream().anyMatch(Lane::isAlive) && System.nanoTime() - until < 0) {
      stall.endPauses();
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
    for (Lane lane : lanes) {
      lane.awaitEnd();
    }
    lanes.clear();
    Spool spool = getEndpoint().getComponent().spool();
    spool.subscribed(getEndpoint().getDestination());
    spool.readsNoLonger(getEndpoint().getDestination());
    super.doStop();
  }
}
