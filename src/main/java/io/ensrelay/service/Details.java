package io.ensrelay.service;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Gets the service's details of devices. Threads: called by all lanes. */
public interface Details {
  /** Name of a tenant's bean; with several tenants a dot and the tenant's name follow. */
  String NAME = "ensDetails";

  /**
   * Returns at once if a fresh answer is known, otherwise waits for one.
   *
   * @throws DetailsRefusedException if the service refuses the question about this device
   * @throws DetailsUnavailableException if the calls have failed for longer than the waiter's
   *     patience
   * @throws IOException if the waiter must wait no longer
   */
  DeviceDetails get(DetailsWish wish, Waiter waiter)
      throws DetailsRefusedException, IOException, InterruptedException;

  /** Waits for details. Threads: the waiting thread calls its methods, and so does another one. */
  interface Waiter {
    /** Whether it must wait no longer, because the relay stops. */
    boolean isOver();

    /** Longest time with failing calls before it waits no longer; empty: no limit. */
    Optional<Duration> patience();

    /** Waiters with the same source have the same events ahead. */
    Object source();

    /** Wishes of the events behind this one, in order; best effort. */
    List<DetailsWish> ahead(int most);

    /** The wait begins. */
    void waits(Supplier<String> why);

    /**
     * A call has failed. Called once for each failure.
     *
     * @param next when the service is asked again
     * @param tries failed calls in a row
     */
    void fails(Exception why, Instant next, int tries);
  }
}
