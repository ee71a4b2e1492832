package io.ensrelay.runtime;

import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.intake.IntakeClient;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the relay within 20 s, even if something hangs. First no destination takes another event.
 * Then the intake stores and acknowledges the messages it has received, and each destination has 15
 * s to finish and confirm its current deliveries. Then the rest of Camel stops. A process that
 * still runs at the limit is halted; the next start delivers its unconfirmed events again.
 */
final class GracefulStop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GracefulStop.class);
  private static final long HALT_MILLIS = 19_500;

  /** The shell's exit code for SIGTERM. */
  private static final int TERMINATED = 143;

  private final CountDownLatch ended = new CountDownLatch(1);

  GracefulStop() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::haltWhenLate, "stop-limit"));
  }

  private void haltWhenLate() {
    try {
      if (!ended.await(HALT_MILLIS, TimeUnit.MILLISECONDS)) {
        LOG.warn(
            "The stop takes more than 20 s, so the process ends now; the next start delivers again"
                + " the events whose delivery was not confirmed");
        Runtime.getRuntime().halt(TERMINATED);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Stops intake and deliveries; call this before Camel stops.
   *
   * @param intakesStopped called between the two
   */
  void stop(CamelContext camel, Runnable intakesStopped) {
    SpoolComponent spool =
        camel.hasComponent("spool") == null
            ? null
            : camel.getComponent("spool", SpoolComponent.class);
    if (spool != null) {
      spool.stopTaking();
    }
    try {
      stop(camel.getRegistry().findByType(IntakeClient.class));
      intakesStopped.run();
      if (spool != null) {
        spool.awaitDeliveries();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** All at once: each may wait for its service. */
  private static void stop(Set<IntakeClient> intakes) throws InterruptedException {
    List<Thread> stopping =
        intakes.stream().map(intake -> new Thread(intake::stop, "intake-stop")).toList();
    stopping.forEach(Thread::start);
    for (Thread each : stopping) {
      each.join();
    }
  }

  /** Reports that the relay has ended, so that nothing is halted. */
  @Override
  public void close() {
    ended.countDown();
  }
}
