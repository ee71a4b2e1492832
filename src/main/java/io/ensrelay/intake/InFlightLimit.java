package io.ensrelay.intake;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Limits the messages that are in memory and unacknowledged or about to be read, by number and by
 * bytes, which it shares with the other tenants. A message larger than the limit is admitted when
 * it is alone. Threads: safe.
 */
final class InFlightLimit {
  /** Approximate bytes of a message in memory without its payload. */
  private static final int BESIDE_BYTES = 1000;

  private final int maxMessages;
  private final SharedBytes shared;
  private int messages;
  private long bytes;

  InFlightLimit(int maxMessages, SharedBytes shared) {
    this.maxMessages = maxMessages;
    this.shared = shared;
  }

  InFlightLimit(int maxMessages, long maxBytes) {
    this(maxMessages, new SharedBytes(maxBytes));
  }

  /**
   * Admits a message; waits for room.
   *
   * @return false: there was no room in that time, or {@code givenUp} returned true
   */
  synchronized boolean enter(int size, long millis, BooleanSupplier givenUp)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (messages >= maxMessages || !shared.enter(size + BESIDE_BYTES, bytes)) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0 || givenUp.getAsBoolean()) {
        return false;
      }
      wait(left);
    }
    messages++;
    bytes += size + BESIDE_BYTES;
    return true;
  }

  void leave(int size) {
    leave(1, size);
  }

  /** Releases several messages, of this many bytes together. */
  synchronized void leave(int count, long sizes) {
    messages -= count;
    long all = sizes + (long) count * BESIDE_BYTES;
    bytes -= all;
    shared.leave(count, all);
    notifyAll();
  }

  /** Number of messages released since the start, also of other tenants. */
  long released() {
    return shared.released();
  }

  synchronized int messages() {
    return messages;
  }

  /** Waits until at least half of the window is free. */
  synchronized void awaitRoom(BooleanSupplier givenUp) throws InterruptedException {
    while (!givenUp.getAsBoolean()
        && messages > 0
        && (messages > maxMessages / 2 || !shared.isHalfFree())) {
      wait();
    }
  }

  /** Waits until no message is in flight; false: that took too long. */
  synchronized boolean awaitEmpty(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (messages > 0) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  /** Makes waiting threads check again whether to give up. */
  synchronized void wakeUp() {
    notifyAll();
  }
}
