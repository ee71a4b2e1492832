package io.ensrelay.spool;

import io.ensrelay.base.MemoryBudget;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.Gap;
import io.ensrelay.files.FilePermissions;
import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.Damage;
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
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;

/**
 * Where events are kept between the intake and the destinations: the event log under the data
 * directory, and the dead letters beside it.
 *
 * <p>The log is opened by the first call that needs it. Threads: safe.
 */
public final class Spool implements AutoCloseable {
  /** A message that is no event has this name in the place of a destination. */
  public static final String INTAKE = "intake";

  /** Room for messages with many devices, and for what the service repeats late. */
  private static final int IDS_PER_MESSAGE_IN_FLIGHT = 20;

  /** Also with a large window they leave the heap to the events. */
  private static final int MOST_IDS = 100_000;

  private final Path data;
  private final Config config;
  private final EventSplitter events;
  private final EventFeed feed = new EventFeed();
  private final DeadLetters letters;
  private final Map<String, Supplier<DestinationStatus>> read = new ConcurrentSkipListMap<>();
  private Optional<EventLog> log = Optional.empty();

  /**
   * What a spool is made of.
   *
   * @param tenant named by the events that tell of damage
   * @param inFlight how many messages of the service may be unacknowledged, and so come again
   * @param keep how long delivered events stay
   * @param keepBytes delivered events beyond so many bytes go, however young they are
   */
  public record Config(String tenant, int inFlight, Duration keep, long keepBytes) {
    /** For a data directory whose relay does not run: whatever is there stays. */
    public static Config keepingAll(String tenant) {
      return new Config(tenant, 1000, Duration.ofDays(3650), Long.MAX_VALUE);
    }
  }

  /**
   * @param data the data directory
   */
  public Spool(Path data, Config config) {
    this.data = data;
    this.config = config;
    events = new EventSplitter(config.tenant());
    letters = new DeadLetters(this, data);
  }

  /**
   * A look at the events of a data directory, also while a relay works on it.
   *
   * @throws IOException when there is no log, or none that this version reads
   */
  public static LogView look(Path data) throws IOException {
    return new LogView(data.resolve("spool"), Selection::of);
  }

  /** The log, opened. */
  synchronized EventLog log() throws IOException {
    if (log.isEmpty()) {
      Path directory = directory();
      FilePermissions.OWNER.createDirectories(directory);
      log =
          Optional.of(
              new EventLog(
                  directory,
                  new LogOptions(
                      config.keep(),
                      config.keepBytes(),
                      new DiskReserve(directory).bytes(),
                      Math.min(MOST_IDS, IDS_PER_MESSAGE_IN_FLIGHT * config.inFlight()),
                      MemoryBudget.OF_HEAP.newest(),
                      LogOptions.segmentBytes(config.keepBytes()),
                      Selection::of,
                      this::told,
                      Clock.systemUTC())));
    }
    return log.get();
  }

  /** The gap that stands for damage, between the events before and behind it. */
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

  /**
   * Puts events on disk, together.
   *
   * @return the places in the list of those that were there before
   */
  public BitSet append(List<LogEntry> entries) throws IOException {
    return log().append(entries);
  }

  /**
   * Has the events of a destination handed out to lanes.
   *
   * @throws IllegalArgumentException when the selection can't be read
   */
  public Cursor attach(String destination, int lanes, String selection, Begin begin)
      throws IOException {
    return log().attach(destination, lanes, selection, begin);
  }

  /** The events as they are stored by this process. */
  public EventFeed feed() {
    return feed;
  }

  /** What could not be delivered. */
  public DeadLetters letters() {
    return letters;
  }

  /** How the log is; empty: it has not been opened. */
  public synchronized Optional<EventLog.State> state() {
    return log.map(EventLog::state);
  }

  /** How many events could not be read since the start. */
  public synchronized long damaged() {
    return log.map(EventLog::damaged).orElse(0L);
  }

  /** Where the log is. */
  public Path directory() {
    return data.resolve("spool");
  }

  public void reads(String destination, Supplier<DestinationStatus> status) {
    read.put(destination, status);
  }

  public void readsNoLonger(String destination) {
    read.remove(destination);
  }

  /** The destinations that are read by routes of this process, by name. */
  public List<DestinationStatus> destinations() {
    return read.values().stream().map(Supplier::get).toList();
  }

  /**
   * @throws IOException when the last confirmations could not be written: their events are
   *     delivered again
   */
  @Override
  public synchronized void close() throws IOException {
    letters.close();
    if (log.isPresent()) {
      log.get().close();
      log = Optional.empty();
    }
  }
}
