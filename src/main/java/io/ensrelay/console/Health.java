package io.ensrelay.console;

import io.ensrelay.intake.IntakeStatus;
import io.ensrelay.spool.DestinationStatus;
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
 * text of others: no address, no problem in words.
 */
final class Health {
  private static final long WARN_DAYS = 30;

  private final CamelContext camel;
  private final Overview overview;

  private record Check(String name, boolean up, Map<String, Object> data) {}

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
    boolean up = those.stream().allMatch(Check::up);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("status", up ? "UP" : "DOWN");
    json.put("checks", those.stream().map(Health::json).toList());
    return Reply.json(up ? 200 : 503, json);
  }

  private static Map<String, Object> json(Check check) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", check.name());
    json.put("status", check.up() ? "UP" : "DOWN");
    json.put("data", check.data());
    return json;
  }

  private List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    checks.add(context());
    checks.add(connection());
    checks.add(metadata());
    checks.add(spool());
    overview.certificate().map(Health::certificate).ifPresent(checks::add);
    overview.destinations().forEach(destination -> checks.add(destination(destination)));
    return checks;
  }

  private Check context() {
    return new Check("context", camel.isStarted(), Map.of("state", camel.getStatus().toString()));
  }

  private Check connection() {
    Map<String, Object> data = new LinkedHashMap<>();
    Optional<IntakeStatus> intake = overview.intake();
    if (intake.isEmpty()) {
      return new Check("connection", false, data);
    }
    IntakeStatus status = intake.get();
    data.put("state", status.state().name());
    data.put("since", status.since().toString());
    Map<String, String> topics = new LinkedHashMap<>();
    status.topics().forEach(topic -> topics.put(topic.key(), topic.answer().name()));
    data.put("subscriptions", topics);
    status
        .gap()
        .ifPresent(
            gap ->
                data.put("gap", Map.of("from", gap.from().toString(), "to", gap.to().toString())));
    boolean refused =
        status.topics().stream().anyMatch(topic -> topic.answer() == IntakeStatus.Answer.REFUSED);
    return new Check(
        "connection", status.state() == IntakeStatus.State.CONNECTED && !refused, data);
  }

  /** Those told in an earlier run are good enough. */
  private Check metadata() {
    Map<String, Object> data = new LinkedHashMap<>();
    boolean known =
        overview
            .metadata()
            .map(
                metadata -> {
                  data.put("eventTypes", metadata.known().size());
                  metadata
                      .fetched()
                      .ifPresent(
                          time ->
                              data.put(
                                  "ageSeconds", Duration.between(time, Instant.now()).toSeconds()));
                  return !metadata.known().isEmpty();
                })
            .orElse(false);
    return new Check("metadata", known, data);
  }

  private Check spool() {
    Optional<EventLog.State> state = overview.spool().state();
    return new Check(
        "spool",
        state.equals(Optional.of(EventLog.State.RUNNING)),
        Map.of("state", state.map(EventLog.State::name).orElse("DOWN")));
  }

  private static Check certificate(X509Certificate certificate) {
    long days = StatusReport.daysLeft(certificate, Instant.now());
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("daysLeft", days);
    if (days < WARN_DAYS) {
      data.put("warning", "renew the client certificate (ens.tls.keystore)");
    }
    return new Check("certificate", days >= 0, data);
  }

  private Check destination(DestinationStatus status) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("state", status.state().name());
    status.since().ifPresent(since -> data.put("since", since.toString()));
    overview
        .contents()
        .flatMap(contents -> contents.backlog(status.name()))
        .ifPresent(backlog -> data.put("behindEvents", backlog.events()));
    status
        .underWay()
        .ifPresent(
            oldest ->
                data.put(
                    "behindSeconds",
                    Math.max(0, Duration.between(oldest, Instant.now()).toSeconds())));
    // paused is what somebody wanted
    boolean up =
        status.state() == DestinationStatus.State.OK
            || status.state() == DestinationStatus.State.PAUSED;
    return new Check("destination." + status.name(), up, data);
  }
}
