package io.ensrelay.console;

import io.ensrelay.base.Version;
import io.ensrelay.delivery.RouteProblems;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.SpoolView;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Makes the {@link Status} of the relay. Threads: safe. */
final class StatusReport {
  private final Overview overview;
  private final MeterRegistry meters;
  private final TenantReport tenants;
  private final String tenant;
  private final Instant started = Instant.now();

  StatusReport(Overview overview, MeterRegistry meters, String tenant) {
    this.overview = overview;
    this.meters = meters;
    this.tenant = overview.hasTenants() ? "" : tenant;
    tenants = new TenantReport(overview, meters);
  }

  Status now() {
    Instant now = Instant.now();
    List<TenantView> views = tenants.views(now);
    Optional<Status.Connection> connection = tenants.connection(views, now);
    Status.Spool spool = spool();
    Status.Routes routes = routes();
    List<Status.Destination> destinations = destinations(now);
    List<Status.Tenant> all = tenants.tenants(views, now);
    return new Status(
        Version.packaged().orElse(""),
        overview.machine().map(each -> new Status.Machine(each.name(), name(each.role()))),
        tenant,
        started,
        now,
        WorstState.of(
            connection,
            isOneHere(views) ? List.of() : all,
            spool,
            routes,
            destinations,
            views.stream().flatMap(view -> view.resyncProblem(now).stream()).findFirst()),
        connection,
        tenants.metadata(views),
        tenants.certificate(views, now),
        tenants.gap(views),
        spool,
        new Status.Intake(
            tenants.total("ens.messages.received"),
            tenants.total("ens.messages.redelivered"),
            tenants.total("ens.messages.acknowledged"),
            dead(Spool.INTAKE),
            tenants.unconfirmed(views)),
        events(),
        all,
        routes,
        destinations,
        overview.contents().map(Overview.Contents::deadLetters));
  }

  /** Whether there is only one tenant and this machine takes its events. */
  private boolean isOneHere(List<TenantView> views) {
    return !overview.hasTenants() && views.stream().allMatch(TenantView::isHere);
  }

  static long daysLeft(X509Certificate certificate, Instant now) {
    return Math.floorDiv(
        Duration.between(now, certificate.getNotAfter().toInstant()).toSeconds(), 86_400L);
  }

  private Status.Spool spool() {
    Spool spool = overview.spool();
    return new Status.Spool(
        spool.state().map(StatusReport::name).orElse("down"),
        spool
            .kafka()
            .map(kafka -> "Kafka topic " + kafka.topic() + " on " + kafka.brokers())
            .orElseGet(() -> spool.directory().toString()),
        spool.kafka().isPresent() ? Optional.empty() : freeBytes(spool.directory()),
        spool.damaged(),
        spool.problem(),
        spool.warnings());
  }

  private static Optional<Long> freeBytes(Path directory) {
    try {
      return Optional.of(Files.getFileStore(directory).getUsableSpace());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Status.Routes routes() {
    RouteProblems.State state = overview.routes();
    return new Status.Routes(state.problems(), state.restartNeeded());
  }

  private Status.Events events() {
    Map<String, Long> byKey = new TreeMap<>();
    Collection<Counter> counters = meters.find("ens.events.stored").counters();
    counters.forEach(
        counter -> byKey.merge(counter.getId().getTag("key"), (long) counter.count(), Long::sum));
    return new Status.Events(
        byKey.values().stream().mapToLong(Long::longValue).sum(),
        tenants.total("ens.events.duplicates"),
        byKey);
  }

  /** The destinations that routes read, then those that only collect events. */
  List<Status.Destination> destinations(Instant now) {
    List<DestinationStatus> read = overview.destinations();
    List<String> names = read.stream().map(DestinationStatus::name).toList();
    Stream<Status.Destination> unread =
        overview.contents().stream()
            .flatMap(
                contents ->
                    contents.backlogs().stream()
                        .filter(backlog -> !names.contains(backlog.destination()))
                        .map(backlog -> unread(backlog, contents, now)));
    return Stream.concat(read.stream().map(status -> destination(status, now)), unread).toList();
  }

  private Status.Destination destination(DestinationStatus status, Instant now) {
    Optional<Overview.Contents> contents = overview.contents();
    Optional<SpoolView.Backlog> backlog = contents.flatMap(all -> all.backlog(status.name()));
    BacklogHistory.Pace pace = overview.history().pace(status.name());
    Optional<Instant> oldest =
        status.underWay().or(() -> backlog.flatMap(SpoolView.Backlog::oldest));
    return new Status.Destination(
        status.name(),
        name(status.state()),
        status.since(),
        status.trouble().or(status::waits),
        status.stall().map(stall -> stall.why().detail()),
        status.stall().flatMap(DestinationStatus.Stall::answer),
        status.stall().map(DestinationStatus.Stall::tries),
        status.stall().map(DestinationStatus.Stall::next),
        status.lanes(),
        status.delivered(),
        status.retries(),
        dead(status.name()),
        backlog.map(SpoolView.Backlog::events),
        oldest.map(time -> seconds(time, now)),
        contents.map(all -> all.deadLetters().getOrDefault(status.name(), 0L)),
        pace.rate(),
        pace.drainSeconds());
  }

  private static Status.Destination unread(
      SpoolView.Backlog backlog, Overview.Contents contents, Instant now) {
    return notRead(
        backlog,
        "unused",
        Optional.of("no route reads it and it collects events: add its route, or forget it"),
        contents.deadLetters(),
        now);
  }

  /** The status of a destination while no relay runs. */
  static Status.Destination stopped(
      SpoolView.Backlog backlog, Map<String, Long> letters, Instant now) {
    return notRead(
        backlog, backlog.paused() ? "paused" : "stopped", Optional.empty(), letters, now);
  }

  private static Status.Destination notRead(
      SpoolView.Backlog backlog,
      String state,
      Optional<String> problem,
      Map<String, Long> letters,
      Instant now) {
    return new Status.Destination(
        backlog.destination(),
        state,
        Optional.empty(),
        problem,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        backlog.readers(),
        0,
        0,
        0,
        Optional.of(backlog.events()),
        backlog.oldest().map(time -> seconds(time, now)),
        Optional.of(letters.getOrDefault(backlog.destination(), 0L)),
        Optional.empty(),
        Optional.empty());
  }

  private static long seconds(Instant from, Instant to) {
    return Math.max(0, Duration.between(from, to).toSeconds());
  }

  private long dead(String destination) {
    Counter counter = meters.find("ens.destination.dead").tag("destination", destination).counter();
    return counter == null ? 0 : (long) counter.count();
  }

  private static String name(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
