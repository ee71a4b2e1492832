package io.ensrelay.intake;

import java.util.concurrent.Semaphore;
import org.apache.camel.CamelContext;

/**
 * Lets at most four resyncs of a process work at a time: after an outage all tenants may want one,
 * and each reads the event log. Threads: safe.
 */
final class ResyncTurns {
  private static final String NAME = "ensResyncTurns";
  private static final int AT_A_TIME = 4;

  private final Semaphore turns = new Semaphore(AT_A_TIME, true);

  /** Returns the turns of a context. */
  static synchronized ResyncTurns of(CamelContext camel) {
    ResyncTurns bound = camel.getRegistry().lookupByNameAndType(NAME, ResyncTurns.class);
    if (bound == null) {
      bound = new ResyncTurns();
      camel.getRegistry().bind(NAME, bound);
    }
    return bound;
  }

  /** Whether it is the caller's turn already. */
  boolean take() {
    return turns.tryAcquire();
  }

  /** Waits for the caller's turn. */
  void await() throws InterruptedException {
    turns.acquire();
  }

  /** Lets the next one work. */
  void end() {
    turns.release();
  }
}
