package io.ensrelay.spool;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.activemq.artemis.jms.client.ActiveMQSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where events are kept between the intake and the destinations: a JMS broker, by default the one
 * inside this JVM.
 *
 * <p>Starts with the first connection. Says in the log, once each time, that it takes no events and
 * why, and that it goes on. Threads: safe.
 */
public final class Spool implements AutoCloseable {
  /** Of the embedded broker. */
  public enum State {
    RUNNING,
    /** It takes no new events until there is room. */
    DISK_FULL,
    /** It can't write, and is started again until it can. */
    DOWN
  }

  /** The topic that holds all events. */
  public static final String EVENTS = "ens.events";

  /** The queue of a destination's dead letters is this and the destination's name. */
  public static final String DEAD = "ens.dead.";

  /** What the intake could not make events of has this in the place of a destination. */
  public static final String INTAKE = "intake";

  /** Room for messages with many devices, and for what the service repeats late. */
  private static final int IDS_PER_MESSAGE_IN_FLIGHT = 20;

  /** Also with a large window they leave the heap to the events. */
  private static final int MOST_IDS = 100_000;

  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  private final Path directory;
  private final Optional<SpoolBroker> broker;
  private final ActiveMQConnectionFactory connections;
  private final EventFeed feed = new EventFeed();
  private final Set<String> notSubscribed = ConcurrentHashMap.newKeySet();
  private final Map<String, Supplier<DestinationStatus>> read = new ConcurrentSkipListMap<>();
  private ScheduledExecutorService watch;
  private State lastSeen = State.RUNNING;

  /**
   * @param data the data directory; the broker's files are in {@code spool} below it
   * @param url an external broker, for example {@code tcp://host:61616}; empty: the embedded one
   * @param inFlight how many messages of the service may be unconfirmed, and so come again
   */
  public Spool(Path data, Optional<String> url, int inFlight) {
    directory = data.resolve("spool");
    broker =
        url.isPresent()
            ? Optional.empty()
            : Optional.of(
                new SpoolBroker(
                    directory, Math.min(MOST_IDS, IDS_PER_MESSAGE_IN_FLIGHT * inFlight)));
    connections = connectionFactory(url.orElseGet(() -> broker.get().url()));
  }

  private static ActiveMQConnectionFactory connectionFactory(String url) {
    ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(url);
    // whoever uses a connection makes it anew when it broke, and decides what to send again
    factory.setReconnectAttempts(0);
    factory.setInitialConnectAttempts(1);
    factory.setBlockOnDurableSend(true);
    // the answer to a confirmation nobody waits for is taken for that of the next call: a recover
    // would end before the broker has begun with it, and what comes again would come out of order
    factory.setBlockOnAcknowledge(true);
    factory.setProducerWindowSize(4 << 20);
    factory.setConsumerWindowSize(512 << 10);
    factory.setCacheDestinations(true);
    return factory;
  }

  /** Stores events, the quickest way. */
  Store eventStore() {
    Store jms = new JmsStore(this, DiskReserve::isFree);
    return broker.map(embedded -> (Store) new BrokerStore(embedded, jms)).orElse(jms);
  }

  /** The events as they are stored by this process. */
  public EventFeed feed() {
    return feed;
  }

  /** How the embedded broker is; empty: an external one is used. */
  public Optional<State> state() {
    return broker.map(SpoolBroker::state);
  }

  /** Returns once the embedded broker's disk has this room. */
  void awaitRoom(Predicate<DiskReserve> room) throws JMSException {
    try {
      if (broker.isPresent()) {
        broker.get().running().awaitRoom(room);
      }
    } catch (Exception e) {
      throw failure(e);
    }
  }

