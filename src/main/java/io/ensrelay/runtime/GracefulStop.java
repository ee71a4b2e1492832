package io.ensrelay.runtime;

import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.intake.IntakeClient;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the relay within 20 s, whatever hangs. All destinations stop taking events at once; what the
 * intake has under way is stored and acknowledged, what the destinations have under way is
 * delivered and confirmed, as far as that takes no more than 15 s; then the rest of Camel stops. A
 * process that was told to end and still runs then is halted: what was not confirmed comes again.
 */
final class GracefulStop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GracefulStop.class);
  private static final long HALT_MILLIS = 19_500;

  /** As the shell has it for SIGTERM. */
  private static final int TERMINATED = 143;

  private final CountDownLatch ended = new CountDownLatch(1);

  GracefulStop() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::haltWhenLate, "stop-limit"));
  }

  private void haltWhenLate() {
    try {
      if (!ended.await(HALT_MILLIS, TimeUnit.MILLISECONDS)) {
        LOG.warn("Not everything could be stopped within 20 s; what was not confirmed comes again");
        Runtime.getRuntime().halt(TERMINATED);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** To be called before Camel stops. */
  void stop(CamelContext camel) {
    SpoolComponent spool =
        camel.hasComponent("spool") == null
            ? null
            : camel.getComponent("spool", SpoolComponent.class);
    if (spool != null) {
      spool.stopTaking();
    }
    IntakeClient intake = camel.getRegistry().findSingleByType(IntakeClient.class);
    if (intake != null) {
      intake.stop();
    }
    try {
      if (spool != null) {
        spool.awaitDeliveries();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The relay has ended. */
  @Override
  public void close() {
    ended.countDown();
  }
}
