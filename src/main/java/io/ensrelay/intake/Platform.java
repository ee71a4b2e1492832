package io.ensrelay.intake;

import java.time.Clock;
import java.time.Instant;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.apache.camel.CamelContext;

/**
 * What the intake gets from where it runs: the time and threads. Threads: safe.
 *
 * @param clock the time of day
 * @param nanos measures durations, as {@link System#nanoTime()} does
 * @param threads makes a daemon thread of a name and its work
 */
record Platform(Clock clock, LongSupplier nanos, BiFunction<String, Runnable, Thread> threads) {

  /** The real time, and threads of the context. */
  static Platform of(CamelContext camel) {
    return new Platform(
        Clock.systemUTC(), System::nanoTime, camel.getExecutorServiceManager()::newThread);
  }

  Instant now() {
    return clock.instant();
  }

  long nanoTime() {
    return nanos.getAsLong();
  }

  /** A daemon thread, not started. */
  Thread thread(String name, Runnable work) {
    return threads.apply(name, work);
  }
}
