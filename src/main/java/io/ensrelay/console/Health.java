package io.ensrelay.console;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.ensrelay.delivery.RouteProblems;
import io.ensrelay.intake.IntakeStatus;
import io.ensrelay.service.MetadataStore;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.SpoolView;
import io.ensrelay.spool.log.EventLog;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.camel.CamelContext;

/**
 * Whether the relay is well, in the form of MicroProfile Health: {@code {"status": "UP", "checks":
 * [...]}}, HTTP 200 or 503. Live depends on this process only. Ready means that the relay takes and
 * stores the events of at least one tenant, or has no tenant to take events of.
 *
 * <p>Everybody who reaches the port may read it. So it shows states, times and numbers, but no text
 * of others: no address, only the kind of a problem, such as connection refused, and mistakes in
 * route files without URLs.
 */
final class Health {
  /** A certificate that expires in fewer days needs attention. */
  static final long WARN_DAYS = 30;

  private final CamelContext camel;
  private final Overview overview;

  private record Answer(String status, List<Check> checks) {}

  private record Check(String name, String status, Object data) {
    Check(String name, boolean up, Object data) {
      this(name, word(up), data);
    }
  }

  private record State(String state) {}

  private record SpoolState(
      String state, @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> warnings) {}

  private record Routes(List<Mistake> mistakes, List<String> restartNeeded) {}

  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Mistake(String file, Optional<Integer> line, String text, Instant since) {}

  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Connection(
      Optional<String> state,
      Optional<Instant> since,
      Optional<Map<String, String>> subscriptions,
      Optional<Gap> gap) {}

  /**
   * @param tenants those that this process takes events of
   * @param down the names of those that are not connected
   */
  private record Connections(int tenants, int connected, List<String> down) {}

  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Tenant(
      String state,
      Instant since,
      Optional<Map<String, String>> subscriptions,
      Optional<Gap> gap,
      Metadata metadata,
      Optional<Certificate> certificate,
      Optional<Resync> resync) {}

  /**
   * @param warning while the service can't be read
   */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Resync(
      String phase, Instant since, Optional<Long> percent, Optional<String> warning) {}

  private record Gap(Instant from, Instant to) {}

  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Metadata(Optional<Integer> eventTypes, Optional<Long> ageSeconds) {}

  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Certificate(long daysLeft, Optional<String> warning) {}

  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Destination(
      String state,
      Optional<Instant> since,
      Optional<String> reason,
      Optional<Integer> tries,
      Optional<Instant> next,
      Optional<Long> behindEvents,
      Optional<Long> behindSeconds) {}

  Health(CamelContext camel, Overview overview) {
    this.camel = camel;
    this.overview = overview;
  }

  Reply all() {
    return reply(checks(), check -> true);
  }

  /** The process itself. */
  Reply live() {
    return reply(List.of(context()), check -> true);
  }

  Reply ready() {
    return reply(
        checks(),
        check -> List.of("context", "connection", "metadata", "spool").contains(check.name()));
  }

  private static Reply reply(List<Check> checks, Predicate<Check> asked) {
    List<Check> those = checks.stream().filter(asked).toList();
    boolean up = those.stream().allMatch(check -> check.status().equals(word(true)));
    return Reply.json(up ? 200 : 503, new Answer(word(up), those));
  }

  private static String word(boolean up) {
    return up ? "UP" : "DOWN";
  }

