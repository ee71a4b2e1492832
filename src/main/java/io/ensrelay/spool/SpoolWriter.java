package io.ensrelay.spool;

import jakarta.jms.JMSException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Puts messages on the spool's disk, as many as there are at a time together: the disk is waited
 * for once for all of them.
 *
 * <p>Order: messages are stored in the order of the calls, and after a failure everything that was
 * given before it was told of fails too, so that nothing overtakes. A copy of a stored message (the
 * same {@code _AMQ_DUPL_ID}) counts as stored. While the spool takes nothing (a full disk),
 * messages wait here; the caller bounds how many. Threads: safe; completions come on a thread of
 * this writer, in order, and must not block.
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

  private record Waiting(Store.Entry entry, Completion completion) {}

  private static final int MAX_BATCH = 500;

  /** Long enough for whoever gives messages to learn of a failure and to stop. */
  private static final long PAUSE_MILLIS = 100;

  private final Spool spool;
  private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
  private final Thread thread;
  private final Store store;
  private volatile boolean closed;

  SpoolWriter(Spool spool, Store store, String name) {
    this.spool = spool;
    this.store = store;
    thread = new Thread(this::run, "spool-writer-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  void store(Store.Entry entry, Completion completion) {
    queue.add(new Waiting(entry, completion));
    if (closed) {
      failAll(new JMSException("the spool is closed"));
    }
  }

  private void run() {
    List<Waiting> batch = new ArrayList<>();
    while (!closed) {
      try {
        batch.add(queue.take());
        queue.drainTo(batch, MAX_BATCH - 1);
        BitSet copies = write(batch);
        for (int i = 0; i < batch.size(); i++) {
          batch.get(i).completion().stored(copies.get(i));
        }
      } catch (InterruptedException e) {
        closed = true;
      } catch (Exception e) {
        fail(batch, e);
      }
      batch.clear();
    }
    store.close();
    failAll(new JMSException("the spool is closed"));
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
      closed = true;
    }
    failAll(reason);
  }

  private void failAll(Exception reason) {
    List<Waiting> left = new ArrayList<>();
    queue.drainTo(left);
    left.forEach(failed -> failed.completion().failed(reason));
  }

  /** What is not stored yet fails. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
