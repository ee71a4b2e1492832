package io.ensrelay.spool;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.camel.Exchange;

/**
 * The events of one lane that are confirmed to the spool together. A sink that is safe only after a
 * costly step (a forced write, a flush) asks here for that step to be done once for all of them.
 *
 * <p>Threads: belongs to one lane.
 */
public final class Batch {
  private static final String PROPERTY = "ensBatch";

  /** What has to succeed before the events of a batch are confirmed. */
  @FunctionalInterface
  public interface Step {
    void run() throws IOException;

    /** Whether it is known already that it fails. */
    default boolean hasFailed() {
      return false;
    }
  }

  private final Set<Step> steps = new LinkedHashSet<>();

  Batch() {}

  void attach(Exchange exchange) {
    exchange.setProperty(PROPERTY, this);
  }

  /**
   * Runs a step before the event of this exchange is confirmed: once for the whole batch when the
   * same object is given again. An exchange that does not come from the spool runs it at once. If a
   * step fails, no event of the batch is confirmed and all come again.
   */
  public static void beforeConfirmation(Exchange exchange, Step step) throws IOException {
    Batch batch = exchange.getProperty(PROPERTY, Batch.class);
    if (batch == null) {
      step.run();
    } else {
      batch.steps.add(step);
    }
  }

  /**
   * Whether events before this one come again, because their step has failed. This one must not be
   * dealt with before them: it has to come again too.
   */
  public static boolean hasFailed(Exchange exchange) {
    Batch batch = exchange.getProperty(PROPERTY, Batch.class);
    if (batch != null) {
      for (Step step : batch.steps) {
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
