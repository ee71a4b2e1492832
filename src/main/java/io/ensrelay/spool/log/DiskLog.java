package io.ensrelay.spool.log;

import io.ensrelay.base.FilePermissions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events of the service on disk, in order, and the cursors of the destinations; the package
 * description lists the invariants. One process at a time may open it. Threads: safe.
 */
public final class DiskLog implements EventLog {
  /** The disk has no room for events. */
  private static final class NoRoomException extends IOException {
    private static final long serialVersionUID = 1;

    NoRoomException(long reserve) {
      super("the disk is nearly full (less than " + (reserve >> 20) + " MB free)");
    }
  }

  /** Named after what people know. */
  private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

  private final Path directory;
  private final LogOptions options;
  private final Disk disk;
  private final Segments segments;
  private final LogSearch search;
  private final Cursors cursors;
  private final KnownEventIds ids;
  private final RecentEvents tail;
  private final Codec codec = new Codec();

  /** Held while events are appended. */
  private final Object appending = new Object();

  /**
   * Held while segments are deleted, so that no cursor is rewound into a deleted one, and while
   * cursors are added or removed. Acquired after {@link #appending}.
   */
  private final Object deleting = new Object();

  private final Set<Long> toldDamage = ConcurrentHashMap.newKeySet();
  private final AtomicLong damaged = new AtomicLong();

  /** Number of the next event; all lower ones are on disk. */
  private volatile long end;

  /** Number of the newest known event for a single destination; -1: there is none. */
  private volatile long lastForOne = -1;

  private volatile State state = State.RUNNING;

  /** The segment that is appended to; empty: the next event begins one. */
  private Optional<Segment> active = Optional.empty();

  private Disk.File file;

  /** Forced bytes of the active segment. */
  private long size;

  private boolean closed;

  /**
   * Opens the log in a directory; creates the directory if it is missing.
   *
   * @throws IOException if it can't be opened; the message says in one line why and what to do
   */
  public DiskLog(Path directory, LogOptions options) throws IOException {
    this(directory, options, Disk.REAL);
  }

  DiskLog(Path directory, LogOptions options, Disk disk) throws IOException {
    this.directory = directory;
    this.options = options;
    this.disk = disk;
    FilePermissions.OWNER.createDirectories(directory.resolve("cursors"));
    if (!Format.isKnown(directory)) {
      Format.write(directory, disk);
    }
    segments = Segments.in(directory);
    search = new LogSearch(this, segments);
    cursors = new Cursors(this, disk, directory.resolve("cursors"));
    ids = new KnownEventIds(options.ids());
    end = recover();
    long passed = cursors.load(segments.first(end));
    if (passed > end) {
      LOG.error(
          "{}: the newest event is {}, but a destination has delivered up to {}: event files are"
              + " missing or come from an older copy, so events may be missing for good. The next"
              + " event gets the number {}.",
          directory,
          end,
          passed,
          passed);
      end = passed;
      // the segment's name keeps the number even if that destination is removed
      begin();
    }
    loadIds();
    tail = new RecentEvents(options.tailBytes(), end);
    cursors.start();
  }

  /**
   * Finds the end of the log and truncates an incomplete event there, which a power cut leaves.
   *
   * @return the number of the next event
   */
  private long recover() throws IOException {
    Optional<Segment> newest = segments.newest();
    if (newest.isEmpty()) {
      return 0;
    }
    LogEnd ending = LogEnd.of(disk, segments, newest.get());
    Segment segment = newest.get();
    Disk.File last = disk.open(segment.path());
    try {
      long bytes = last.size();
      if (bytes > ending.place()) {
        LOG.info(
            "{}: removed the last {} bytes, an incomplete event as after a power cut; the event was"
                + " not acknowledged, so the service sends it again",
            segment.path(),
            bytes - ending.place());
        last.truncate(ending.place());
        // the old object remembers offsets behind the cut
        segments.add(new Segment(directory, segment.first()));
      }
      // events of a killed process may be in the page cache only, and count from now on
      last.force();
      disk.forceDirectory(directory);
      active = segments.newest();
      file = last;
      size = ending.place();
    } catch (IOException e) {
      last.close();
      throw e;
    }
    return ending.number();
  }

  /** Loads the ids of the newest events, as many as the service may redeliver. */
  private void loadIds() throws IOException {
    try (LogScan scan = scan(Math.max(segments.first(end), end - options.ids()))) {
      while (scan.next(end)) {
        if (scan.damage().isPresent()) {
          continue;
        }
        if (scan.destination().isEmpty()) {
          ids.addAtOpening(scan.attributes());
        } else {
          lastForOne = scan.number();
        }
      }
    }
  }

  LogOptions options() {
    return options;
  }

  Cursors cursors() {
    return cursors;
  }

  LogSearch search() {
    return search;
  }

  Object deleting() {
    return deleting;
  }

  /** A pass over the log from an event on. */
  LogScan scan(long from) {
    return new LogScan(disk, segments, Optional.ofNullable(tail), from);
  }

  /** The number of the next event. */
  long end() {
    return end;
  }

  /** Number of the oldest kept event. */
  long first() {
    return segments.first(end);
  }

