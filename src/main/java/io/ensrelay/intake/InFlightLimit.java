package io.ensrelay.intake;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Limits the messages that are in memory and unacknowledged or about to be read, by number and by
 * bytes. A message larger than the limit is admitted when it is alone. Threads: safe.
 */
final class InFlightLimit {
  /** Approximate bytes of a message in memory without its payload. */
  private static final int BESIDE_BYTES = 1000;

  private final int maxMessages;
  private final long maxBytes;
  private int messages;
  private long bytes;
  private long released;

  InFlightLimit(int maxMessages, long maxBytes) {
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
  }

  /**
   * Admits a message; waits for room.
   *
   * @return false: there was no room in that time, or {@code givenUp} returned true
   */
  synchronized boolean enter(int size, long millis, BooleanSupplier givenUp)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (messages > 0 && (messages >= maxMessages || bytes + size + BESIDE_BYTES > maxBytes)) {
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
    bytes -= sizes + (long) count * BESIDE_BYTES;
    released += count;
    notifyAll();
  }

  /** Number of messages released since the start. */
  synchronized long released() {
    return released;
  }

  synchronized int messages() {
    return messages;
  }

  /** Waits until at least half of the window is free. */
  synchronized void awaitRoom(BooleanSupplier givenUp) throws InterruptedException {
    while (!givenUp.getAsBoolean() && (messages > maxMessages / 2 || bytes > maxBytes / 2)) {
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
