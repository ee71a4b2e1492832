package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FailureText;
import io.ensrelay.base.TenantAssignment;
import io.ensrelay.config.Settings;
import io.ensrelay.config.Tenant;
import io.ensrelay.config.TenantFolder;
import io.ensrelay.intake.TenantState.State;
import io.ensrelay.intake.Tenants;
import io.ensrelay.service.ConfiguredTenants;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the tenants of the configuration that this process holds. A tenant that can't run affects no
 * other: it is shown with the reason. A change with a mistake leaves the running tenant as it is.
 * Only tenants whose settings have changed are started again.
 *
 * <p>Threads: safe; one tenant after the other is started or stopped.
 */
final class RunningTenants implements TenantAssignment.Listener, ConfiguredTenants {
  private static final Logger LOG = LoggerFactory.getLogger(RunningTenants.class);

  private final TenantRoutes routes;
  private final TenantCalls calls;
  private final Tenants states;
  private final TenantAssignment assignment;
  private final TenantData data;
  private final String onlyTenant;

  private final Map<String, Tenant> right = new LinkedHashMap<>();
  private final Map<String, ConfigurationException> wrong = new LinkedHashMap<>();
  private final Map<String, FailedStart> failed = new HashMap<>();
  private final Map<String, String> told = new HashMap<>();
  private final Set<String> held = new TreeSet<>();
  private volatile Set<String> configured = Set.of();
  private boolean started;

  /**
   * @param settings shared by the tenants
   * @param routes those for the machine that takes the tenant's events
   * @param calls those for every machine that delivers its events, if they differ
   * @param assignment not yet started
   */
  RunningTenants(
      Settings settings,
      TenantRoutes routes,
      TenantCalls calls,
      Tenants states,
      TenantAssignment assignment) {
    this.routes = routes;
    this.calls = calls;
    this.states = states;
    this.assignment = assignment;
    data = new TenantData(Path.of(settings.get("ens.data.dir").orElse("data")));
    onlyTenant = settings.get("ens.tenant").orElse("default");
  }

  /**
   * Starts the tenants that this process holds.
   *
   * @throws Exception the failure of the first, if none could start
   */
  void start(TenantFolder.All all) throws Exception {
    assignment.start(this);
    apply(all);
    synchronized (this) {
      if (!failed.isEmpty() && routes.running().isEmpty()) {
        throw failed.values().iterator().next().why();
      }
      started = true;
    }
  }

  /** Puts a configuration into effect. */
  void apply(TenantFolder.All all) {
    Set<String> names = new TreeSet<>();
    synchronized (this) {
      right.clear();
      wrong.clear();
      all.right().forEach(tenant -> right.put(tenant.name(), tenant));
      all.wrong().forEach(each -> wrong.put(each.name(), each.problem()));
      names.addAll(right.keySet());
      names.addAll(wrong.keySet());
      configured = Set.copyOf(names);
    }
    Set<String> before = new TreeSet<>(names);
    states.all().forEach(state -> before.add(state.tenant()));
    assignment.tenants(Set.copyOf(names));
    before.forEach(this::settle);
  }

  /** Tries again to start the failed ones, after pauses that grow to a minute. */
  void tryAgain() {
    Set<String> due = new TreeSet<>();
    synchronized (this) {
      failed.forEach(
          (name, failure) -> {
            if (failure.isDue()) {
              due.add(name);
            }
          });
      right.keySet().stream().filter(calls::isDue).forEach(due::add);
    }
    due.forEach(this::settle);
  }

  /** Whether the configuration of a tenant has a mistake. */
  synchronized boolean hasMistakes() {
    return !wrong.isEmpty();
  }

  @Override
  public boolean mayHave(String tenant) {
    return configured.isEmpty() || configured.contains(tenant);
  }

  @Override
  public void held(String tenant) {
    synchronized (this) {
      held.add(tenant);
    }
    settle(tenant);
  }

  @Override
  public void lost(String tenant) {
    synchronized (this) {
      held.remove(tenant);
    }
    settle(tenant);
  }

  /** Brings a tenant into its wanted state. */
  private synchronized void settle(String name) {
    boolean configured = right.containsKey(name) || wrong.containsKey(name);
    if (right.containsKey(name)) {
      calls.run(right.get(name));
    }
    if (!configured) {
      end(name);
      calls.end(name);
      states.forget(name);
    } else if (!held.contains(name)) {
      end(name);
      become(name, State.ELSEWHERE, Optional.empty());
    } else if (wrong.containsKey(name)) {
      mistaken(name, wrong.get(name));
    } else {
      Tenant tenant = right.get(name);
      Optional<Tenant> before = routes.running(name);
      if (before.isEmpty()) {
        begin(tenant);
      } else if (!before.get().isSame(tenant)) {
        exchange(before.get(), tenant);
      } else {
        become(name, State.RUNNING, Optional.empty());
      }
    }
  }

  private void end(String name) {
    failed.remove(name);
    told.remove(name);
    if (routes.runs(name)) {
      become(name, State.STOPPED, Optional.empty());
      routes.stop(name);
      LOG.info("Tenant {} has stopped", name);
    }
  }

  private void mistaken(String name, ConfigurationException problem) {
    failed.remove(name);
    boolean runs = routes.runs(name);
    String reason = problem.getMessage();
    become(name, runs ? State.RUNNING : State.FAILED, Optional.of(reason));
    if (!reason.equals(told.put(name, reason))) {
      LOG.error(
          "Tenant {} {} until this is corrected: {}",
          name,
          runs ? "goes on with its settings from before" : "does not run",
          reason);
    }
  }

  private boolean begin(Tenant tenant) {
    String name = tenant.name();
    try {
      data.settle(tenant, name.equals(onlyTenant));
      routes.start(tenant);
      failed.remove(name);
      told.remove(name);
      become(name, State.RUNNING, Optional.empty());
      if (!tenant.suffix().isEmpty()) {
        LOG.info(
            "Tenant {} has started: {}", name, tenant.settings().get("ens.mqtt.url").orElse(""));
      }
      return true;
    } catch (Exception | LinkageError e) {
      failed(tenant, e instanceof Exception failure ? failure : new IOException(e));
      return false;
    }
  }

  private void failed(Tenant tenant, Exception failure) {
    String name = tenant.name();
    String reason = reason(failure);
    failed.put(name, FailedStart.of(failure, Optional.ofNullable(failed.get(name))));
    become(name, State.FAILED, Optional.of(reason));
    // at its end the process logs why the only tenant does not start
    if (!reason.equals(told.put(name, reason)) && (started || !tenant.suffix().isEmpty())) {
      LOG.error("Tenant {} does not start, the relay tries again: {}", name, reason);
    }
    LOG.debug("not started", failure);
  }

  private static String reason(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConfigurationException problem) {
        return problem.getMessage();
      }
    }
    return FailureText.line(failure);
  }

  /** Ends the old tenant first: both would use the same session. */
  private void exchange(Tenant before, Tenant now) {
    routes.stop(before.name());
    if (begin(now)) {
      return;
    }
    Exception failure = failed.get(now.name()).why();
    if (begin(before)) {
      become(now.name(), State.RUNNING, Optional.of(reason(failure)));
      LOG.error("Tenant {} runs with its previous settings", now.name());
    }
  }

  private void become(String name, State state, Optional<String> reason) {
    String suffix =
        Optional.ofNullable(right.get(name)).map(Tenant::suffix).orElseGet(() -> "." + name);
    states.become(name, suffix, state, reason);
  }
}
