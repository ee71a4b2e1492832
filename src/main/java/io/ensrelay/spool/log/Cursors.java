package io.ensrelay.spool.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cursors of all destinations, and the thread that persists them: it writes changes within some
 * milliseconds and forces them once a second. The same thread maintains the log once a second.
 * Threads: safe.
 */
final class Cursors implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cursors.class);
  private static final long GATHER_MILLIS = 20;
  private static final long FORCE_MILLIS = 1000;

  private final DiskLog log;
  private final Disk disk;
  private final Path directory;
  private final ConcurrentSkipListMap<String, DiskCursor> byName = new ConcurrentSkipListMap<>();

  /** Held while cursors are written. */
  private final Object writing = new Object();

  private final Thread keeper = new Thread(this::persist, "spool-cursors");
  private final Object sleep = new Object();
  private volatile boolean changed;
  private volatile boolean closed;
  private volatile boolean unforced;
  private boolean failing;

  Cursors(DiskLog log, Disk disk, Path directory) {
    this.log = log;
    this.disk = disk;
    this.directory = directory.normalize();
    keeper.setDaemon(true);
  }

  /**
   * Reads the existing cursors.
   *
   * @return the highest position of any cursor; 0: there is none
   */
  long load(long first) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(Cursors::isCursor).sorted().toList();
    }
    long most = 0;
    for (Path path : files) {
      CursorFile file = new CursorFile(disk, path);
      if (Files.size(path) == 0) {
        // a power cut came before its first write, so no event was stored for it
        file.delete();
        continue;
      }
      String name = path.getFileName().toString();
      Optional<CursorState> state = file.read();
      if (state.isEmpty()) {
        LOG.error(
            "{} can't be read: destination {} begins with the oldest kept event, so events are"
                + " delivered again",
            path,
            name);
      }
      CursorState begin = state.orElseGet(() -> CursorState.at(first));
      most = Math.max(most, begin.most());
      byName.put(name, new DiskCursor(log, name, file, begin));
    }
    return most;
  }

  /** False for other files, such as {@code .DS_Store} or an editor's. */
  static boolean isCursor(Path file) {
    return Files.isRegularFile(file)
        && (file.getFileName().toString().matches(DiskCursor.NAME) || isOwn(file));
  }

  /** Whether it is the cursor of one of the relay's own readers. */
  static boolean isOwn(Path file) {
    return file.getFileName().toString().matches(DiskCursor.OWN);
  }

  void start() {
    keeper.start();
  }

  /** The destinations, without the relay's own readers. */
  Collection<DiskCursor> destinations() {
    return byName.values().stream().filter(each -> !each.isOwn()).toList();
  }

  /** The cursor of a destination or of one of the relay's own readers. */
  Optional<DiskCursor> get(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** Adds a cursor; no append succeeds before the cursor is on disk. */
  synchronized DiskCursor add(String name, long position) throws IOException {
    Path file = directory.resolve(name).normalize();
    boolean isName = name.matches(DiskCursor.NAME) || name.matches(DiskCursor.OWN);
    if (!directory.equals(file.getParent()) || !isName) {
      throw new IllegalArgumentException("no destination can have the name '" + name + "'");
    }
    DiskCursor cursor =
        new DiskCursor(log, name, new CursorFile(disk, file), CursorState.at(position));
    byName.put(name, cursor);
    return cursor;
  }

  synchronized void remove(DiskCursor cursor) throws IOException {
    synchronized (writing) {
      byName.remove(cursor.destination(), cursor);
      cursor.file().delete();
    }
  }

  /**
   * @throws IOException if a new cursor can't be written: after a power cut its destination would
   *     miss the events appended meanwhile
   */
  void requireWritten() throws IOException {
    for (DiskCursor cursor : byName.values()) {
      if (cursor.persisted() < 0) {
        writeNow(cursor);
      }
    }
  }

  /** The lowest number that somebody still needs; {@code end} if there is nobody. */
  long least(long end) {
    return byName.values().stream()
        .filter(each -> !each.isOwn() || each.isAttached())
        .mapToLong(each -> Math.min(each.persisted(), each.position()))
        .reduce(end, Math::min);
  }

  /** Writes and forces all confirmations if possible. */
  void tryToPersist() {
    try {
      write();
      force();
    } catch (IOException e) {
      LOG.debug("{} can't be written yet", directory, e);
    }
  }

  /** Reports a change, which the thread writes soon. */
  void changed() {
    if (!changed) {
      changed = true;
      synchronized (sleep) {
        sleep.notifyAll();
      }
    }
  }

  /** Closes a deleted segment in every cursor. */
  void leave(Segment deleted) throws IOException {
    for (DiskCursor cursor : byName.values()) {
      cursor.leave(deleted);
    }
  }

  void wakeLanes(List<StoredEvent> appended) {
    for (DiskCursor cursor : byName.values()) {
      cursor.wake(appended);
    }
  }

  /** Writes a cursor; returns when it is on disk. */
  void writeNow(DiskCursor cursor) throws IOException {
    synchronized (writing) {
      if (byName.get(cursor.destination()) == cursor) {
        cursor.write();
        disk.forceDirectory(directory);
        cursor.force();
      }
    }
  }

  private void persist() {
    long forced = System.nanoTime();
    while (!closed) {
      try {
        await(FORCE_MILLIS);
        if (changed && !closed) {
          TimeUnit.MILLISECONDS.sleep(GATHER_MILLIS);
          write();
        }
        if (System.nanoTime() - forced > TimeUnit.MILLISECONDS.toNanos(FORCE_MILLIS)) {
          forced = System.nanoTime();
          force();
          log.maintain();
        }
        failing = false;
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException e) {
        if (!failing) {
          failing = true;
          LOG.warn(
              "{}: cannot record what was delivered, trying again: {}", directory, e.toString());
        }
        changed = true;
        pause();
      }
    }
  }

  private void await(long millis) throws InterruptedException {
    synchronized (sleep) {
      if (!changed && !closed) {
        sleep.wait(millis);
      }
    }
  }

  private void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(FORCE_MILLIS);
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  /** Writes all confirmations: they survive a crash of the process. */
  void write() throws IOException {
    synchronized (writing) {
      changed = false;
      for (DiskCursor cursor : byName.values()) {
        cursor.write();
      }
      unforced = true;
    }
  }

  /** Forces all written confirmations: they survive a power cut. */
  void force() throws IOException {
    if (!unforced) {
      return;
    }
    synchronized (writing) {
      for (DiskCursor cursor : byName.values()) {
        if (cursor.persisted() < 0) {
          writeNow(cursor);
        } else {
          cursor.force();
        }
      }
      unforced = false;
    }
  }

  /** Ends the thread; {@link #writeNow} keeps working. */
  void stop() {
    closed = true;
    synchronized (sleep) {
      sleep.notifyAll();
    }
    try {
      keeper.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Writes all cursors; returns when they are on disk, or throws. */
  @Override
  public void close() throws IOException {
    stop();
    IOException failure = null;
    for (DiskCursor cursor : byName.values()) {
      try {
        writeNow(cursor);
      } catch (IOException e) {
        failure = e;
      }
      cursor.close();
    }
    if (failure != null) {
      throw failure;
    }
  }
}
