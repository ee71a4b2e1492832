package io.ensrelay.spool;

import io.ensrelay.base.Platform;
import java.time.Clock;

/** The real time, and threads without a Camel context. */
public final class TestPlatform {
  public static final Platform REAL =
      new Platform(Clock.systemUTC(), System::nanoTime, TestPlatform::thread);

  private TestPlatform() {}

  private static Thread thread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }
}
