package io.ensrelay.console;

import io.ensrelay.base.Meters;
import io.ensrelay.config.Machine;
import io.ensrelay.delivery.DestinationControl;
import io.ensrelay.delivery.RouteProblems;
import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.intake.IntakeClient;
import io.ensrelay.intake.Resync;
import io.ensrelay.intake.TenantState;
import io.ensrelay.intake.Tenants;
import io.ensrelay.service.MetadataStore;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.SpoolView;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All stages of the relay at one moment, for display. The content of the spool is read every two
 * seconds, all else at the call. Threads: safe.
 */
final class Overview implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Overview.class);
  private static final long LOOK_SECONDS = 2;

  private final CamelContext camel;
  private final String only;
  private final Tenants tenants;
  private final Instant started = Instant.now();
  private final SpoolView view;
  private final BacklogHistory history = new BacklogHistory();
  private final ScheduledExecutorService looking;
  private volatile Optional<Contents> contents = Optional.empty();

  /** The content of the spool. */
  record Contents(List<SpoolView.Backlog> backlogs, Map<String, Long> deadLetters) {
    Optional<SpoolView.Backlog> backlog(String destination) {
      return backlogs.stream().filter(each -> each.destination().equals(destination)).findFirst();
    }
  }

  /**
   * @param only the name of the tenant of a relay without a folder of tenants
   */
  Overview(CamelContext camel, String only) {
    this.camel = camel;
    this.only = only;
    tenants = Tenants.of(camel);
    view = new SpoolView(spool());
    looking =
        camel.getExecutorServiceManager().newSingleThreadScheduledExecutor(this, "console-spool");
    looking.scheduleWithFixedDelay(this::look, 0, LOOK_SECONDS, TimeUnit.SECONDS);
  }

  private void look() {
    try {
      List<SpoolView.Backlog> backlogs = view.backlogs();
      contents = Optional.of(new Contents(backlogs, view.deadLetters()));
      history.add(
          Instant.now(),
          backlogs,
          destinations().stream()
              .collect(Collectors.toMap(DestinationStatus::name, DestinationStatus::delivered)));
    } catch (IOException | RuntimeException e) {
      contents = Optional.empty();
      LOG.debug("what lies in the spool is not known", e);
    }
  }

  /** Empty while the spool does not answer. */
  Optional<Contents> contents() {
    return contents;
  }

  Spool spool() {
    return camel.getComponent("spool", SpoolComponent.class).spool();
  }

  SpoolView view() {
    return view;
  }

  BacklogHistory history() {
    return history;
  }

  DestinationControl control() {
    return camel.getComponent("spool", SpoolComponent.class).control();
  }

  List<DestinationStatus> destinations() {
    return spool().destinations();
  }

  /** The problems of live editing; none while the route files are not watched. */
  RouteProblems.State routes() {
    return Optional.ofNullable(camel.getRegistry().findSingleByType(RouteProblems.class))
        .orElseGet(RouteProblems::new)
        .now();
  }

  /** This machine among several; empty: there is only one. */
  Optional<Machine> machine() {
    return Optional.ofNullable(camel.getRegistry().findSingleByType(Machine.class));
  }

  /** Whether the relay has a folder of tenants, and names of tenants are shown. */
  boolean hasTenants() {
    return Meters.areByTenant(camel);
  }

  /** The only tenant, or those of the folder by name. */
  List<TenantView> tenants() {
    return hasTenants() ? tenants.all().stream().map(this::tenant).toList() : List.of(onlyTenant());
  }

  private TenantView tenant(TenantState state) {
    return new TenantView(
        state,
        tenants.intake(state.tenant()).flatMap(IntakeClient::status),
        tenants.metadata(state.tenant()).map(MetadataStore::status),
        certificate(tenants.tls(state.tenant())),
        tenants.resync(state.tenant()).flatMap(Resync::progress));
  }

  /** The resync of a tenant's devices; empty: its intake does not run here. */
  Optional<Resync> resync(String tenant) {
    return tenants.resync(tenant);
  }

  private TenantView onlyTenant() {
    TenantState unknown =
        new TenantState(only, TenantState.State.RUNNING, Optional.empty(), started);
    return new TenantView(
        tenants.of(only).orElse(unknown),
        Optional.ofNullable(camel.getRegistry().findSingleByType(IntakeClient.class))
            .flatMap(IntakeClient::status),
        Optional.ofNullable(camel.getRegistry().findSingleByType(MetadataStore.class))
            .map(MetadataStore::status),
        certificate(
            Optional.ofNullable(
                camel.getRegistry().lookupByNameAndType("ensTls", TlsMaterial.class))),
        tenants.resync(only).flatMap(Resync::progress));
  }

  /** The certificate shown to the service; empty if the keystore has become unreadable. */
  private static Optional<X509Certificate> certificate(Optional<TlsMaterial> tls) {
    try {
      return tls.flatMap(TlsMaterial::certificate);
    } catch (RuntimeException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    camel.getExecutorServiceManager().shutdownNow(looking);
  }
}
