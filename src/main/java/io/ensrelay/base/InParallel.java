package io.ensrelay.base;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** The same work for several things at once. Threads: its own, which end with the call. */
public final class InParallel {
  private InParallel() {}

  /** As many at once as there are processors. */
  public static <A, B> List<B> each(List<A> things, Function<A, B> work) {
    return each(things, work, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Returns the results in the order of the things.
   *
   * @param most how many at once
   * @throws RuntimeException what the work threw for the first thing
   */
  public static <A, B> List<B> each(List<A> things, Function<A, B> work, int most) {
    // Java's common pool would not see the jars of lib/
    ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.max(1, Math.min(most, things.size())),
            task -> {
              Thread thread = new Thread(task, "in-parallel");
              thread.setDaemon(true);
              return thread;
            });
    try {
      List<Future<B>> running = new ArrayList<>();
      things.forEach(thing -> running.add(threads.submit(() -> work.apply(thing))));
      List<B> results = new ArrayList<>();
      for (Future<B> each : running) {
        results.add(each.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      threads.shutdownNow();
    }
  }
}
