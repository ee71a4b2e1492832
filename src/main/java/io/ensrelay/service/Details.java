package io.ensrelay.service;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Tells what the service knows of a device. Threads: called by all lanes. */
public interface Details {
  /** Name of a tenant's bean; with several tenants a dot and the tenant's name follow. */
  String NAME = "ensDetails";

  /**
   * Returns at once if an answer is known that is fresh enough, otherwise waits for one.
   *
   * @throws DetailsRefusedException if the service refuses the question about this device
   * @throws DetailsUnavailableException if the calls have failed for as long as the waiter bears
   * @throws IOException if the waiter's wait is over
   */
  DeviceDetails get(DetailsWish wish, Waiter waiter)
      throws DetailsRefusedException, IOException, InterruptedException;

  /** Who waits. Threads: its methods are called by the thread that waits, and by another. */
  interface Waiter {
    /** Whether it is to wait no longer, because the relay stops. */
    boolean isOver();

    /** How long the calls may fail until it waits no longer; empty: for ever. */
    Optional<Duration> patience();

    /** Those with the same source have the same events ahead. */
    Object source();

    /** What the events behind this one need, in order; best effort. */
    List<DetailsWish> ahead(int most);

    /** It begins to wait. */
    void waits(Supplier<String> why);

    /**
     * The calls fail. Called once for each failure.
     *
     * @param next when the service is asked again
     * @param tries failed calls in a row
     */
    void fails(Exception why, Instant next, int tries);
  }
}
