package io.ensrelay.spool;

import io.ensrelay.base.FilePermissions;
import io.ensrelay.base.MemoryBudget;
import io.ensrelay.event.DeviceField;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.Gap;
import io.ensrelay.spool.kafka.KafkaAccess;
import io.ensrelay.spool.kafka.KafkaLog;
import io.ensrelay.spool.kafka.KafkaSettings;
import io.ensrelay.spool.kafka.KafkaView;
import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.Damage;
import io.ensrelay.spool.log.DiskLog;
import io.ensrelay.spool.log.DiskView;
import io.ensrelay.spool.log.EventLog;
import io.ensrelay.spool.log.LogEntry;
import io.ensrelay.spool.log.LogOptions;
import io.ensrelay.spool.log.LogView;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Keeps events between the intake and the destinations: the event log, in the data directory or on
 * Kafka, the dead letters, and the table of devices if it is wanted.
 *
 * <p>The first call that needs the log opens it. Threads: safe.
 */
public final class Spool implements AutoCloseable {
  /** Stands for the destination in the dead letter of a message that could not be split. */
  public static final String INTAKE = "intake";

  /**
   * Property of an exchange whose events have been stored: a {@link BitSet} with the indexes of the
   * snapshots that were dropped as stale; absent: none.
   */
  public static final String STALE = "ensStale";

  /** Allows for messages with many devices and for late redeliveries. */
  private static final int IDS_PER_MESSAGE_IN_FLIGHT = 20;

  /** Limits the ids' share of the heap when many messages may be in flight. */
  private static final int MOST_IDS = 100_000;

  private final Path data;
  private final Config config;
  private final EventSplitter events;
  private final EventFeed feed = new EventFeed();
  private final SnapshotGuard snapshots = new SnapshotGuard();
  private final DeadLetters letters;
  private final Optional<Devices> devices;
  private final Map<String, Supplier<DestinationStatus>> read = new ConcurrentSkipListMap<>();
  private Optional<EventLog> log = Optional.empty();
  private volatile Optional<DeviceFeed> deviceFeed = Optional.empty();

  /**
   * Settings of a spool.
   *
   * @param tenant the tenant in events that report damage
   * @param inFlight most unacknowledged messages; the service may redeliver all of them
   * @param keep how long delivered events are kept
   * @param keepBytes most bytes of delivered events; beyond this the oldest are deleted at any age
   * @param kafka the cluster that has the event log; empty: it is on disk
   * @param devices further fields that the table of devices keeps; empty: there is no table
   */
  public record Config(
      String tenant,
      int inFlight,
      Duration keep,
      long keepBytes,
      Optional<KafkaSettings> kafka,
      Optional<Set<DeviceField>> devices) {
    /** For a data directory that no relay uses: keeps all events. */
    public static Config keepingAll(String tenant) {
      return new Config(
          tenant, 1000, Duration.ofDays(3650), Long.MAX_VALUE, Optional.empty(), Optional.empty());
    }

    /** The same, with the event log on this cluster. */
    public Config on(Optional<KafkaSettings> cluster) {
      return new Config(tenant, inFlight, keep, keepBytes, cluster, devices);
    }

    /** The same with a table of devices, or without one. */
    public Config with(Optional<Set<DeviceField>> fields) {
      return new Config(tenant, inFlight, keep, keepBytes, kafka, fields);
    }
  }

  /**
   * @param data the data directory
   */
  public Spool(Path data, Config config) {
    this.data = data;
    this.config = config;
    events = new EventSplitter(config.tenant());
    letters =
        new DeadLetters(
            this,
            config.kafka().isPresent()
                ? new DeadLetterStore(data, access())
                : new DeadLetterStore(data));
    devices = config.devices().map(fields -> new Devices(data, fields, () -> look(data, kafka())));
  }

  private KafkaAccess access() {
    return new KafkaAccess(config.kafka().get(), KafkaSettings.machine(data));
  }

  /**
   * A read-only view of the events of a data directory, also while a relay uses it.
   *
   * @param kafka the cluster that has them instead
   * @throws IOException if there is no log, or this version can't read it
   */
  public static LogView look(Path data, Optional<KafkaSettings> kafka) throws IOException {
    return kafka.isPresent()
        ? new KafkaView(new KafkaAccess(kafka.get(), KafkaSettings.machine(data)))
        : new DiskView(data.resolve("spool"), Selection::of);
  }

  /** The log; the first call opens it. */
  synchronized EventLog log() throws IOException {
    if (log.isEmpty()) {
      log = Optional.of(config.kafka().isPresent() ? onKafka() : onDisk());
    }
    return log.get();
  }

  private EventLog onKafka() {
    return new KafkaLog(access(), options(0));
  }

  private EventLog onDisk() throws IOException {
    Path directory = directory();
    FilePermissions.OWNER.createDirectories(directory);
    return new DiskLog(directory, options(new DiskReserve(directory).bytes()));
  }

