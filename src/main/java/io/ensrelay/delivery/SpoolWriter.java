package io.ensrelay.delivery;

import io.ensrelay.base.MemoryBudget;
import io.ensrelay.base.OutOfMemory;
import io.ensrelay.base.Platform;
import io.ensrelay.spool.Appended;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
 * Writes messages to the spool in batches: all messages waiting for the disk share one write.
 *
 * <p>Order: messages of one caller are stored in the order of its calls. A failed write fails all
 * messages accepted until then, and new ones are refused until all these failures are reported. So
 * no message overtakes another if its caller stops after a failure or reports it by {@code
 * givenUp}. A duplicate of a stored event counts as stored, a stale snapshot too. While the spool
 * takes nothing (a full disk), messages wait here, and so do callers when the memory for waiting
 * messages is used up. Threads: safe. Completions run in order on a thread of this writer and must
 * not block. A refused message completes on its caller's thread.
 */
final class SpoolWriter implements AutoCloseable {
  /** Receives the outcome of a message: one of its methods is called, once. */
  interface Completion {
    /** It is on disk, or needs not to be. */
    void stored(Appended.Outcome outcome);

    /** The message may be on disk nevertheless. */
    void failed(Exception reason);
  }

  /** Stores messages on disk. */
  interface Target {
    /** Stores messages in order, in one write; returns when they are on disk. */
    Appended append(List<LogEntry> entries) throws IOException;
  }

  record Waiting(LogEntry entry, Completion completion) {
    /** Approximate bytes in memory. */
    int size() {
      return entry.size();
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(SpoolWriter.class);
  private static final int MAX_BATCH = 500;

  /** With one message more, still far less than the reserve of the disk. */
  private static final long MAX_BATCH_BYTES = 8 << 20;

  /** Most bytes of waiting messages. */
  static final long MAX_BYTES = MemoryBudget.OF_HEAP.unstored();

  /** Between a failed write and the next one. */
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
   * Accepts messages, each when there is room for it. A failure meanwhile refuses the next message
   * and all after it.
   *
   * @param givenUp whether the messages will be redelivered anyway, after others
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
   * @param before number of failures when the caller began
   * @return the reason for refusing it; null: it is accepted
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

  /** An oversized message is accepted alone; this writer's thread can't wait for itself. */
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
          Appended appended = write(batch);
          for (int i = 0; !batch.isEmpty(); i++) {
            Appended.Outcome outcome = appended.of(i);
            tell(batch.remove(), completion -> completion.stored(outcome));
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

  /** Waits for messages; returns none when this is closed. */
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

  private Appended write(Collection<Waiting> batch) throws IOException {
    List<LogEntry> entries = new ArrayList<>(batch.size());
    for (Waiting message : batch) {
      entries.add(message.entry());
    }
    return target.append(entries);
  }

  /** Fails the rest of the batch and all waiting messages; accepts none until all are reported. */
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
      LOG.error(
          "A step of the intake failed. If its message stays unacknowledged, the service sends it"
              + " again: {}",
          e.toString());
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Fails the messages that are not stored yet. */
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