  private List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    checks.add(context());
    Instant now = Instant.now();
    List<TenantView> tenants = overview.tenants();
    checks.add(connection(tenants));
    checks.add(metadata(tenants));
    checks.add(spool());
    certificate(tenants, now).ifPresent(checks::add);
    if (!overview.hasTenants()) {
      // up: events flow without it
      resync(tenants.get(0), now).ifPresent(run -> checks.add(new Check("resync", true, run)));
    } else {
      tenants.stream()
          .sorted(TenantView.worstFirst(now))
          .forEach(tenant -> checks.add(tenant(tenant, now)));
    }
    // up: the routes from before the mistake go on
    checks.add(new Check("routes", true, routes(overview.routes())));
    overview.destinations().forEach(destination -> checks.add(destination(destination)));
    return checks;
  }

  private static Routes routes(RouteProblems.State state) {
    return new Routes(
        state.problems().stream()
            .map(
                problem ->
                    new Mistake(
                        problem.file(),
                        problem.line(),
                        problem.text().replaceAll("\\S*://\\S*", "(address)"),
                        problem.since()))
            .toList(),
        state.restartNeeded());
  }

  private Check context() {
    return new Check("context", camel.isStarted(), new State(camel.getStatus().toString()));
  }

  private Check connection(List<TenantView> tenants) {
    if (overview.hasTenants()) {
      return connections(tenants);
    }
    TenantView only = tenants.get(0);
    // another machine may be the one that takes its events
    boolean up = !only.isHere() || isConnected(only);
    return new Check("connection", up, connection(only.intake()));
  }

  private static boolean isConnected(TenantView tenant) {
    return tenant.isConnected()
        && tenant.intake().stream()
            .flatMap(status -> status.topics().stream())
            .noneMatch(topic -> topic.state() == IntakeStatus.SubscriptionState.REFUSED);
  }

  private static Connection connection(Optional<IntakeStatus> intake) {
    return new Connection(
        intake.map(status -> status.state().name()),
        intake.map(IntakeStatus::since),
        intake.map(Health::subscriptions),
        intake.flatMap(IntakeStatus::gap).map(gap -> new Gap(gap.from(), gap.to())));
  }

  /** One tenant that is down does not make the others unready. */
  private static Check connections(List<TenantView> tenants) {
    List<TenantView> here = tenants.stream().filter(TenantView::isHere).toList();
    List<String> down =
        here.stream().filter(each -> !isConnected(each)).map(TenantView::name).toList();
    return new Check(
        "connection",
        here.isEmpty() || down.size() < here.size(),
        new Connections(here.size(), here.size() - down.size(), down));
  }

  private static Check tenant(TenantView view, Instant now) {
    Optional<IntakeStatus> intake = view.intake();
    return new Check(
        "tenant." + view.name(),
        !view.isHere() || isConnected(view),
        new Tenant(
            view.word().toUpperCase(Locale.ROOT),
            view.since(),
            intake.map(Health::subscriptions).filter(map -> !isConnected(view)),
            intake.flatMap(IntakeStatus::gap).map(gap -> new Gap(gap.from(), gap.to())),
            metadata(view.metadata()),
            view.certificate().map(certificate -> certificate(certificate, now)),
            resync(view, now)));
  }

  /** A run that is over says nothing about the health. */
  private static Optional<Resync> resync(TenantView view, Instant now) {
    return view.resync()
        .filter(run -> !run.isOver())
        .map(
            run ->
                new Resync(
                    run.phase().name(),
                    run.started(),
                    run.done().map(done -> (long) (100 * done)),
                    view.resyncProblem(now)
                        .map(why -> "the service does not answer; it is asked again")));
  }

  private static Map<String, String> subscriptions(IntakeStatus status) {
    Map<String, String> answers = new LinkedHashMap<>();
    status.topics().forEach(topic -> answers.put(topic.key(), topic.state().name()));
    return answers;
  }

  /** Event types of an earlier run are good enough. */
  private Check metadata(List<TenantView> tenants) {
    List<TenantView> here = tenants.stream().filter(TenantView::isHere).toList();
    List<TenantView> knowing = here.stream().filter(Health::knowsTypes).toList();
    return new Check(
        "metadata",
        here.isEmpty() || !knowing.isEmpty(),
        metadata(
            (knowing.isEmpty() ? tenants : knowing)
                .stream().findFirst().flatMap(TenantView::metadata)));
  }

  private static boolean knowsTypes(TenantView tenant) {
    return tenant.metadata().filter(status -> !status.known().isEmpty()).isPresent();
  }

  private static Metadata metadata(Optional<MetadataStore.Status> metadata) {
    return new Metadata(
        metadata.map(status -> status.known().size()),
        metadata
            .flatMap(MetadataStore.Status::fetched)
            .map(time -> Duration.between(time, Instant.now()).toSeconds()));
  }

  private Check spool() {
    Optional<EventLog.State> state = overview.spool().state();
    return new Check(
        "spool",
        state.equals(Optional.of(EventLog.State.RUNNING)),
        new SpoolState(
            state.map(EventLog.State::name).orElse("DOWN"), overview.spool().warnings()));
  }

  /** The certificate that expires first. */
  private static Optional<Check> certificate(List<TenantView> tenants, Instant now) {
    return tenants.stream()
        .flatMap(tenant -> tenant.certificate().stream())
        .min(Comparator.comparing(X509Certificate::getNotAfter))
        .map(certificate -> certificate(certificate, now))
        .map(shown -> new Check("certificate", shown.daysLeft() >= 0, shown));
  }

  private static Certificate certificate(X509Certificate certificate, Instant now) {
    long days = StatusReport.daysLeft(certificate, now);
    return new Certificate(
        days,
        days < WARN_DAYS
            ? Optional.of("renew the client certificate (ens.tls.keystore)")
            : Optional.empty());
  }

  private Check destination(DestinationStatus status) {
    // somebody wanted the pause
    boolean up =
        status.state() == DestinationStatus.State.OK
            || status.state() == DestinationStatus.State.PAUSED;
    return new Check(
        "destination." + status.name(),
        up,
        new Destination(
            status.state().name(),
            status.since(),
            status.stall().flatMap(stall -> stall.why().kind()),
            status.stall().map(DestinationStatus.Stall::tries),
            status.stall().map(DestinationStatus.Stall::next),
            overview
                .contents()
                .flatMap(contents -> contents.backlog(status.name()))
                .map(SpoolView.Backlog::events),
            status
                .underWay()
                .map(oldest -> Math.max(0, Duration.between(oldest, Instant.now()).toSeconds()))));
  }
}