  private LogOptions options(long reserve) {
    return new LogOptions(
        config.keep(),
        config.keepBytes(),
        reserve,
        Math.min(MOST_IDS, IDS_PER_MESSAGE_IN_FLIGHT * config.inFlight()),
        MemoryBudget.OF_HEAP.newest(),
        LogOptions.segmentBytes(config.keepBytes()),
        Selection::of,
        this::told,
        Clock.systemUTC());
  }

  /** The gap event that reports damage; it spans the time between the events before and after. */
  private LogEntry told(Damage damage) {
    Instant from = damage.before().orElse(Instant.EPOCH);
    Event gap =
        events.event(
            new Gap(
                from,
                damage.after().orElse(from),
                0,
                damage.events() + " events can't be read in the event log: " + damage.file()));
    return new LogEntry(gap.time(), gap.attributes(), gap.json(), Optional.empty());
  }

  /** Stores events in one write, without stale snapshots; returns when they are on disk. */
  public Appended append(List<LogEntry> entries) throws IOException {
    return snapshots.append(entries, this::store);
  }

  private BitSet store(List<LogEntry> entries) throws IOException {
    Optional<DeviceFeed> feed = deviceFeed;
    return feed.isPresent() ? feed.get().append(entries) : log().append(entries);
  }

  /**
   * From now on this process keeps the table of devices, and marks late events; without a table
   * this does nothing. Call it in a process that stores events, and on Kafka also in one that
   * delivers them: each has a table of its own, of all events.
   *
   * @param threads makes a thread from a name and its work
   */
  public synchronized void feedDevices(BiFunction<String, Runnable, Thread> threads)
      throws IOException {
    if (devices.isPresent() && deviceFeed.isEmpty()) {
      DeviceFeed made = new DeviceFeed(devices.get(), log(), new DeviceTimes(), threads);
      devices.get().fedBy(made);
      made.start();
      deviceFeed = Optional.of(made);
    }
  }

  /** The table of devices; empty: it is switched off. */
  public Optional<Devices> devices() {
    return devices;
  }

  /**
   * Attaches lanes to a destination's cursor, which hands out its events.
   *
   * @throws IllegalArgumentException if the selection is invalid
   */
  public Cursor attach(String destination, int lanes, String selection, Begin begin)
      throws IOException {
    return log().attach(destination, lanes, selection, begin);
  }

  /**
   * @param selection as for {@link #attach}
   * @throws IllegalArgumentException if it is invalid
   */
  public static void requireValid(String selection) {
    Selection.of(selection);
  }

  /** Shows the events that this process stores. */
  public EventFeed feed() {
    return feed;
  }

  /** The dead letters. */
  public DeadLetters letters() {
    return letters;
  }

  /** State of the log; empty: it has not been opened. */
  public synchronized Optional<EventLog.State> state() {
    return log.map(EventLog::state);
  }

  /**
   * Declares a destination that routes of other machines read; see {@link EventLog#expect}.
   *
   * @param begin start position if it is new
   */
  public void expect(String destination, Begin begin) throws IOException {
    log().expect(destination, begin);
  }

  /**
   * Reads the ids of the newest events before this process begins to take a tenant's events; see
   * {@link EventLog#recall}.
   */
  public void recall() throws IOException {
    log().recall();
  }

  /** Why the log takes no events, in one line; empty: it takes them, or the state says enough. */
  public synchronized Optional<String> problem() {
    return log.flatMap(EventLog::problem);
  }

  /** Destinations that may lose events soon, a line each. */
  public synchronized List<String> warnings() {
    return log.map(EventLog::warnings).orElse(List.of());
  }

  /** The cluster that has the event log; empty: it is on disk. */
  public Optional<KafkaSettings> kafka() {
    return config.kafka();
  }

  /** Number of events found unreadable since the start. */
  public synchronized long damaged() {
    return log.map(EventLog::damaged).orElse(0L);
  }

  /** The directory of the log; on Kafka it is empty. */
  public Path directory() {
    return data.resolve("spool");
  }

  public void reads(String destination, Supplier<DestinationStatus> status) {
    read.put(destination, status);
  }

  public void readsNoLonger(String destination) {
    read.remove(destination);
  }

  /** The destinations that routes of this process read, by name. */
  public List<DestinationStatus> destinations() {
    return read.values().stream().map(Supplier::get).toList();
  }

  /**
   * @throws IOException if the last confirmations could not be written; their events are
   *     redelivered
   */
  @Override
  public synchronized void close() throws IOException {
    letters.close();
    deviceFeed.ifPresent(DeviceFeed::close);
    deviceFeed = Optional.empty();
    devices.ifPresent(Devices::close);
    if (log.isPresent()) {
      log.get().close();
      log = Optional.empty();
    }
  }
}
