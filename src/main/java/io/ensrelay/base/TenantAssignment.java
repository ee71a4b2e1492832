package io.ensrelay.base;

import java.util.Set;
import java.util.TreeSet;

/**
 * Decides which of the configured tenants this process takes events of: all, or those that a group
 * of processes gives it. Threads: the listener is called by one thread at a time.
 */
public interface TenantAssignment extends AutoCloseable {
  /** Starts and stops the intakes. */
  interface Listener {
    /** This process takes the tenant's events from now on; returns at once or after its start. */
    void held(String tenant);

    /**
     * Another process may take them. Returns when the intake has stopped, within 12 s; then nothing
     * of the tenant is in flight here.
     */
    void lost(String tenant);
  }

  /** Begins to call the listener; called once, before {@link #tenants}. */
  void start(Listener listener);

  /** Sets the tenants of the configuration, also those that can't run here; at each change. */
  void tenants(Set<String> names);

  /** Whether this process may take the tenant's events, as far as it knows; returns at once. */
  default boolean holds(String tenant) {
    return true;
  }

  /**
   * Whether this process may take the tenant's events, by a proof that was begun after the call: a
   * process that was paused or cut off may have been replaced without noticing. Returns when it is
   * known, or after some seconds; false also when it can't be known.
   */
  default boolean stillHolds(String tenant) throws InterruptedException {
    return true;
  }

  /** Whether this process takes all tenants, and at once. */
  default boolean isAll() {
    return false;
  }

  /** Calls the listener no more; what it holds is stopped by its owner. */
  @Override
  void close();

  /** One process of several that takes none. */
  static TenantAssignment none() {
    return new TenantAssignment() {
      @Override
      public void start(Listener listener) {}

      @Override
      public void tenants(Set<String> names) {}

      @Override
      public boolean holds(String tenant) {
        return false;
      }

      @Override
      public boolean stillHolds(String tenant) {
        return false;
      }

      @Override
      public void close() {}
    };
  }

  /** One process that takes all. */
  static TenantAssignment all() {
    return new TenantAssignment() {
      private final Set<String> held = new TreeSet<>();
      private Listener listener;

      @Override
      public synchronized void start(Listener listener) {
        this.listener = listener;
      }

      @Override
      public synchronized void tenants(Set<String> names) {
        for (String gone : Set.copyOf(held)) {
          if (!names.contains(gone)) {
            held.remove(gone);
            listener.lost(gone);
          }
        }
        new TreeSet<>(names).stream().filter(held::add).forEach(listener::held);
      }

      @Override
      public boolean isAll() {
        return true;
      }

      @Override
      public void close() {}
    };
  }
}
