package io.ensrelay.base;

import java.time.Clock;
import java.time.Duration;
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
 * @param waits how long deliveries really wait
 */
public record Platform(
    Clock clock, LongSupplier nanos, BiFunction<String, Runnable, Thread> threads, Waits waits) {
  private static final String NAME = "ensPlatform";

  /** How long deliveries really wait; a test does not. */
  public interface Waits {
    /** As long as wanted. */
    Waits REAL = new Waits() {};

    /** Instead of a pause between two tries. */
    default Duration pause(Duration wanted) {
      return wanted;
    }

    /** Instead of waiting for more events of a batch. */
    default Duration linger(Duration wanted) {
      return wanted;
    }
  }

  /** Waits as long as it is told to. */
  public Platform(Clock clock, LongSupplier nanos, BiFunction<String, Runnable, Thread> threads) {
    this(clock, nanos, threads, Waits.REAL);
  }

  /** Returns the bound platform, or one with the real time and the threads of the context. */
  public static Platform of(CamelContext camel) {
    Platform bound = camel.getRegistry().lookupByNameAndType(NAME, Platform.class);
    return bound != null
        ? bound
        : new Platform(
            Clock.systemUTC(), System::nanoTime, camel.getExecutorServiceManager()::newThread);
  }

  /** Binds a platform; call this before the context has routes. */
  public static void bind(CamelContext camel, Platform platform) {
    camel.getRegistry().bind(NAME, platform);
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
