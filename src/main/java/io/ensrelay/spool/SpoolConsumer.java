package io.ensrelay.spool;

import io.ensrelay.Meters;
import io.ensrelay.OutOfMemory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A destination's reading side: one durable subscription, read by as many lanes as the destination
 * has. The subscription exists when the start returns, so that no event stored after it is missed.
 *
 * <p>A stop takes no more events, ends pauses before another try, and waits for the tries under way
 * for 15 s. What has not ended then is left alone and not confirmed: its event comes again.
 */
final class SpoolConsumer extends DefaultConsumer implements Lane.Route {
  /** The exchange property that holds the destination's name. */
  static final String DESTINATION = "ensDestination";

  private static final Logger LOG = LoggerFactory.getLogger(SpoolConsumer.class);
  private static final long LOOK_AGAIN_MILLIS = 20;
  private static final long END_SECONDS = 15;
  private static final long ALONE_SECONDS = 10;

  private final List<Lane> lanes = new ArrayList<>();
  private final DestinationMeters meters;
  private final Stall stall;
  private final Slow slow;

  /** Deliveries that the lanes make now. */
  private final Set<Delivery> deliveries = ConcurrentHashMap.newKeySet();

  /** Why events with these ids are not tried again. */
  private final Map<String, Throwable> unfit = new ConcurrentHashMap<>();

  /** How often events with these ids were tried before they were given back. */
  private final Map<String, Integer> triesBefore = new ConcurrentHashMap<>();

  private UnderWay underWay;
  private Producer dead;
  private volatile boolean stopping;
  private long stoppingSince;

  SpoolConsumer(SpoolEndpoint endpoint, Processor processor) {
    super(endpoint, processor);
    meters =
        new DestinationMeters(Meters.of(endpoint.getCamelContext()), endpoint.getDestination());
    stall = new Stall(endpoint.getDestination(), meters::retried);
    slow = new Slow(endpoint.getDestination());
  }

  @Override
  public SpoolEndpoint getEndpoint() {
    return (SpoolEndpoint) super.getEndpoint();
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    stopping = false;
    SpoolEndpoint endpoint = getEndpoint();
    SpoolComponent component = endpoint.getComponent();
    Spool spool = component.spool();
    dead = endpoint.getCamelContext().getEndpoint("spool:dead").createProducer();
    dead.start();
    underWay = new UnderWay(component.data(), endpoint.getDestination(), endpoint.getLanes());
    spool.reads(endpoint.getDestination(), this::status);
    spool.start();
    for (int i = 1; i <= endpoint.getLanes(); i++) {
      Lane lane =
          new Lane(spool, endpoint.getDestination(), endpoint.subscriptionSelector(), i, this);
      lanes.add(lane);
      lane.subscribe();
    }
    // all of them first: the first one would be given all devices
    lanes.forEach(Lane::start);
    component.add(this);
  }

  private DestinationStatus status() {
    return new DestinationStatus(
        getEndpoint().getDestination(),
        getEndpoint().getLanes(),
        stall.now().map(Stall.Since::time),
        slow.since(),
        stall.now().map(Stall.Since::reason),
        meters.deliveredCount(),
        meters.retryCount(),
        deliveries.stream()
            .map(Delivery::received)
            .filter(Objects::nonNull)
            .min(Long::compare)
            .map(Instant::ofEpochMilli));
  }

  /**
   * To be called every second or so.
   *
   * @param now as of {@link System#nanoTime()}
   */
  void look(long now) {
    slow.look(deliveries, now);
  }

  @Override
  public Exchange exchange() {
    Exchange exchange = createExchange(false);
    exchange.setProperty(DESTINATION, getEndpoint().getDestination());
    stall.attach(exchange);
    return exchange;
  }

  @Override
  public void idle(int lane) {
    underWay.idle(lane - 1);
  }

  /** True when the event is delivered, dropped by its route, or kept as a dead letter. */
  @Override
  public boolean deliver(int lane, Exchange exchange) {
    String event = String.valueOf(exchange.getIn().getHeader("eventId"));
    int ends = underWay.ends(event);
    if (ends >= UnderWay.MOST_ENDS) {
      unfit.put(event, new UncleanEnds(ends));
    }
    Throwable why = unfit.get(event);
    if (why == null) {
      return ends == 0 ? tried(lane, event, exchange) : triedAlone(lane, event, exchange);
    }
    boolean kept = kept(event, exchange, why);
    if (kept) {
      underWay.mark(lane - 1, event).ends();
      unfit.remove(event);
    }
    return kept;
  }

