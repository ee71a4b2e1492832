package io.ensrelay.base;

import java.time.Clock;
import java.time.Instant;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.apache.camel.CamelContext;

/**
 * What a stage of the relay gets from where it runs: the time and threads. Threads: safe.
 *
 * @param clock the time of day
 * @param nanos measures durations, as {@link System#nanoTime()} does
 * @param threads makes a daemon thread of a name and its work
 */
public record Platform(
    Clock clock, LongSupplier nanos, BiFunction<String, Runnable, Thread> threads) {

  /** The real time, and threads of the context. */
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

  /** A daemon thread, not started. */
  public Thread thread(String name, Runnable work) {
    return threads.apply(name, work);
  }
}
