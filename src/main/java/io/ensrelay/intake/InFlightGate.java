package io.ensrelay.intake;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.eclipse.paho.client.mqttv3.internal.wire.MqttInputStream;

/**
 * Admits the messages of one connection to the in-flight window before they are read. It owns the
 * places of admitted messages until they arrive; after that the receiver owns them.
 *
 * <p>Threads: safe; {@link #admits} is for the reading thread only.
 */
final class InFlightGate implements MqttInputStream.Room {
  private static final long MOMENT_MILLIS = 250;

  private final InFlightLimit window;
  private final long patienceNanos;
  private final LongSupplier nanos;
  private final BooleanSupplier lost;
  private final Runnable givingUp;

  private int messages;
  private long bytes;
  private boolean closed;
  private long waitingSince;
  private long releasedBefore;
  private boolean waiting;

  /**
   * @param patienceMillis how long a full window may stay unchanged before {@code givingUp} runs
   * @param nanos measures this time
   * @param lost whether the connection is lost
   * @param givingUp drops the connection
   */
  InFlightGate(
      InFlightLimit window,
      long patienceMillis,
      LongSupplier nanos,
      BooleanSupplier lost,
      Runnable givingUp) {
    this.window = window;
    patienceNanos = TimeUnit.MILLISECONDS.toNanos(patienceMillis);
    this.nanos = nanos;
    this.lost = lost;
    this.givingUp = givingUp;
  }

  @Override
  public boolean admits(int size) throws IOException {
    try {
      if (!isClosed() && window.enter(size, MOMENT_MILLIS, lost)) {
        waiting = false;
        return take(size);
      }
      if (lost.getAsBoolean()) {
        throw new IOException("the connection is dropped");
      }
      if (isClosed()) {
        TimeUnit.MILLISECONDS.sleep(MOMENT_MILLIS);
        return false;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    if (!waiting || window.released() != releasedBefore) {
      waiting = true;
      releasedBefore = window.released();
      waitingSince = nanos.getAsLong();
    } else if (nanos.getAsLong() - waitingSince > patienceNanos) {
      givingUp.run();
      throw new IOException("the connection is dropped");
    }
    return false;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized boolean take(int size) {
    if (closed) {
      window.leave(size);
      return false;
    }
    messages++;
    bytes += size;
    return true;
  }

  /**
   * Reports that a message has arrived; the caller owns its place in the window from now on.
   *
   * @return false: this is closed, and the message has no place
   */
  synchronized boolean arrived(int size) {
    if (closed) {
      return false;
    }
    messages--;
    bytes -= size;
    return true;
  }

  /** Admits no more messages, and releases the places of messages that have not arrived. */
  void close() {
    int lastMessages;
    long lastBytes;
    synchronized (this) {
      closed = true;
      lastMessages = messages;
      lastBytes = bytes;
      messages = 0;
      bytes = 0;
    }
    window.leave(lastMessages, lastBytes);
  }
}
