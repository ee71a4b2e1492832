package io.ensrelay.delivery;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.camel.Exchange;

/**
 * Events of a lane that are confirmed together. A sink that does better with one step for many
 * events (a forced write, a flush) asks here for that step to be done once for all of them.
 *
 * <p>Threads: belongs to one lane.
 */
public final class Batch {

  /** What has to succeed before the events of a batch are confirmed. */
  @FunctionalInterface
  public interface Step {
    void run() throws IOException;

    /** Whether it is known already that it fails. */
    default boolean hasFailed() {
      return false;
    }
  }

  /** Of what is confirmed by nobody: its steps are run at once. */
  static final Batch AT_ONCE = new Batch();

  private final Set<Step> steps = new LinkedHashSet<>();

  Batch() {}

  /**
   * Runs a step before the event of this exchange is confirmed: once for the whole batch when the
   * same object is given again. An exchange that does not come from the spool runs it at once. If a
   * step fails, no event of the batch is confirmed and all are delivered again.
   */
  public static void beforeConfirmation(Exchange exchange, Step step) throws IOException {
    Delivery delivery = Delivery.of(exchange);
    if (delivery == null || delivery.batch() == AT_ONCE) {
      step.run();
    } else {
      delivery.batch().steps.add(step);
    }
  }

  /**
   * Whether events before this one are delivered again, because their step has failed. This one
   * must not be dealt with before them: it has to be delivered again too.
   */
  public static boolean hasFailed(Exchange exchange) {
    Delivery delivery = Delivery.of(exchange);
    if (delivery != null) {
      for (Step step : delivery.batch().steps) {
        if (step.hasFailed()) {
          return true;
        }
      }
    }
    return false;
  }

  boolean waits() {
    return !steps.isEmpty();
  }

  void run() throws IOException {
    for (Step step : steps) {
      step.run();
    }
  }
}