  long lastForOne() {
    return lastForOne;
  }

  @Override
  public State state() {
    return state;
  }

  @Override
  public Optional<String> problem() {
    return Optional.empty();
  }

  @Override
  public List<String> warnings() {
    return List.of();
  }

  @Override
  public long damaged() {
    return damaged.get();
  }

  /** {@inheritDoc} If it fails, none of the events is in the log. */
  @Override
  public BitSet append(List<LogEntry> entries) throws IOException {
    synchronized (appending) {
      if (closed) {
        throw new IOException("the spool is closed");
      }
      BitSet duplicates = ids.duplicates(entries);
      if (duplicates.cardinality() == entries.size()) {
        return duplicates;
      }
      try {
        cursors.requireWritten();
        requireRoom();
        write(entries, duplicates);
        become(State.RUNNING);
      } catch (NoRoomException e) {
        become(State.DISK_FULL);
        throw e;
      } catch (IOException | RuntimeException e) {
        become(State.DOWN);
        throw e;
      }
      return duplicates;
    }
  }

  /** On a nearly full disk deletes delivered events before it refuses new ones. */
  private void requireRoom() throws IOException {
    if (disk.usable(directory) > options.reserve()) {
      return;
    }
    deleteDelivered(true);
    if (disk.usable(directory) <= options.reserve()) {
      throw new NoRoomException(options.reserve());
    }
  }

  private void write(List<LogEntry> entries, BitSet duplicates) throws IOException {
    if (active.isEmpty() || size >= options.segmentBytes()) {
      begin();
    }
    Segment segment = active.orElseThrow();
    codec.clear();
    List<StoredEvent> events = new ArrayList<>(entries.size());
    int[] places = new int[entries.size()];
    for (int i = 0; i < entries.size(); i++) {
      if (!duplicates.get(i)) {
        long number = end + events.size();
        places[events.size()] = codec.length();
        codec.encode(entries.get(i), number);
        events.add(StoredEvent.of(entries.get(i), number));
      }
    }
    try {
      file.write(codec.bytes(), codec.length(), size);
      file.force();
    } catch (IOException | RuntimeException | Error e) {
      abandon();
      throw e;
    }
    ids.add(entries, duplicates);
    for (int i = 0; i < events.size(); i++) {
      StoredEvent event = events.get(i);
      segment.passes(event.number(), size + places[i], event.received());
      if (event.destination().isPresent()) {
        lastForOne = event.number();
      }
    }
    size += codec.length();
    tail.add(events);
    end += events.size();
    cursors.wakeLanes(events);
  }

  /** Begins a new segment. */
  private void begin() throws IOException {
    closeActive();
    Segment segment = new Segment(directory, end);
    Disk.File next = disk.open(segment.path());
    try {
      next.truncate(0);
      next.force();
      disk.forceDirectory(directory);
    } catch (IOException e) {
      next.close();
      throw e;
    }
    segments.add(segment);
    active = Optional.of(segment);
    file = next;
    size = 0;
  }

