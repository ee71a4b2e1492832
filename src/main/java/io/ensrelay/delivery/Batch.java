package io.ensrelay.delivery;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.camel.Exchange;

/**
 * Events of a lane that are confirmed together. A sink that needs a costly step (a forced write, a
 * flush) registers it here; the step then runs once for all of them.
 *
 * <p>Threads: one, the lane's.
 */
public final class Batch {

  /** A step that must succeed before the events of a batch are confirmed. */
  @FunctionalInterface
  public interface Step {
    void run() throws IOException;

    /** Whether the step is already known to fail. */
    default boolean hasFailed() {
      return false;
    }
  }

  /** For exchanges that nobody confirms: runs steps at once. */
  static final Batch AT_ONCE = new Batch();

  private final Map<Object, Step> steps = new LinkedHashMap<>();
  private long lingerNanos;

  Batch() {}

  /**
   * Runs a step before the event of this exchange is confirmed; the same object runs once for the
   * whole batch. If the exchange does not come from the spool, the step runs at once. If a step
   * fails, no event of the batch is confirmed and all are redelivered.
   */
  public static void beforeConfirmation(Exchange exchange, Step step) throws IOException {
    Delivery delivery = Delivery.of(exchange);
    if (delivery == null || delivery.batch() == AT_ONCE) {
      step.run();
    } else {
      delivery.batch().steps.putIfAbsent(step, step);
    }
  }

  /**
   * Whether events before this one will be redelivered because their step failed. The caller must
   * then fail this event too, so that it does not overtake them.
   */
  public static boolean hasFailed(Exchange exchange) {
    Delivery delivery = Delivery.of(exchange);
    if (delivery != null) {
      for (Step step : delivery.batch().steps.values()) {
        if (step.hasFailed()) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The step of a sender, made when there is none yet.
   *
   * @param linger how long the batch waits for more events, though there are none
   */
  <T extends Step> T step(Object sender, Class<T> kind, Supplier<T> make, Duration linger) {
    lingerNanos = Math.max(lingerNanos, linger.toNanos());
    return kind.cast(steps.computeIfAbsent(sender, key -> make.get()));
  }

  long lingerNanos() {
    return lingerNanos;
  }

  boolean waits() {
    return !steps.isEmpty();
  }

  void run() throws IOException {
    for (Step step : steps.values()) {
      step.run();
    }
  }
}
