package io.ensrelay.spool;

import io.ensrelay.event.DeviceField;
import io.ensrelay.spool.log.LogView;
import io.ensrelay.spool.log.StoredEvent;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The last known state of each device, in {@code data/devices/devices.db}: a running relay fills it
 * by a {@link DeviceFeed}, people and systems read it. Reading a missing table finds nothing and
 * creates nothing.
 *
 * <p>Every method except {@link #close} may throw an IOException; its message says in one line what
 * to do. Threads: safe; one at a time uses the file, and never a thread that stores events.
 */
public final class Devices implements Closeable {
  /** Most devices of one list. */
  public static final int LONGEST_LIST = 1000;

  private static final long COUNTS_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Counting takes a twentieth of the time at most. */
  private static final int REST = 20;

  private final Log log;
  private final Set<DeviceField> kept;
  private final DatabaseFile file;
  private final AtomicBoolean created = new AtomicBoolean();
  private List<Count> counts = List.of();
  private long counted;

  /** How long the numbers count as new, in nanoseconds. */
  private long fresh;

  private volatile Optional<DeviceFeed> feed = Optional.empty();

  /**
   * Number of devices that share tenant, platform, status and compliance.
   *
   * @param os empty: unknown, like every other empty value
   */
  public record Count(
      String tenant,
      Optional<String> os,
      Optional<String> status,
      Optional<Boolean> compliant,
      long devices) {}

  /** Opens a view of the event log. */
  interface Log {
    LogView look() throws IOException;
  }

  Devices(Path data, Set<DeviceField> kept, Log log) {
    this.kept = kept;
    this.log = log;
    file =
        new DatabaseFile(
            "devices",
            data.resolve("devices/devices.db"),
            DeviceTable.schema(() -> created.set(true)),
            Clock.systemUTC());
  }

  /** Number of devices that match. */
  public long count(DeviceFilter filter) throws IOException {
    return file.read(0L, connection -> filter.condition().count(connection, "device"));
  }

  /**
   * The matching devices in the order of their first events, which does not change.
   *
   * @param after {@link Device#row} of the last device that the caller has; empty: none
   * @param limit up to {@link #LONGEST_LIST}
   */
  public List<Device> list(DeviceFilter filter, OptionalLong after, int limit) throws IOException {
    SqlCondition rest = filter.condition().and("row > ?", after.orElse(0));
    return list(rest, "row", limit);
  }

  /** The matching devices that were seen last, in that order. */
  public List<Device> seenLast(DeviceFilter filter, int limit) throws IOException {
    return list(filter.condition(), DeviceTable.SEEN + " DESC, row", limit);
  }

  private List<Device> list(SqlCondition condition, String order, int limit) throws IOException {
    return file.read(
        List.of(),
        connection ->
            DeviceTable.list(connection, condition, order, Math.min(limit, LONGEST_LIST)));
  }

  /** The devices with this id, one for each tenant that has it. */
  public List<Device> get(String id) throws IOException {
    return list(SqlCondition.ANY.and("id = ?", id), "tenant", LONGEST_LIST);
  }

  /**
   * Numbers of devices by tenant, platform, status and compliance; with very many devices up to 10
   * s old: counting a million takes seconds.
   */
  public synchronized List<Count> counts() throws IOException {
    long now = System.nanoTime();
    if (counts.isEmpty() || now - counted > fresh) {
      counts = file.read(List.of(), DeviceTable::counts);
      counted = System.nanoTime();
      fresh = Math.min(COUNTS_NANOS, REST * (counted - now));
    }
    return counts;
  }

  /** Number of devices in the table of a running relay, without a look at the table. */
  public long known() {
    return feed.map(DeviceFeed::known).orElse(0L);
  }

  /** Number of late events that this process has stored. */
  public long late() {
    return feed.map(DeviceFeed::late).orElse(0L);
  }

  /**
   * The newest events of a device in the event log, the newest first. Reads the whole log.
   *
   * @param limit greatest number of events
   */
  public List<StoredEvent> history(Device device, int limit) throws IOException {
    Deque<StoredEvent> newest = new ArrayDeque<>();
    log.look()
        .events(
            new LogView.Wanted(
                Optional.empty(),
                Optional.empty(),
                attributes ->
                    device.id().equals(attributes.get("deviceId"))
                        && device.tenant().equals(attributes.get("tenant"))),
            event -> {
              newest.addFirst(event);
              if (newest.size() > limit) {
                newest.removeLast();
              }
              return true;
            });
    return new ArrayList<>(newest);
  }

  /**
   * Deletes a device from the table; its next event or snapshot adds it again.
   *
   * @return false: the table does not have it
   */
  public boolean forget(Device device) throws IOException {
    Optional<DeviceFeed> running = feed;
    return running.isPresent() ? running.get().forget(device) : delete(device);
  }

  boolean delete(Device device) throws IOException {
    synchronized (this) {
      counts = List.of();
    }
    return file.read(
        false, connection -> DeviceTable.delete(connection, device.tenant(), device.id()));
  }

  /**
   * Takes an answer of the service about a device in the table, if this process keeps the table;
   * returns at once.
   *
   * @param asked when it was asked
   * @param json of the device
   */
  public void learned(String tenant, String id, Instant asked, byte[] json) {
    feed.ifPresent(
        running ->
            DeviceState.of(tenant, id, asked.toEpochMilli(), json, kept)
                .ifPresent(running::learned));
  }

  void fedBy(DeviceFeed some) {
    feed = Optional.of(some);
  }

  Set<DeviceField> kept() {
    return kept;
  }

  /** Opens the table, erases fields that are no longer kept, and reads the times of all devices. */
  void begin(DeviceTable.Times times) throws IOException {
    file.write(
        connection -> {
          DeviceTable.erase(connection, EnumSet.complementOf(copy(kept)));
          DeviceTable.times(connection, times);
          return 0;
        });
  }

  private static EnumSet<DeviceField> copy(Set<DeviceField> fields) {
    EnumSet<DeviceField> copy = EnumSet.noneOf(DeviceField.class);
    copy.addAll(fields);
    return copy;
  }

  /** Records states in one transaction. */
  void record(Map<Long, DeviceState> newest) throws IOException {
    Collection<DeviceState> states = newest.values();
    file.write(
        connection -> {
          DeviceTable.record(connection, states, kept);
          return 0;
        });
  }

  /** Whether the file is new and lacks the events in the log; false after {@link #filling}. */
  boolean isNew() {
    return created.get();
  }

  /** Called when the table begins to get all events in the log. */
  void filling() {
    created.set(false);
  }

  @Override
  public void close() {
    file.close();
  }
}