  /**
   * To be called before a transaction is committed in which messages were sent, see {@link
   * SpoolServer}.
   *
   * @throws JMSException when the embedded broker could not write all of them
   */
  void requireWritten(Session session, List<String> addresses) throws JMSException {
    try {
      if (broker.isPresent()) {
        for (String address : addresses) {
          // answered when everything sent before has been dealt with
          ((ActiveMQSession) session).getCoreSession().addressQuery(SimpleString.of(address));
          broker.get().running().requireWritten(address);
        }
      }
    } catch (Exception e) {
      throw failure(e);
    }
  }

  /** Where the embedded broker keeps its files. */
  public Path directory() {
    return directory;
  }

  /** Opens a connection; the caller starts and closes it. */
  Connection connect() throws JMSException {
    try {
      start();
    } catch (Exception e) {
      throw failure(e);
    }
    return connections.createConnection();
  }

  static JMSException failure(Exception e) {
    if (e instanceof JMSException known) {
      return known;
    }
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    JMSException failure = new JMSException(String.valueOf(e.getMessage()));
    failure.initCause(e);
    return failure;
  }

  /** Starts the embedded broker when there is one and it does not run. */
  public synchronized void start() throws Exception {
    if (broker.isEmpty()) {
      return;
    }
    broker.get().start();
    if (watch == null) {
      watch =
          Executors.newSingleThreadScheduledExecutor(
              task -> {
                Thread thread = new Thread(task, "spool-watch");
                thread.setDaemon(true);
                return thread;
              });
      watch.scheduleWithFixedDelay(this::watch, 1, 1, TimeUnit.SECONDS);
    }
  }

  void reads(String destination, Supplier<DestinationStatus> status) {
    read.put(destination, status);
  }

  void readsNoLonger(String destination) {
    read.remove(destination);
  }

  /** The destinations that are read by routes of this process, by name. */
  public List<DestinationStatus> destinations() {
    return read.values().stream().map(Supplier::get).toList();
  }

  /** A destination of this run has no subscription yet: what is stored now would pass it by. */
  void notSubscribed(String destination) {
    notSubscribed.add(destination);
  }

  void subscribed(String destination) {
    notSubscribed.remove(destination);
  }

  /**
   * @throws JMSException while a destination waits for its subscription
   */
  void requireSubscriptions() throws JMSException {
    if (!notSubscribed.isEmpty()) {
      throw new JMSException("not subscribed yet: " + String.join(", ", notSubscribed));
    }
  }

  /**
   * Opens a lane's end of the durable subscription of a destination, which is made when there is
   * none.
   *
   * @throws jakarta.jms.InvalidSelectorException when the selector can't be read
   */
  Subscription subscribe(String destination, String selector) throws JMSException {
    if (broker.isEmpty()) {
      return new JmsSubscription(this, destination, selector);
    }
    try {
      start();
      return new BrokerSubscription(broker.get(), destination, selector);
    } catch (Exception e) {
      throw failure(e);
    }
  }

  private void watch() {
    State state = broker.get().state();
    if (state == State.DOWN) {
      restart();
    }
    if (state == lastSeen) {
      return;
    }
    lastSeen = state;
    switch (state) {
      case DISK_FULL ->
          LOG.warn(
              "The disk of {} is nearly full: no event is taken from the service until there is"
                  + " room. Nothing is lost, the service keeps events for its retention time.",
              directory);
      case DOWN ->
          LOG.error(
              "The spool under {} can't write: no event is taken from the service until it can."
                  + " Look for a full or read-only disk.",
              directory);
      case RUNNING -> LOG.info("The spool under {} takes events again.", directory);
    }
  }

  private void restart() {
    try {
      broker.get().start();
    } catch (Exception e) {
      LOG.debug("the spool does not start yet", e);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (watch != null) {
        watch.shutdownNow();
        watch = null;
      }
    }
    connections.close();
    try {
      if (broker.isPresent()) {
        broker.get().close();
      }
    } catch (Exception e) {
      LOG.warn("The spool under {} did not stop cleanly: {}", directory, e.getMessage());
    }
  }
}
