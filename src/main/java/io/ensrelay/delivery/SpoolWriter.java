package io.ensrelay.delivery;

import io.ensrelay.base.MemoryBudget;
import io.ensrelay.base.OutOfMemory;
import io.ensrelay.base.Platform;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts messages on the spool's disk, as many as there are at a time together: the disk is waited
 * for once for all of them.
 *
 * <p>Order: messages of one caller are stored in the order of its calls. When some can't be stored,
 * everything that was given until then fails too, and whatever comes before all of that was told
 * of: a caller that gives nothing more after a failure, or says so with {@code givenUp}, has
 * nothing overtaken. A copy of a stored event counts as stored. While the spool takes nothing (a
 * full disk), messages wait here, and their callers when they take a share of the memory. Threads:
 * safe; completions come on a thread of this writer, in order, and must not block; that of a
 * message that is not taken comes on its caller's.
 */
final class SpoolWriter implements AutoCloseable {
  /** What has become of a message; one of the two is called, once. */
  interface Completion {
    /**
     * @param copy it was on disk before, and is not there a second time
     */
    void stored(boolean copy);

    /** It may be on disk or not. */
    void failed(Exception reason);
  }

  /** Where messages are put on disk. */
  interface Target {
    /**
     * Puts messages on disk in their order, together.
     *
     * @return the places of those that were there before
     */
    BitSet append(List<LogEntry> entries) throws IOException;
  }

  record Waiting(LogEntry entry, Completion completion) {
    /** In memory, about. */
    int size() {
      return entry.size();
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(SpoolWriter.class);
  private static final int MAX_BATCH = 500;

  /** With one message more, far less than is left free on a disk. */
  private static final long MAX_BATCH_BYTES = 8 << 20;

  /** What may wait here. */
  static final long MAX_BYTES = MemoryBudget.OF_HEAP.unstored();

  /** Between a write that failed and the next. */
  private static final long PAUSE_MILLIS = 100;

  private final Target target;
  private final Thread thread;

  private final Object lock = new Object();
  private final Deque<Waiting> queue = new ArrayDeque<>();
  private long bytes;
  private int failures;
  private Exception failure;

  /** True while failed messages are being reported; nothing new is accepted until then. */
  private boolean failing;

  private boolean closed;

  SpoolWriter(Target target, Platform platform) {
    this.target = target;
    thread = platform.thread("spool-writer", this::run);
    thread.start();
  }

  /**
   * Takes messages, each when there is room for it. The first that is not taken, because of a
   * failure in between, takes those behind it with it.
   *
   * @param givenUp whether they will be given again anyway, after others
   */
  void store(Iterator<Waiting> messages, BooleanSupplier givenUp) {
    int before;
    synchronized (lock) {
      before = failures;
    }
    Exception refused = null;
    while (messages.hasNext()) {
      Waiting message = messages.next();
      refused = refused == null ? take(message, before, givenUp) : refused;
      if (refused != null) {
        message.completion().failed(refused);
      }
    }
  }

  /**
   * @param before how many failures there had been when the caller began
   * @return why not; null when it is taken
   */
  private Exception take(Waiting message, int before, BooleanSupplier givenUp) {
    synchronized (lock) {
      try {
        while (failures == before && !closed && !hasRoom(message)) {
          lock.wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IOException("interrupted before there was room");
      }
      if (closed) {
        return new IOException("the spool is closed");
      }
      if (failures != before || failing) {
        return failure;
      }
      if (givenUp.getAsBoolean()) {
        return new IOException("its message is delivered again");
      }
      queue.add(message);
      bytes += message.size();
      lock.notifyAll();
      return null;
    }
  }

  /** One that is too large is let in alone; this writer's thread can't wait for itself. */
  private boolean hasRoom(Waiting message) {
    return queue.isEmpty()
        || bytes + message.size() <= MAX_BYTES
        || Thread.currentThread() == thread;
  }

  private void run() {
    Deque<Waiting> batch = new ArrayDeque<>();
    try {
      batch = batch();
      while (!batch.isEmpty()) {
        try {
          BitSet copies = write(batch);
          for (int i = 0; !batch.isEmpty(); i++) {
            boolean copy = copies.get(i);
            tell(batch.remove(), completion -> completion.stored(copy));
          }
        } catch (Exception e) {
          fail(batch, e);
          pause();
        }
        batch = batch();
      }
    } finally {
      synchronized (lock) {
        closed = true;
      }
      fail(batch, new IOException("the spool is closed"));
    }
  }

  /** Waits for messages; none: this is closed. */
  private Deque<Waiting> batch() {
    Deque<Waiting> batch = new ArrayDeque<>();
    synchronized (lock) {
      try {
        while (queue.isEmpty() && !closed) {
          lock.wait();
        }
      } catch (InterruptedException e) {
        closed = true;
      }
      long left = bytes - MAX_BATCH_BYTES;
      while (!closed && !queue.isEmpty() && batch.size() < MAX_BATCH && bytes > left) {
        batch.add(remove());
      }
      lock.notifyAll();
    }
    return batch;
  }

  private Waiting remove() {
    Waiting message = queue.remove();
    bytes -= message.size();
    return message;
  }

  private BitSet write(Collection<Waiting> batch) throws IOException {
    List<LogEntry> entries = new ArrayList<>(batch.size());
    for (Waiting message : batch) {
      entries.add(message.entry());
    }
    return target.append(entries);
  }

  /** What is left of the batch, and what waits behind it; nothing is taken before all know. */
  private void fail(Deque<Waiting> batch, Exception reason) {
    synchronized (lock) {
      failures++;
      failure = reason;
      failing = true;
      while (!queue.isEmpty()) {
        batch.add(remove());
      }
      lock.notifyAll();
    }
    while (!batch.isEmpty()) {
      tell(batch.remove(), completion -> completion.failed(reason));
    }
    synchronized (lock) {
      failing = false;
    }
  }

  private static void tell(Waiting message, Consumer<Completion> outcome) {
    try {
      outcome.accept(message.completion());
    } catch (RuntimeException | Error e) {
      OutOfMemory.endProcessIfIn(e);
      LOG.error("Nobody knows what has become of a message, which comes again", e);
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What is not stored yet fails. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
