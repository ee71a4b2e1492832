package io.ensrelay.intake;

import java.util.Optional;

/**
 * Compares a tenant's devices with what was last known of them, and stores what differs as events:
 * the bean {@code ensResync} of {@code routes/resync.camel.yaml}.
 *
 * <p>One run at a time. Threads: safe.
 */
public final class Resync implements AutoCloseable {
  /**
   * Starts a run.
   *
   * @return its progress
   * @throws IllegalStateException if one is under way, or the tenant's intake does not run here
   */
  public ResyncProgress start(ResyncRequest request) {
    throw new IllegalStateException("not yet: " + request.reason());
  }

  /** The present run, or the last one of this process; empty: there was none. */
  public Optional<ResyncProgress> progress() {
    return Optional.empty();
  }

  /**
   * Ends the present run.
   *
   * @return false: there is none
   */
  public boolean stop() {
    return false;
  }

  /** Pauses the present run; the next start of the relay resumes it. */
  @Override
  public void close() {}
}
