package io.ensrelay.intake;

import io.ensrelay.base.MemoryBudget;
import org.apache.camel.CamelContext;

/**
 * Limits the bytes of all tenants' messages in flight together. Threads: safe; a tenant without
 * room must ask again.
 */
final class SharedBytes {
  private static final String NAME = "ensInFlightBytes";

  /** Bytes that each tenant has in any case. */
  private static final int GUARANTEED = 16 << 10;

  private final long max;
  private long used;
  private long released;

  SharedBytes(long max) {
    this.max = max;
  }

  /** The limit of a context. */
  static synchronized SharedBytes of(CamelContext camel) {
    SharedBytes bound = camel.getRegistry().lookupByNameAndType(NAME, SharedBytes.class);
    if (bound == null) {
      bound = new SharedBytes(MemoryBudget.OF_HEAP.unacknowledged());
      camel.getRegistry().bind(NAME, bound);
    }
    return bound;
  }

  /**
   * Admits a message; one larger than the limit only when there is no other.
   *
   * @param own bytes that the tenant has already
   */
  synchronized boolean enter(long bytes, long own) {
    boolean fits = used == 0 || used + bytes <= max || own + bytes <= GUARANTEED;
    used += fits ? bytes : 0;
    return fits;
  }

  synchronized void leave(int messages, long bytes) {
    used -= bytes;
    released += messages;
  }

  synchronized boolean isHalfFree() {
    return used <= max / 2;
  }

  /** Number of messages released since the start. */
  synchronized long released() {
    return released;
  }
}
