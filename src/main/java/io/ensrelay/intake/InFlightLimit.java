package io.ensrelay.intake;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Bounds what is in memory and not confirmed, or about to be read into it: a number of messages,
 * and their bytes. A message larger than all of the bytes is let in when it is alone. Threads:
 * safe.
 */
final class InFlightLimit {
  /** What is kept of a message beside its bytes, about. */
  private static final int BESIDE_BYTES = 1000;

  private final int maxMessages;
  private final long maxBytes;
  private int messages;
  private long bytes;
  private long left;

  InFlightLimit(int maxMessages, long maxBytes) {
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
  }

  /**
   * Takes a message in, waiting for room.
   *
   * @return false when there was no room in that time, or {@code given} up said so
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

  /** Several leave, of so many bytes together. */
  synchronized void leave(int count, long sizes) {
    messages -= count;
    bytes -= sizes + (long) count * BESIDE_BYTES;
    left += count;
    notifyAll();
  }

  /** How many have ever left. */
  synchronized long left() {
    return left;
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

  /** Waits until nothing is under way; false when that took too long. */
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

  /** Lets those who wait ask again whether to give up. */
  synchronized void wakeUp() {
    notifyAll();
  }
}
