package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.LogEntry;
import io.ensrelay.spool.log.LogOptions;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event log on Kafka, for several machines: a topic with the events, a consumer group for each
 * destination, and the state topic. Invariants, each held by a test:
 *
 * <ol>
 *   <li>An append returns after all in-sync replicas have its events; if anything fails before, it
 *       throws, and none of its events counts as known.
 *   <li>The events of a device are in one partition, so one machine and one lane deliver them in
 *       order.
 *   <li>No event is appended before every destination of this machine's routes has a position or a
 *       proposal for it; the lowest proposal counts.
 *   <li>A commit never covers more than the lanes have confirmed.
 *   <li>A move is in the state topic first; the reader of each partition then makes it once.
 * </ol>
 *
 * <p>Threads: safe. It opens without an answer of Kafka; calls that need one wait or fail.
 */
public final class KafkaLog implements EventLog {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaLog.class);
  private static final long UPKEEP_MILLIS = 5000;
  private static final long AGAIN_MILLIS = 500;
  private static final int TRIES = 10;

  private final KafkaAccess access;
  private final LogOptions options;
  private final Topics topics;
  private final Offsets offsets;
  private final Condition condition;
  private final Appender appender;
  private final Lag lag;
  private final Map<String, KafkaCursor> cursors = new ConcurrentSkipListMap<>();

  /** Destinations whose proposal is not written yet. */
  private final Map<String, Begin> unproposed = new ConcurrentSkipListMap<>();

  private final AtomicLong damaged = new AtomicLong();
  private final Thread upkeep = new Thread(this::upkeep, "kafka-upkeep");

  /** Guards the two below. */
  private final Object opening = new Object();

  private Optional<Shared> shared = Optional.empty();
  private Optional<IOException> failure = Optional.empty();

  private final Object sleep = new Object();
  private boolean hurried;
  private volatile boolean recalled;
  private volatile boolean closed;

  /** The parts that need an answer of Kafka to open. */
  private record Shared(StateTopic state, Positions positions) {}

  /**
   * @param options it uses only the ids, the selections and the event that reports damage
   */
  public KafkaLog(KafkaAccess access, LogOptions options) {
    this.access = access;
    this.options = options;
    topics = new Topics(access);
    offsets = new Offsets(access);
    condition = new Condition(access, offsets, topics::leastInSync);
    appender = new Appender(access, options.ids(), condition);
    lag = new Lag(access, offsets);
    upkeep.setDaemon(true);
    upkeep.start();
  }

  KafkaAccess access() {
    return access;
  }

  LogOptions options() {
    return options;
  }

  Offsets offsets() {
    return offsets;
  }

  Lag lag() {
    return lag;
  }

  /** The state topic; the first call that succeeds opens it. */
  public StateTopic table() throws IOException {
    return shared().state();
  }

  Positions positions() throws IOException {
    return shared().positions();
  }

  /** Waits for the first try to open it; later it fails at once until a try succeeds. */
  private Shared shared() throws IOException {
    synchronized (opening) {
      while (shared.isEmpty() && failure.isEmpty() && !closed) {
        try {
          opening.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InterruptedIOException("interrupted while waiting for Kafka");
        }
      }
      if (closed) {
        throw new IOException("the spool is closed");
      }
      if (shared.isEmpty()) {
        throw failure.orElseThrow();
      }
      return shared.get();
    }
  }

  /** Called by the upkeep only. */
  private void open() throws IOException {
    Optional<Shared> opened = Optional.empty();
    Optional<IOException> why = Optional.empty();
    try {
      condition.requireBroker();
      topics.prepare();
      StateTopic state = stateTopic();
      state.onChange((key, value) -> Positions.destination(key).ifPresent(this::changed));
      opened = Optional.of(new Shared(state, new Positions(state, offsets, access.machine())));
    } catch (IOException e) {
      condition.failed(e.getMessage());
      why = Optional.of(e);
      throw e;
    } finally {
      synchronized (opening) {
        shared = opened;
        failure = why;
        opening.notifyAll();
      }
    }
  }

  /** Some brokers learn late of a topic that was just created. */
  private StateTopic stateTopic() throws IOException {
    for (int tries = 1; true; tries++) {
      try {
        return StateTopic.open(access, access.settings().stateTopic());
      } catch (IOException e) {
        boolean isNew = e.getCause() instanceof UnknownTopicOrPartitionException;
        if (!isNew || tries == TRIES || closed) {
          throw e;
        }
      }
      try {
        TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while waiting for Kafka");
      }
    }
  }

  /** Reports that a machine, perhaps this one, has changed a destination's state. */
  private void changed(String destination) {
    Optional.ofNullable(cursors.get(destination)).ifPresent(KafkaCursor::changed);
  }

  @Override
  public BitSet append(List<LogEntry> entries) throws IOException {
    awaitBegun();
    return appender.append(entries);
  }

  /** Waits until every destination has a position, and the ids of the newest events are known. */
  private void awaitBegun() throws IOException {
    while (true) {
      try {
        propose();
        if (!recalled) {
          recall();
        }
        return;
      } catch (IOException e) {
        if (closed
            || e instanceof InterruptedIOException
            || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        condition.failed(e.getMessage());
      }
      try {
        TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while waiting for Kafka");
      }
    }
  }

  /** One at a time: a later proposal must not replace one that an append relies on. */
  private void propose() throws IOException {
    Positions positions = positions();
    synchronized (unproposed) {
      for (Map.Entry<String, Begin> each : unproposed.entrySet()) {
        positions.propose(each.getKey(), each.getValue());
        unproposed.remove(each.getKey(), each.getValue());
      }
    }
  }

  @Override
  public synchronized void recall() throws IOException {
    shared();
    SortedMap<Integer, Long> end = offsets.end();
    SortedMap<Integer, Long> from = offsets.first();
    long each = options.ids() / Math.max(1, end.size()) + 1;
    from.replaceAll((partition, first) -> Math.max(first, end.get(partition) - each));
    List<Map<String, Object>> newest = new ArrayList<>();
    new Tail(access)
        .read(
            from,
            end,
            (partition, event) -> {
              if (event.destination().isEmpty()) {
                newest.add(event.attributes());
              }
              return true;
            });
    appender.recall(newest);
    recalled = true;
  }

  @Override
  public void expect(String destination, Begin begin) {
    requireName(destination);
    cursor(destination);
    unproposed.put(destination, begin);
  }

  private static void requireName(String destination) {
    if (!destination.matches(Cursor.NAME) && !destination.matches(Cursor.OWN)) {
      throw new IllegalArgumentException("no destination can have the name '" + destination + "'");
    }
  }

  @Override
  public Cursor attach(String destination, int lanes, String selector, Begin begin)
      throws IOException {
    requireName(destination);
    if (!selector.isEmpty()) {
      options.selections().apply(selector);
    }
    String name = isOwn(destination) ? destination + "." + access.machine() : destination;
    KafkaCursor cursor = cursor(name);
    cursor.attach(lanes, selector);
    unproposed.put(name, begin);
    hurry();
    return cursor;
  }

  /** Whether it is one of the relay's own readers: on each machine they read all events. */
  static boolean isOwn(String destination) {
    return destination.startsWith("_");
  }

  private KafkaCursor cursor(String destination) {
    return cursors.computeIfAbsent(destination, name -> new KafkaCursor(this, name));
  }

  @Override
  public Collection<KafkaCursor> destinations() throws IOException {
    Map<String, KafkaCursor> all = new TreeMap<>(cursors);
    positions().destinations().forEach(name -> all.put(name, cursor(name)));
    all.keySet().removeIf(KafkaLog::isOwn);
    return all.values();
  }

  @Override
  public Optional<KafkaCursor> destination(String name) throws IOException {
    boolean isKnown =
        cursors.containsKey(name)
                && (cursors.get(name).isAttached() || unproposed.containsKey(name))
            || positions().destinations().contains(name);
    return isKnown && !isOwn(name) ? Optional.of(cursor(name)) : Optional.empty();
  }

  @Override
  public long forget(String destination) throws IOException {
    Optional<KafkaCursor> cursor = destination(destination);
    if (cursor.isEmpty()) {
      return 0;
    }
    if (cursor.get().isAttached()) {
      throw new IllegalStateException(
          destination + " is read by a route: remove its route file first");
    }
    long events = cursor.get().waiting();
    positions().forget(destination);
    unproposed.remove(destination);
    cursors.remove(destination);
    return events;
  }

  @Override
  public State state() {
    return condition.problem().isPresent() ? State.DOWN : State.RUNNING;
  }

  @Override
  public Optional<String> problem() {
    return condition.problem();
  }

  @Override
  public long damaged() {
    return damaged.get();
  }

  void lost(long events) {
    damaged.addAndGet(events);
  }

  @Override
  public List<String> warnings() {
    return lag.warnings();
  }

  private void upkeep() {
    while (!closed) {
      try {
        keepUp();
      } catch (IOException | RuntimeException e) {
        LOG.debug("Kafka can't be used yet", e);
      }
      synchronized (sleep) {
        try {
          if (!hurried && !closed) {
            sleep.wait(UPKEEP_MILLIS);
          }
        } catch (InterruptedException e) {
          return;
        }
        hurried = false;
      }
    }
  }

  /** Wakes the upkeep. */
  private void hurry() {
    synchronized (sleep) {
      hurried = true;
      sleep.notifyAll();
    }
  }

  private void keepUp() throws IOException {
    boolean isOpen;
    synchronized (opening) {
      isOpen = shared.isPresent();
    }
    if (!isOpen) {
      open();
    }
    propose();
    for (KafkaCursor cursor : cursors.values()) {
      cursor.read();
    }
    condition.check();
    if (!closed) {
      List<KafkaCursor> ofRoutes =
          cursors.values().stream().filter(cursor -> !isOwn(cursor.destination())).toList();
      lag.warn(ofRoutes, topics.retention());
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    upkeep.interrupt();
    appender.close();
    for (KafkaCursor cursor : cursors.values()) {
      cursor.detach();
    }
    synchronized (opening) {
      opening.notifyAll();
      shared.ifPresent(each -> each.state().close());
      shared = Optional.empty();
    }
    offsets.close();
  }
}
