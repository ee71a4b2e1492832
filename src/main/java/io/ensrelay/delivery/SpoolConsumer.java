package io.ensrelay.delivery;

import io.ensrelay.base.FailureReason;
import io.ensrelay.base.Meters;
import io.ensrelay.base.OutOfMemory;
import io.ensrelay.base.Platform;
import io.ensrelay.event.Event;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
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
 * Delivers a destination's events: its cursor in the event log, and its lanes. The cursor exists
 * when the start returns, so that no event stored after it is missed.
 *
 * <p>A stop takes no more events, ends pauses between attempts, and waits 15 s for attempts in
 * flight. An attempt that has not ended by then is abandoned and not confirmed; its event is
 * redelivered.
 */
final class SpoolConsumer extends DefaultConsumer implements Lane.Route, Reports {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolConsumer.class);
  private static final long LOOK_AGAIN_MILLIS = 20;
  private static final long END_SECONDS = 15;
  private static final long ALONE_SECONDS = 10;

  private final List<Lane> lanes = new ArrayList<>();
  private final DestinationMeters meters;
  private final Platform platform;
  private final StallDetector stall;
  private final SlowDetector slow;
  private final Refusals refusals = new Refusals();
  private final Pauses pauses = new Pauses();

  /** Deliveries in flight. */
  private final Set<Delivery> deliveries = ConcurrentHashMap.newKeySet();

  /** By event id, the reason why an event is not tried again. */
  private final Map<String, Throwable> givenUp = new ConcurrentHashMap<>();

  /** By event id, the attempts before the event was given back. */
  private final Map<String, Integer> triesBefore = new ConcurrentHashMap<>();

  /** The events being delivered, on disk: what an unclean end of the relay interrupted. */
  private InFlightJournal inFlight;

  private Cursor cursor;
  private Producer dead;
  private volatile boolean stopping;
  private long stoppingSince;

  SpoolConsumer(SpoolEndpoint endpoint, Processor processor) {
    super(endpoint, processor);
    meters =
        new DestinationMeters(Meters.of(endpoint.getCamelContext()), endpoint.getDestination());
    platform = Platform.of(endpoint.getCamelContext());
    stall = new StallDetector(endpoint.getDestination(), meters::retried, platform.clock());
    slow = new SlowDetector(endpoint.getDestination(), platform.clock());
  }

  @Override
  public SpoolEndpoint getEndpoint() {
    return (SpoolEndpoint) super.getEndpoint();
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    Spool.requireValid(getEndpoint().selection());
    if (!getEndpoint().getComponent().holds(this)) {
      begin();
    }
  }

  /**
   * Attaches the lanes to the cursor, which is made for a new destination, and starts them. A relay
   * that only takes events makes the cursor for those that deliver.
   */
  void begin() throws Exception {
    stopping = false;
    SpoolEndpoint endpoint = getEndpoint();
    SpoolComponent component = endpoint.getComponent();
    Spool spool = component.spool();
    if (component.takesOnly()) {
      spool.expect(endpoint.getDestination(), endpoint.beginning());
      return;
    }
    dead = endpoint.getCamelContext().getEndpoint("spool:dead").createProducer();
    dead.start();
    inFlight =
        new InFlightJournal(component.data(), endpoint.getDestination(), endpoint.getLanes());
    cursor =
        spool.attach(
            endpoint.getDestination(),
            endpoint.getLanes(),
            endpoint.selection(),
            endpoint.beginning());
    spool.reads(endpoint.getDestination(), this::status);
    for (int i = 1; i <= endpoint.getLanes(); i++) {
      lanes.add(new Lane(cursor, i, this, platform));
    }
    lanes.forEach(Lane::start);
    component.add(this);
    if (spool.kafka().isPresent()) {
      // on disk, the process that stores the events does it
      spool.feedDevices(platform::thread);
    }
  }

  private DestinationStatus status() {
    return new DestinationStatus(
        getEndpoint().getDestination(),
        getEndpoint().getLanes(),
        cursor.isPaused(),
        stall.now(),
        slow.since(),
        deliveries.stream().flatMap(each -> each.waiting().stream()).findFirst(),
        meters.deliveredCount(),
        meters.retryCount(),
        deliveries.stream().map(Delivery::received).min(Long::compare).map(Instant::ofEpochMilli));
  }

  /**
   * Checks for a slow delivery and for the end of a stall; called about once a second.
   *
   * @param now the present {@link System#nanoTime()}
   */
  void look(long now) {
    slow.look(deliveries, now, stall.now().isPresent());
    stall.look();
  }

  @Override
  public void idle(int lane) {
    inFlight.idle(lane - 1);
  }

  /** Returns true if the event is delivered, dropped by its route, or kept as a dead letter. */
  @Override
  public boolean deliver(int lane, StoredEvent event, Batch batch) {
    String id = id(event);
    int ends = inFlight.ends(id);
    if (ends >= InFlightJournal.MOST_ENDS) {
      givenUp.put(id, new UncleanEnds(ends));
    }
    Throwable why = givenUp.get(id);
    if (why == null) {
      return ends == 0 ? attempt(lane, event, batch) : attemptAlone(lane, event, batch);
    }
    boolean isKept = keepAsDeadLetter(event, batch, why);
    if (isKept) {
      inFlight.mark(lane - 1, id).ends();
      givenUp.remove(id);
    }
    return isKept;
  }

  private static String id(StoredEvent event) {
    return String.valueOf(event.attributes().get("eventId"));
  }

  private Delivery delivery(StoredEvent event, Batch batch, int triesBefore, Delivery.Mark mark) {
    return new Delivery(this, event, batch, triesBefore, mark);
  }

  /**
   * Tries a suspect of an unclean end while no other suspect of any destination is tried, so that
   * the next end identifies the culprit. Waits at most 10 s for the others.
   */
  private boolean attemptAlone(int lane, StoredEvent event, Batch batch) {
    Semaphore turn = getEndpoint().getComponent().turnOfSuspects();
    boolean taken = false;
    try {
      taken = turn.tryAcquire(ALONE_SECONDS, TimeUnit.SECONDS);
      return attempt(lane, event, batch);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      if (taken) {
        turn.release();
      }
    }
  }

  private boolean attempt(int lane, StoredEvent event, Batch batch) {
    String id = id(event);
    Delivery delivery =
        delivery(event, batch, triesBefore.getOrDefault(id, 0), inFlight.mark(lane - 1, id));
    deliveries.add(delivery);
    if (stopping) {
      delivery.stop();
    }
    Exchange exchange = createExchange(false);
    delivery.fill(exchange);
    try {
      getProcessor().process(exchange);
    } catch (Exception e) {
      exchange.setException(e);
    } catch (Error e) {
      giveUp(id, e);
      throw e;
    } finally {
      deliveries.remove(delivery);
      delivery.end();
    }
    boolean failed = exchange.isFailed() || exchange.isRollbackOnly();
    if (failed) {
      failed(id, exchange, delivery);
    } else {
      triesBefore.remove(id);
      if (!delivery.isDeadLetter() && !delivery.isOutcomeLater()) {
        delivered(delivery);
      }
    }
    releaseExchange(exchange, false);
    return !failed;
  }

  private void failed(String event, Exchange exchange, Delivery delivery) {
    if (stopping) {
      return;
    }
    OutOfMemory.find(exchange.getException(), Error.class).ifPresent(error -> giveUp(event, error));
    triesBefore.put(event, delivery.tries());
    getExceptionHandler()
        .handleException(
            "Destination " + getEndpoint().getDestination() + ": an event is delivered again",
            exchange.getException());
  }

  /** Excludes an event from retries: another attempt would end in the same error. */
  private void giveUp(String event, Error error) {
    OutOfMemory.endProcessIfIn(error);
    givenUp.put(event, error);
  }

  @Override
  public String destination() {
    return getEndpoint().getDestination();
  }

  @Override
  public StallDetector stall() {
    return stall;
  }

  @Override
  public Refusals refusals() {
    return refusals;
  }

  @Override
  public List<StoredEvent> ahead(int most) throws IOException {
    return cursor.ahead(most);
  }

  @Override
  public long nanoTime() {
    return platform.nanoTime();
  }

  @Override
  public Duration linger(Duration wanted) {
    return platform.waits().linger(wanted);
  }

  @Override
  public Pauses pauses() {
    return pauses;
  }

  /** Sends an event through the route outside the spool; waits for the end of the route. */
  SentByHand send(Event event) {
    Exchange exchange = createExchange(false);
    try {
      return new HandDelivery(destination()).send(getProcessor(), exchange, event);
    } finally {
      releaseExchange(exchange, false);
    }
  }

  @Override
  public boolean isStopping() {
    return stopping;
  }

  @Override
  public void sends(Delivery delivery) {
    delivery.sends();
    deliveries.add(delivery);
  }

  @Override
  public void sent(Delivery delivery) {
    deliveries.remove(delivery);
    delivery.sent();
  }

  @Override
  public void delivered(Delivery delivery) {
    refusals.accepted();
    meters.delivered(delivery.received());
  }

  @Override
  public boolean keep(Delivery delivery, Throwable why) {
    return keepAsDeadLetter(delivery.event(), Batch.AT_ONCE, delivery.tries() - 1, why);
  }

  private boolean keepAsDeadLetter(StoredEvent event, Batch batch, Throwable why) {
    return keepAsDeadLetter(event, batch, triesBefore.getOrDefault(id(event), 1) - 1, why);
  }

  private boolean keepAsDeadLetter(StoredEvent event, Batch batch, int tries, Throwable why) {
    String id = id(event);
    Delivery delivery = delivery(event, batch, tries, Delivery.NO_MARK);
    Exchange exchange = createExchange(false);
    delivery.fill(exchange);
    exchange.setProperty(Exchange.EXCEPTION_CAUGHT, why);
    try {
      dead.process(exchange);
    } catch (Exception e) {
      exchange.setException(e);
    } finally {
      delivery.end();
    }
    if (exchange.isFailed() && !stopping) {
      LOG.warn(
          "Destination {}: event {} can't be kept as a dead letter, trying again: {}",
          getEndpoint().getDestination(),
          id,
          FailureReason.of(exchange.getException()).reason());
    }
    triesBefore.remove(id);
    boolean isKept = !exchange.isFailed();
    releaseExchange(exchange, false);
    return isKept;
  }

  /** Takes no more events and returns at once. */
  synchronized void stopTaking() {
    if (!stopping) {
      stopping = true;
      stoppingSince = System.nanoTime();
      lanes.forEach(Lane::stop);
      cursor.wakeLanes();
      deliveries.forEach(Delivery::stop);
      inFlight.close();
    }
  }

  /** Returns when none of these has a delivery in flight, or 15 s after their end began. */
  static void awaitEnd(Collection<SpoolConsumer> ending) throws InterruptedException {
    // each is asked: one whose endpoint hangs must not keep the others in their pauses
    while (ending.stream().filter(SpoolConsumer::isEnding).count() > 0) {
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  private boolean isEnding() {
    deliveries.forEach(Delivery::endPause);
    return lanes.stream().anyMatch(Lane::isAlive)
        && System.nanoTime() - stoppingSince < TimeUnit.SECONDS.toNanos(END_SECONDS);
  }

  @Override
  protected void doStop() throws Exception {
    if (cursor == null) {
      // its start failed, or another route failed to start before it
      getEndpoint().getComponent().remove(this);
      super.doStop();
      return;
    }
    stopTaking();
    awaitEnd(List.of(this));
    long left = lanes.stream().filter(Lane::isAlive).count();
    if (left > 0) {
      LOG.warn(
          "Destination {}: {} deliveries did not end within {} s; the relay will deliver their"
              + " events again",
          getEndpoint().getDestination(),
          left,
          END_SECONDS);
    }
    lanes.clear();
    dead.stop();
    SpoolComponent component = getEndpoint().getComponent();
    component.remove(this);
    cursor.detach();
    Spool spool = component.spool();
    spool.readsNoLonger(getEndpoint().getDestination());
    super.doStop();
  }

  /** The reason of a dead letter that most likely ended the relay. */
  private static final class UncleanEnds extends Exception {
    private static final long serialVersionUID = 1;

    UncleanEnds(int ends) {
      super(
          "the relay died "
              + ends
              + " times in a row while it delivered this event: most likely the event is the cause,"
              + " so it is not tried again");
    }
  }
}
