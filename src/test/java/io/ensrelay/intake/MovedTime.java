package io.ensrelay.intake;

import io.ensrelay.base.Platform;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;

/** A time that runs as the real one does, and that a test can move ahead. */
final class MovedTime extends Clock {
  private final AtomicLong aheadNanos = new AtomicLong();

  /** So much time passes at once. */
  void pass(Duration duration) {
    aheadNanos.addAndGet(duration.toNanos());
  }

  long nanoTime() {
    return System.nanoTime() + aheadNanos.get();
  }

  /** With plain threads. */
  Platform platform() {
    return new Platform(this, this::nanoTime, MovedTime::daemon);
  }

  private static Thread daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public Instant instant() {
    return Instant.now().plusNanos(aheadNanos.get());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException();
  }
}
