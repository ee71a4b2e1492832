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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.camel.CamelContext;

/**
 * Whether the relay is well, in the form of MicroProfile Health: {@code {"status": "UP", "checks":
 * [...]}}, HTTP 200 or 503. Live does not depend on anybody else; ready means that events are taken
 * from the service and stored.
 *
 * <p>Whoever reaches the port may read it, so there are states, times and numbers in it, and no
 * text of others: no address, of a problem only its kind, such as connection refused, and mistakes
 * in route files without URLs.
 */
final class Health {
  private static final long WARN_DAYS = 30;

  private final CamelContext camel;
  private final Overview overview;

  private record Answer(String status, List<Check> checks) {}

  private record Check(String name, String status, Object data) {
    Check(String name, boolean up, Object data) {
      this(name, word(up), data);
    }
  }

  private record State(String state) {}

  private record Routes(List<Mistake> mistakes, List<String> restartNeeded) {}

  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Mistake(String file, Optional<Integer> line, String text, Instant since) {}

  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  private record Connection(
      Optional<String> state,
      Optional<Instant> since,
      Optional<Map<String, String>> subscriptions,
      Optional<Gap> gap) {}

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
    checks.add(connection());
    checks.add(metadata());
    checks.add(spool());
    overview.certificate().map(Health::certificate).ifPresent(checks::add);
    // up: what ran before a mistake goes on
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

  private Check connection() {
    Optional<IntakeStatus> intake = overview.intake();
    boolean up =
        intake
            .filter(status -> status.state() == IntakeStatus.State.CONNECTED)
            .filter(
                status ->
                    status.topics().stream()
                        .noneMatch(
                            topic -> topic.state() == IntakeStatus.SubscriptionState.REFUSED))
            .isPresent();
    return new Check(
        "connection",
        up,
        new Connection(
            intake.map(status -> status.state().name()),
            intake.map(IntakeStatus::since),
            intake.map(Health::subscriptions),
            intake.flatMap(IntakeStatus::gap).map(gap -> new Gap(gap.from(), gap.to()))));
  }

  private static Map<String, String> subscriptions(IntakeStatus status) {
    Map<String, String> answers = new LinkedHashMap<>();
    status.topics().forEach(topic -> answers.put(topic.key(), topic.state().name()));
    return answers;
  }

  /** Event types of an earlier run are good enough. */
  private Check metadata() {
    Optional<MetadataStore.Status> metadata = overview.metadata();
    return new Check(
        "metadata",
        metadata.filter(status -> !status.known().isEmpty()).isPresent(),
        new Metadata(
            metadata.map(status -> status.known().size()),
            metadata
                .flatMap(MetadataStore.Status::fetched)
                .map(time -> Duration.between(time, Instant.now()).toSeconds())));
  }

  private Check spool() {
    Optional<EventLog.State> state = overview.spool().state();
    return new Check(
        "spool",
        state.equals(Optional.of(EventLog.State.RUNNING)),
        new State(state.map(EventLog.State::name).orElse("DOWN")));
  }

  private static Check certificate(X509Certificate certificate) {
    long days = StatusReport.daysLeft(certificate, Instant.now());
    Optional<String> warning =
        days < WARN_DAYS
            ? Optional.of("renew the client certificate (ens.tls.keystore)")
            : Optional.empty();
    return new Check("certificate", days >= 0, new Certificate(days, warning));
  }

  private Check destination(DestinationStatus status) {
    // paused is what somebody wanted
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
            overview
                .contents()
                .flatMap(contents -> contents.backlog(status.name()))
                .map(SpoolView.Backlog::events),
            status
                .underWay()
                .map(oldest -> Math.max(0, Duration.between(oldest, Instant.now()).toSeconds()))));
  }
}
