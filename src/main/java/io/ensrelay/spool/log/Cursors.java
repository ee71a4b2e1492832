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
 * The cursors of all destinations, and the thread that keeps them on disk: some milliseconds after
 * a change, and forced once a second. The same thread looks after the log once a second. Threads:
 * safe.
 */
final class Cursors implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cursors.class);
  private static final long GATHER_MILLIS = 20;
  private static final long FORCE_MILLIS = 1000;

  private final EventLog log;
  private final Disk disk;
  private final Path directory;
  private final ConcurrentSkipListMap<String, Cursor> byName = new ConcurrentSkipListMap<>();

  /** Held while cursors are written. */
  private final Object writing = new Object();

  private final Thread keeper = new Thread(this::keep, "spool-cursors");
  private final Object sleep = new Object();
  private volatile boolean changed;
  private volatile boolean closed;
  private volatile boolean unforced;
  private boolean failing;

  Cursors(EventLog log, Disk disk, Path directory) {
    this.log = log;
    this.disk = disk;
    this.directory = directory.normalize();
    keeper.setDaemon(true);
  }

  /**
   * Reads the cursors that are there.
   *
   * @return the highest number that any of them has passed; 0 without any
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
        // made when the power failed, and no event was stored for it
        file.delete();
        continue;
      }
      String name = path.getFileName().toString();
      Optional<CursorState> state = file.read();
      if (state.isEmpty()) {
        LOG.error(
            "{} can't be read: {} begins with the oldest event that is kept, and is delivered"
                + " events again",
            path,
            name);
      }
      CursorState begin = state.orElseGet(() -> CursorState.at(first));
      most = Math.max(most, begin.most());
      byName.put(name, new Cursor(log, name, file, begin));
    }
    return most;
  }

  /** What a system or an editor leaves behind, such as {@code .DS_Store}, is no destination. */
  static boolean isCursor(Path file) {
    return Files.isRegularFile(file) && file.getFileName().toString().matches(Cursor.NAME);
  }

  void start() {
    keeper.start();
  }

  Collection<Cursor> all() {
    return byName.values();
  }

  Optional<Cursor> get(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** Makes a cursor; nothing is appended to the log before it is on disk. */
  synchronized Cursor add(String name, long position) throws IOException {
    Path file = directory.resolve(name).normalize();
    if (!directory.equals(file.getParent()) || !name.matches(Cursor.NAME)) {
      throw new IllegalArgumentException("no destination can have the name '" + name + "'");
    }
    Cursor cursor = new Cursor(log, name, new CursorFile(disk, file), CursorState.at(position));
    byName.put(name, cursor);
    return cursor;
  }

  synchronized void remove(Cursor cursor) throws IOException {
    synchronized (writing) {
      byName.remove(cursor.destination(), cursor);
      cursor.file().delete();
    }
  }

  /**
   * @throws IOException when a cursor can't be written of which nothing is on disk: its destination
   *     would miss what is appended, if the power failed
   */
  void requireWritten() throws IOException {
    for (Cursor cursor : byName.values()) {
      if (cursor.kept() < 0) {
        writeNow(cursor);
      }
    }
  }

  /**
   * The lowest number that is not confirmed, or not on disk as confirmed; {@code end} without any
   * destination.
   */
  long least(long end) {
    return byName.values().stream()
        .mapToLong(each -> Math.min(each.kept(), each.position()))
        .reduce(end, Math::min);
  }

  /** Has on disk what is confirmed, if that can be. */
  void tryToKeep() {
    try {
      write();
      force();
    } catch (IOException e) {
      LOG.debug("{} can't be written yet", directory, e);
    }
  }

  /** Something is to be written, soon. */
  void changed() {
    if (!changed) {
      changed = true;
      synchronized (sleep) {
        sleep.notifyAll();
      }
    }
  }

  /** Nobody reads a file of events any more that is deleted. */
  void leave(Segment deleted) throws IOException {
    for (Cursor cursor : byName.values()) {
      cursor.leave(deleted);
    }
  }

  void wakeLanes(List<StoredEvent> appended) {
    for (Cursor cursor : byName.values()) {
      cursor.wake(appended);
    }
  }

  /** Returns when it is on disk. */
  void writeNow(Cursor cursor) throws IOException {
    synchronized (writing) {
      if (byName.get(cursor.destination()) == cursor) {
        cursor.write();
        disk.forceDirectory(directory);
        cursor.force();
      }
    }
  }

  private void keep() {
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
          log.lookAfter();
        }
        failing = false;
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException e) {
        if (!failing) {
          failing = true;
          LOG.warn("{}: cursors can't be written, trying again: {}", directory, e.toString());
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

  /** Has what is confirmed in the files: it survives the end of the process. */
  void write() throws IOException {
    synchronized (writing) {
      changed = false;
      for (Cursor cursor : byName.values()) {
        cursor.write();
      }
      unforced = true;
    }
  }

  /** Has what was written on disk: it survives a power cut. */
  void force() throws IOException {
    if (!unforced) {
      return;
    }
    synchronized (writing) {
      for (Cursor cursor : byName.values()) {
        if (cursor.kept() < 0) {
          writeNow(cursor);
        } else {
          cursor.force();
        }
      }
      unforced = false;
    }
  }

  /** Ends the thread; cursors are still written when they are asked to be. */
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

  /** Everything is on disk then, unless an exception says that it is not. */
  @Override
  public void close() throws IOException {
    stop();
    IOException failure = null;
    for (Cursor cursor : byName.values()) {
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