  /**
   * Ends the segment at its last forced event: after a failed write or force, the bytes on disk are
   * unknown. If it can't be truncated, the number of the next segment marks the same end.
   */
  private void abandon() {
    try {
      file.truncate(size);
      file.force();
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} could not be cut", active, e);
    }
    closeActive();
  }

  private void closeActive() {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        LOG.debug("{} could not be closed", active, e);
      }
    }
    file = null;
    active = Optional.empty();
    size = 0;
  }

  @Override
  public DiskCursor attach(String destination, int lanes, String selector, Begin begin)
      throws IOException {
    if (lanes < 1 || lanes > LaneProgress.MOST_LANES) {
      throw new IllegalArgumentException(
          destination + " has " + lanes + " lanes: 1 to " + LaneProgress.MOST_LANES);
    }
    if (!selector.isEmpty()) {
      options.selections().apply(selector);
    }
    DiskCursor cursor;
    synchronized (deleting) {
      Optional<DiskCursor> known = cursors.get(destination);
      cursor = known.isPresent() ? known.get() : cursors.add(destination, number(begin));
      if (cursor.isOwn() && cursor.position() < first()) {
        // nothing was kept for it while it was away
        cursor.skip(first());
      }
      cursor.attach(lanes, selector);
    }
    try {
      cursors.requireWritten();
    } catch (IOException e) {
      LOG.warn(
          "Destination {}: cannot write its cursor, so no event is stored until this works: {}",
          destination,
          e.toString());
    }
    return cursor;
  }

  @Override
  public void expect(String destination, Begin begin) throws IOException {
    synchronized (deleting) {
      if (cursors.get(destination).isEmpty()) {
        cursors.add(destination, number(begin));
      }
    }
  }

  /** Nobody else stores events. */
  @Override
  public void recall() {}

  private long number(Begin begin) throws IOException {
    return switch (begin.kind()) {
      case NOW -> end;
      case EARLIEST -> first();
      case AGE -> search.numberAt(options.clock().instant().minus(begin.age()));
    };
  }

  @Override
  public Collection<DiskCursor> destinations() {
    return cursors.destinations();
  }

  @Override
  public Optional<DiskCursor> destination(String name) {
    return cursors.get(name).filter(cursor -> !cursor.isOwn());
  }

  @Override
  public long forget(String destination) throws IOException {
    Optional<DiskCursor> cursor = cursors.get(destination);
    if (cursor.isEmpty()) {
      return 0;
    }
    // exact, whereas a backlog may count events not yet tested against the selection
    long events = cursor.get().countSkip(end);
    synchronized (deleting) {
      if (cursor.get().isAttached()) {
        throw new IllegalStateException(
            destination + " is read by a route: remove its route file first");
      }
      cursors.remove(cursor.get());
    }
    return events;
  }

  /**
   * The event that reports damage; logs each damage once.
   *
   * @param key selects the lane that delivers the event
   */
  StoredEvent told(Damage damage, int key) throws IOException {
    if (toldDamage.add(damage.from())) {
      damaged.addAndGet(damage.events());
      LOG.error(
          "{}: {} events can't be read ({}). Each destination that waits for them gets a relay.gap.",
          directory,
          damage.events(),
          damage.file());
    }
    Optional<Instant> before =
        damage.from() > first() ? search.receivedAt(damage.from() - 1) : Optional.empty();
    Damage between =
        new Damage(
            damage.file(), damage.from(), damage.to(), before, search.receivedAt(damage.to()));
    LogEntry told = options.told().apply(between);
    return new StoredEvent(
        damage.from(),
        key,
        told.received(),
        told.attributes(),
        told.body(),
        told.destination(),
        false);
  }

  /** Called once a second: deletes segments, and checks whether the log can take events again. */
  void maintain() throws IOException {
    deleteDelivered(disk.usable(directory) <= options.reserve());
    boolean room = disk.usable(directory) > options.reserve();
    if (state == State.RUNNING && !room) {
      become(State.DISK_FULL);
    } else if (state == State.DISK_FULL && room) {
      become(State.RUNNING);
    } else if (state == State.DOWN && room) {
      tryAgain();
    }
  }

  private synchronized void become(State next) {
    if (next == state) {
      return;
    }
    state = next;
    switch (next) {
      case DISK_FULL ->
          LOG.error(
              "The disk of {} is nearly full: the relay takes no events until there is room. Make"
                  + " room within the time for which the service keeps events.",
              directory);
      case DOWN ->
          LOG.error(
              "The event log in {} can't be written: the relay takes no events until it can. Look"
                  + " for a full or read-only disk.",
              directory);
      case RUNNING -> LOG.info("The event log in {} takes events again", directory);
    }
  }

  private void tryAgain() {
    synchronized (appending) {
      try {
        if (!closed && state == State.DOWN) {
          cursors.requireWritten();
          begin();
          become(State.RUNNING);
        }
      } catch (IOException e) {
        LOG.debug("{} can't be written yet", directory, e);
      }
    }
  }

  /**
   * Deletes segments that every cursor on disk has passed: old ones, those beyond the size limit,
   * and all of them when the disk is full. Forces each deletion before the next one, so that a
   * power cut leaves no hole.
   */
  private void deleteDelivered(boolean tight) throws IOException {
    if (tight) {
      cursors.tryToPersist();
    }
    // before locking deleting: the lock order is appending, then deleting
    beginAnew(cursors.least(end), tight);
    synchronized (deleting) {
      long delivered = cursors.least(end);
      List<Segment> all = segments.all();
      List<Segment> passed = new ArrayList<>();
      long bytes = 0;
      for (int i = 0; i + 1 < all.size() && all.get(i + 1).first() <= delivered; i++) {
        passed.add(all.get(i));
        bytes += bytes(all.get(i));
      }
      for (Segment segment : passed) {
        if (!tight && bytes <= options.keepBytes() && !isOld(segment)) {
          return;
        }
        bytes -= bytes(segment);
        disk.delete(segment.path());
        disk.forceDirectory(directory);
        segments.remove(segment);
        cursors.leave(segment);
        LOG.debug("{} is delivered and deleted", segment.path());
      }
    }
  }

  /** Ends an active segment of old, delivered events, because an active one can't be deleted. */
  private void beginAnew(long delivered, boolean tight) throws IOException {
    synchronized (appending) {
      if (size > 0 && delivered == end && (tight || isOld(active.orElseThrow()))) {
        begin();
      }
    }
  }

  private boolean isOld(Segment segment) throws IOException {
    Optional<Segment> after = segments.after(segment.first());
    long newest = after.isPresent() ? search.oldest(after.get()) : -1;
    long time = newest >= 0 ? newest : Math.max(segment.newest(), search.oldest(segment));
    return time < options.clock().instant().minus(options.keep()).toEpochMilli();
  }

  private static long bytes(Segment segment) throws IOException {
    return Files.exists(segment.path()) ? Files.size(segment.path()) : 0;
  }

  /** Closes the files and refuses further appends; the cursors are on disk when this returns. */
  @Override
  public void close() throws IOException {
    synchronized (appending) {
      if (closed) {
        return;
      }
      closed = true;
      closeActive();
    }
    cursors.close();
  }
}
