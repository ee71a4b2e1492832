package io.ensrelay.runtime;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks for changed files until it is closed, on a thread of its own. */
abstract class FileWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);
  private static final long POLL_MILLIS = 250;
  private static final long END_MILLIS = 5000;

  /** A file counts when it has been the same for this time. */
  static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Thread thread;
  private volatile boolean closed;

  FileWatch(String name) {
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  /** Looks once. */
  abstract void look() throws InterruptedException;

  /** A look has failed; the next one comes all the same. */
  abstract void failed(RuntimeException failure);

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!closed) {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        try {
          look();
        } catch (RuntimeException e) {
          failed(e);
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("ended");
    }
  }

  /** Returns when no change is under way, or after 5 s. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
