package io.ensrelay.spool;

import jakarta.jms.JMSException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Puts messages on the spool's disk, as many as there are at a time together: the disk is waited
 * for once for all of them.
 *
 * <p>Order: messages are stored in the order of the calls, and after a failure everything that was
 * given before it was told of fails too, so that nothing overtakes. A copy of a stored message (the
 * same {@code _AMQ_DUPL_ID}) counts as stored. While the spool takes nothing (a full disk),
 * messages wait here, and the caller with them when they take a share of the memory. Threads: safe;
 * completions of what was taken come on a thread of this writer, in order, and must not block;
 * those of what was not taken come on the caller's.
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

  record Waiting(Store.Entry entry, Completion completion) {
    /** In memory, about. */
    int size() {
      return entry.body().length + ATTRIBUTES_BYTES;
    }
  }

  private static final int ATTRIBUTES_BYTES = 2000;
  private static final int MAX_BATCH = 500;

  /** What may wait here: a share of the memory of the JVM. */
  static final long MAX_BYTES = Runtime.getRuntime().maxMemory() / 32;

  /** Long enough for whoever gives messages to learn of a failure and to stop. */
  private static final long PAUSE_MILLIS = 100;

  private final Spool spool;
  private final Store store;
  private final Thread thread;

  private final Object lock = new Object();
  private final Deque<Waiting> queue = new ArrayDeque<>();
  private long bytes;
  private int failures;
  private Exception failure;
  private boolean closed;

  SpoolWriter(Spool spool, Store store, String name) {
    this.spool = spool;
    this.store = store;
    thread = new Thread(this::run, "spool-writer-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Takes messages, each when there is room for it. The first that is not taken, because of a
   * failure in between, takes those behind it with it.
   */
  void store(Iterator<Waiting> messages) {
    int before;
    synchronized (lock) {
      before = failures;
    }
    Exception refused = null;
    while (messages.hasNext()) {
      Waiting message = messages.next();
      refused = refused == null ? take(message, before) : refused;
      if (refused != null) {
        message.completion().failed(refused);
      }
    }
  }

  /**
   * @param before how many failures there had been when the caller began
   * @return why not; null when it is taken
   */
  private Exception take(Waiting message, int before) {
    synchronized (lock) {
      try {
        while (failures == before && !queue.isEmpty() && bytes + message.size() > MAX_BYTES) {
          lock.wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new JMSException("interrupted before there was room");
      }
      if (failures != before) {
        return failure;
      }
      if (closed) {
        return new JMSException("the spool is closed");
      }
      queue.add(message);
      bytes += message.size();
      lock.notifyAll();
      return null;
    }
  }

  private void run() {
    List<Waiting> batch = batch();
    while (!batch.isEmpty()) {
      try {
        BitSet copies = write(batch);
        for (int i = 0; i < batch.size(); i++) {
          batch.get(i).completion().stored(copies.get(i));
        }
      } catch (Exception e) {
        fail(batch, e);
      }
      batch = batch();
    }
    store.close();
    failAll(new JMSException("the spool is closed"));
  }

  /** Waits for messages; none: this is closed. */
  private List<Waiting> batch() {
    List<Waiting> batch = new ArrayList<>();
    synchronized (lock) {
      try {
        while (queue.isEmpty() && !closed) {
          lock.wait();
        }
      } catch (InterruptedException e) {
        closed = true;
      }
      while (!closed && !queue.isEmpty() && batch.size() < MAX_BATCH) {
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

  private BitSet write(List<Waiting> batch) throws Exception {
    spool.requireSubscriptions();
    return store.write(batch.stream().map(Waiting::entry).toList());
  }

  private void fail(List<Waiting> batch, Exception reason) {
    batch.forEach(failed -> failed.completion().failed(reason));
    store.close();
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    failAll(reason);
  }

  /** What waits, and what is about to be taken. */
  private void failAll(Exception reason) {
    List<Waiting> left = new ArrayList<>();
    synchronized (lock) {
      failures++;
      failure = reason;
      while (!queue.isEmpty()) {
        left.add(remove());
      }
      lock.notifyAll();
    }
    left.forEach(failed -> failed.completion().failed(reason));
  }

  /** What is not stored yet fails. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
    }
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
