package io.ensrelay.runtime;

import io.ensrelay.base.FailureText;
import io.ensrelay.config.Role;
import io.ensrelay.config.Tenant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the calls to the service that a delivery needs, such as those for details. One of several
 * processes makes them for every configured tenant, because it may deliver events that another
 * process took. Routes that can't start are tried again; meanwhile the destinations that need them
 * wait. Threads: one at a time.
 */
final class TenantCalls {
  private static final Logger LOG = LoggerFactory.getLogger(TenantCalls.class);

  private final TenantRoutes routes;
  private final Map<String, FailedStart> failed = new HashMap<>();

  /**
   * @param routes of the calls only; without files this does nothing
   */
  TenantCalls(TenantRoutes routes) {
    this.routes = routes;
  }

  /** Starts the tenant's routes, or starts them again if its settings have changed. */
  void run(Tenant tenant) {
    Optional<Tenant> before = routes.running(tenant.name());
    boolean isWanted = routes.hasFiles() && Role.knowsService(tenant.settings());
    if (before.isPresent() && !(isWanted && before.get().isSame(tenant))) {
      end(tenant.name());
    }
    if (isWanted && !routes.runs(tenant.name())) {
      begin(tenant);
    }
  }

  private void begin(Tenant tenant) {
    String name = tenant.name();
    Optional<FailedStart> before = Optional.ofNullable(failed.get(name));
    try {
      routes.start(tenant);
      failed.remove(name);
    } catch (Exception | LinkageError e) {
      failed.put(name, FailedStart.of(e instanceof Exception why ? why : new Exception(e), before));
      if (before.isEmpty()) {
        LOG.error(
            "Tenant {}: the calls for details do not start, the relay tries again: {}",
            name,
            FailureText.line(e));
      }
      LOG.debug("not started", e);
    }
  }

  /** Whether the tenant's routes did not start, and may be tried again now. */
  boolean isDue(String tenant) {
    return failed.containsKey(tenant) && failed.get(tenant).isDue();
  }

  void end(String tenant) {
    failed.remove(tenant);
    routes.stop(tenant);
  }
}
