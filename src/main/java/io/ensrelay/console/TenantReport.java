package io.ensrelay.console;

import io.ensrelay.intake.IntakeStatus;
import io.ensrelay.service.MetadataStore;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The tenants' part of the {@link Status}: each tenant, and the fields that were made for a relay
 * with one. Of several tenants these show the one that needs attention most, the certificate that
 * expires first, the last gap, and sums. Threads: safe.
 */
final class TenantReport {
  private final Overview overview;
  private final MeterRegistry meters;

  TenantReport(Overview overview, MeterRegistry meters) {
    this.overview = overview;
    this.meters = meters;
  }

  /** The tenants, those that need attention first. */
  List<TenantView> views(Instant now) {
    return overview.tenants().stream().sorted(TenantView.worstFirst(now)).toList();
  }

  List<Status.Tenant> tenants(List<TenantView> views, Instant now) {
    return views.stream().map(view -> tenant(view, now)).toList();
  }

  private Status.Tenant tenant(TenantView view, Instant now) {
    return new Status.Tenant(
        view.name(),
        view.word(),
        name(view.level(now)),
        view.reason(now),
        view.since(),
        view.intake()
            .map(
                intake ->
                    new Status.TenantConnection(
                        intake.url(), intake.clientId(), count("ens.reconnects", view))),
        topics(view),
        view.metadata()
            .map(
                known ->
                    new Status.TenantMetadata(
                        known.fetched(), known.problem(), known.retentionMinutes())),
        view.certificate().map(certificate -> certificate(certificate, now)),
        view.intake().flatMap(IntakeStatus::gap).map(TenantReport::gap),
        view.resync().map(Status.Resync::of),
        count("ens.messages.received", view),
        view.intake().map(IntakeStatus::unconfirmed).orElse(0),
        count("ens.events.stored", view));
  }

  private static Status.TenantTopics topics(TenantView view) {
    List<Status.Topic> all =
        view.intake().stream()
            .flatMap(intake -> intake.topics().stream())
            .map(TenantReport::topic)
            .toList();
    List<Status.Topic> others =
        all.stream().filter(topic -> !topic.state().equals("subscribed")).toList();
    return new Status.TenantTopics(all.size(), all.size() - others.size(), others);
  }

  /** The connection of the tenant that needs attention most and has a session. */
  Optional<Status.Connection> connection(List<TenantView> views, Instant now) {
    return views.stream()
        .filter(view -> view.intake().isPresent())
        .findFirst()
        .map(view -> connection(view, view.intake().get(), now));
  }

  private Status.Connection connection(TenantView view, IntakeStatus intake, Instant now) {
    String whose = overview.hasTenants() ? view.name() + ": " : "";
    return new Status.Connection(
        name(intake.state()),
        intake.url(),
        intake.clientId(),
        intake.since(),
        intake.problem().map(problem -> whose + problem),
        total("ens.reconnects"),
        intake.topics().stream().map(TenantReport::topic).toList());
  }

  private static Status.Topic topic(IntakeStatus.Topic topic) {
    return new Status.Topic(topic.key(), topic.topic(), name(topic.state()), topic.problem());
  }

  /** The metadata of the tenant that needs attention most and has any. */
  Optional<Status.Metadata> metadata(List<TenantView> views) {
    return views.stream()
        .filter(view -> view.metadata().isPresent())
        .findFirst()
        .map(
            view -> {
              MetadataStore.Status known = view.metadata().get();
              String whose = overview.hasTenants() ? view.name() + ": " : "";
              return new Status.Metadata(
                  known.fetched(),
                  known.problem().map(problem -> whose + problem),
                  known.retentionMinutes(),
                  known.known());
            });
  }

  /** The certificate that expires first. */
  Optional<Status.Certificate> certificate(List<TenantView> views, Instant now) {
    return views.stream()
        .flatMap(view -> view.certificate().stream())
        .min(Comparator.comparing(X509Certificate::getNotAfter))
        .map(certificate -> certificate(certificate, now));
  }

  /** The last gap of any tenant. */
  Optional<Status.Gap> gap(List<TenantView> views) {
    return views.stream()
        .flatMap(view -> view.intake().flatMap(IntakeStatus::gap).stream())
        .map(TenantReport::gap)
        .max(Comparator.comparing(Status.Gap::to));
  }

  int unconfirmed(List<TenantView> views) {
    return views.stream()
        .mapToInt(view -> view.intake().map(IntakeStatus::unconfirmed).orElse(0))
        .sum();
  }

  /** Returns a counter over all tenants. */
  long total(String name) {
    return (long) meters.find(name).counters().stream().mapToDouble(Counter::count).sum();
  }

  private long count(String name, TenantView view) {
    return overview.hasTenants()
        ? (long)
            meters.find(name).tag("tenant", view.name()).counters().stream()
                .mapToDouble(Counter::count)
                .sum()
        : total(name);
  }

  private static Status.Gap gap(io.ensrelay.event.Gap gap) {
    return new Status.Gap(gap.from(), gap.to(), gap.reason());
  }

  private static Status.Certificate certificate(X509Certificate certificate, Instant now) {
    return new Status.Certificate(
        certificate.getSubjectX500Principal().getName(),
        certificate.getIssuerX500Principal().getName(),
        certificate.getNotAfter().toInstant(),
        StatusReport.daysLeft(certificate, now));
  }

  private static String name(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
