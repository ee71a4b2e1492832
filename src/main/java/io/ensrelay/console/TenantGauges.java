package io.ensrelay.console;

import io.ensrelay.intake.IntakeStatus;
import io.ensrelay.intake.ResyncProgress;
import io.ensrelay.service.MetadataStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The meters of a tenant that are measured on demand: with a folder of tenants they have the tag
 * {@code tenant}, without one no tag.
 */
final class TenantGauges {
  private static final double NONE = Double.NaN;

  private final MeterRegistry meters;
  private final Overview overview;
  private final Map<MultiGauge, Function<TenantView, Number>> byTenant = new LinkedHashMap<>();

  TenantGauges(MeterRegistry meters, Overview overview) {
    this.meters = meters;
    this.overview = overview;
    add(
        "ens.connected",
        "1 while connected to the service",
        null,
        tenant -> tenant.isConnected() ? 1 : 0);
    add(
        "ens.messages.unconfirmed",
        "Messages taken from the service that are not stored yet",
        null,
        tenant -> tenant.intake().map(IntakeStatus::unconfirmed).orElse(0));
    add(
        "ens.subscriptions",
        "Topics the service lets us have",
        null,
        tenant -> topics(tenant, IntakeStatus.SubscriptionState.SUBSCRIBED));
    add(
        "ens.subscriptions.refused",
        "Topics the service refuses",
        null,
        tenant -> topics(tenant, IntakeStatus.SubscriptionState.REFUSED));
    add(
        "ens.metadata.age",
        "Time since the event types were last read from the service",
        "seconds",
        TenantGauges::metadataAge);
    add(
        "ens.certificate.expiry",
        "Time until the client certificate expires",
        "seconds",
        TenantGauges::certificateExpiry);
    add(
        "ens.resync.running",
        "1 while a resync reads the devices",
        null,
        tenant -> tenant.resync().filter(run -> !run.isOver()).isPresent() ? 1 : 0);
    add(
        "ens.resync.progress",
        "Part of the devices that the resync has read, 0 to 1; NaN: there was none",
        null,
        tenant ->
            tenant.resync().flatMap(ResyncProgress::done).<Number>map(done -> done).orElse(NONE));
    add(
        "ens.resync.trouble",
        "1 while a resync can't read the devices for a minute or longer",
        null,
        tenant -> tenant.resyncProblem(Instant.now()).isPresent() ? 1 : 0);
    if (overview.hasTenants()) {
      Arrays.stream(TenantView.Level.values()).forEach(this::addNumber);
    }
  }

  /** Adds and removes gauges as tenants come and go. Call it before each read. */
  void refresh() {
    List<TenantView> tenants = overview.hasTenants() ? overview.tenants() : List.of();
    byTenant.forEach(
        (gauge, value) ->
            gauge.register(
                tenants.stream()
                    .<MultiGauge.Row<?>>map(
                        each ->
                            MultiGauge.Row.of(Tags.of("tenant", each.name()), value.apply(each)))
                    .toList(),
                true));
  }

  private void add(
      String name, String description, String unit, Function<TenantView, Number> value) {
    if (overview.hasTenants()) {
      byTenant.put(
          MultiGauge.builder(name).description(description).baseUnit(unit).register(meters), value);
    } else {
      Gauge.builder(name, () -> value.apply(overview.tenants().get(0)))
          .description(description)
          .baseUnit(unit)
          .register(meters);
    }
  }

  private void addNumber(TenantView.Level level) {
    Gauge.builder("ens.tenants", () -> number(level))
        .description("Tenants of this process: those that are fine, and those that are not")
        .tag("level", level.name().toLowerCase(Locale.ROOT))
        .register(meters);
  }

  private long number(TenantView.Level level) {
    Instant now = Instant.now();
    return overview.tenants().stream()
        .filter(TenantView::isHere)
        .filter(tenant -> tenant.level(now) == level)
        .count();
  }

  private static long topics(TenantView tenant, IntakeStatus.SubscriptionState answer) {
    return tenant.intake().stream()
        .flatMap(intake -> intake.topics().stream())
        .filter(topic -> topic.state() == answer)
        .count();
  }

  private static Number metadataAge(TenantView tenant) {
    return tenant
        .metadata()
        .flatMap(MetadataStore.Status::fetched)
        .<Number>map(time -> Duration.between(time, Instant.now()).toSeconds())
        .orElse(NONE);
  }

  private static Number certificateExpiry(TenantView tenant) {
    return tenant
        .certificate()
        .map(X509Certificate::getNotAfter)
        .<Number>map(date -> Duration.between(Instant.now(), date.toInstant()).toSeconds())
        .orElse(NONE);
  }
}