  /**
   * No other suspect of an unclean end at the same time, of no destination: the next end shall tell
   * which of them it was.
   */
  private boolean triedAlone(int lane, String event, Exchange exchange) {
    Semaphore turn = getEndpoint().getComponent().turnOfSuspects();
    boolean taken = false;
    try {
      taken = turn.tryAcquire(ALONE_SECONDS, TimeUnit.SECONDS);
      return tried(lane, event, exchange);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      if (taken) {
        turn.release();
      }
    }
  }

  private boolean tried(int lane, String event, Exchange exchange) {
    Delivery delivery =
        Delivery.begin(
            exchange, triesBefore.getOrDefault(event, 0), underWay.mark(lane - 1, event));
    deliveries.add(delivery);
    if (stopping) {
      delivery.stop();
    }
    try {
      getProcessor().process(exchange);
    } catch (Exception e) {
      exchange.setException(e);
    } catch (Error e) {
      unfit(event, e);
      throw e;
    } finally {
      deliveries.remove(delivery);
      delivery.end();
      stall.end(exchange);
    }
    boolean failed = exchange.isFailed() || exchange.isRollbackOnly();
    if (failed) {
      failed(event, exchange, delivery);
    } else {
      triesBefore.remove(event);
      if (exchange.getProperty(DeadLetterProducer.KEPT) == null) {
        meters.delivered(delivery.received());
      }
    }
    releaseExchange(exchange, false);
    return !failed;
  }

  private void failed(String event, Exchange exchange, Delivery delivery) {
    if (stopping) {
      return;
    }
    OutOfMemory.find(exchange.getException(), Error.class).ifPresent(error -> unfit(event, error));
    triesBefore.put(event, delivery.tries());
    getExceptionHandler()
        .handleException(
            "An event for " + getEndpoint().getDestination() + " comes again",
            exchange.getException());
  }

  /** The same again would end the same. */
  private void unfit(String event, Error error) {
    OutOfMemory.endProcessIfIn(error);
    unfit.put(event, error);
  }

  private boolean kept(String event, Exchange exchange, Throwable why) {
    exchange.setProperty(Exchange.EXCEPTION_CAUGHT, why);
    Delivery delivery =
        Delivery.begin(exchange, triesBefore.getOrDefault(event, 1) - 1, Delivery.NO_MARK);
    try {
      dead.process(exchange);
    } catch (Exception e) {
      exchange.setException(e);
    } finally {
      delivery.end();
    }
    if (exchange.isFailed() && !stopping) {
      LOG.warn(
          "{}: event {} can't be kept as a dead letter, trying again: {}",
          getEndpoint().getDestination(),
          event,
          DeadLetterProducer.reason(exchange.getException()));
    }
    triesBefore.remove(event);
    return !exchange.isFailed();
  }

  /** Takes no more events and returns at once. */
  synchronized void stopTaking() {
    if (!stopping) {
      stopping = true;
      stoppingSince = System.nanoTime();
      lanes.forEach(Lane::stop);
      deliveries.forEach(Delivery::stop);
      underWay.close();
    }
  }

  /** Returns when no delivery is under way, or 15 s after {@link #stopTaking()}. */
  void awaitEnd() throws InterruptedException {
    long until = stoppingSince + TimeUnit.SECONDS.toNanos(END_SECONDS);
    while (lanes.stream().anyMatch(Lane::isAlive) && System.nanoTime() - until < 0) {
      deliveries.forEach(Delivery::endPause);
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  @Override
  protected void doStop() throws Exception {
    stopTaking();
    awaitEnd();
    long left = lanes.stream().filter(Lane::isAlive).count();
    if (left > 0) {
      LOG.warn(
          "{}: {} of {} deliveries did not end within {} s and are left; their events come again",
          getEndpoint().getDestination(),
          left,
          lanes.size(),
          END_SECONDS);
    }
    lanes.clear();
    dead.stop();
    SpoolComponent component = getEndpoint().getComponent();
    component.remove(this);
    Spool spool = component.spool();
    spool.subscribed(getEndpoint().getDestination());
    spool.readsNoLonger(getEndpoint().getDestination());
    super.doStop();
  }

  /** Why an event is set aside that ended the relay, most likely. */
  private static final class UncleanEnds extends Exception {
    private static final long serialVersionUID = 1;

    UncleanEnds(int ends) {
      super(
          "under way at "
              + ends
              + " unclean ends of the relay in a row: most likely it ends the relay, so it is not"
              + " tried again");
    }
  }
}
