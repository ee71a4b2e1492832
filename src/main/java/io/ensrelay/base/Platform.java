package io.ensrelay.base;

import java.time.Clock;
import java.time.Instant;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.apache.camel.CamelContext;

/**
 * The environment of a relay stage: time and threads. Threads: safe.
 *
 * @param clock the time of day
 * @param nanos measures durations, like {@link System#nanoTime()}
 * @param threads makes a daemon thread from a name and its work
 */
public record Platform(
    Clock clock, LongSupplier nanos, BiFunction<String, Runnable, Thread> threads) {

  /** Returns a platform with the real time and the threads of the context. */
  public static Platform of(CamelContext camel) {
    return new Platform(
        Clock.systemUTC(), System::nanoTime, camel.getExecutorServiceManager()::newThread);
  }

  public Instant now() {
    return clock.instant();
  }

  public long nanoTime() {
    return nanos.getAsLong();
  }

  /** Returns a daemon thread, not yet started. */
  public Thread thread(String name, Runnable work) {
    return threads.apply(name, work);
  }
}
