package io.ensrelay.console;

import io.ensrelay.base.Version;
import io.ensrelay.intake.IntakeStatus;
import io.ensrelay.service.MetadataStore;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.SpoolView;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The state of the relay as JSON: what {@code GET /api/status} answers. Counters count since the
 * start of the process. Threads: safe.
 */
final class StatusReport {
  private final Overview overview;
  private final MeterRegistry meters;
  private final String tenant;
  private final Instant started = Instant.now();

  StatusReport(Overview overview, MeterRegistry meters, String tenant) {
    this.overview = overview;
    this.meters = meters;
    this.tenant = tenant;
  }

  Map<String, Object> now() {
    Instant now = Instant.now();
    Optional<IntakeStatus> intake = overview.intake();
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("version", Version.packaged().orElse(""));
    status.put("tenant", tenant);
    status.put("started", started.toString());
    status.put("now", now.toString());
    status.put("connection", intake.map(this::connection).orElse(null));
    status.put("metadata", overview.metadata().map(StatusReport::metadata).orElse(null));
    status.put("certificate", overview.certificate().map(c -> certificate(c, now)).orElse(null));
    status.put("gap", intake.flatMap(IntakeStatus::gap).map(StatusReport::gap).orElse(null));
    status.put("spool", spool());
    status.put("intake", intake(intake));
    status.put("events", events());
    status.put("destinations", destinations(now));
    status.put("deadLetters", overview.contents().map(Overview.Contents::deadLetters).orElse(null));
    return status;
  }

  private Map<String, Object> connection(IntakeStatus intake) {
    Map<String, Object> connection = new LinkedHashMap<>();
    connection.put("state", name(intake.state()));
    connection.put("url", intake.url());
    connection.put("clientId", intake.clientId());
    connection.put("since", intake.since().toString());
    connection.put("problem", intake.problem().orElse(null));
    connection.put("reconnects", count("ens.reconnects"));
    connection.put("topics", intake.topics().stream().map(StatusReport::topic).toList());
    return connection;
  }

  private static Map<String, Object> topic(IntakeStatus.Topic topic) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("key", topic.key());
    json.put("topic", topic.topic());
    json.put("state", name(topic.answer()));
    json.put("problem", topic.problem().orElse(null));
    return json;
  }

  private static Map<String, Object> metadata(MetadataStore.Status known) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("fetched", known.fetched().map(Instant::toString).orElse(null));
    metadata.put("problem", known.problem().orElse(null));
    metadata.put("retentionMinutes", known.retentionMinutes());
    metadata.put("known", known.known());
    return metadata;
  }

  private static Map<String, Object> certificate(X509Certificate certificate, Instant now) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("subject", certificate.getSubjectX500Principal().getName());
    json.put("issuer", certificate.getIssuerX500Principal().getName());
    json.put("notAfter", certificate.getNotAfter().toInstant().toString());
    json.put("daysLeft", daysLeft(certificate, now));
    return json;
  }

  static long daysLeft(X509Certificate certificate, Instant now) {
    return Math.floorDiv(
        Duration.between(now, certificate.getNotAfter().toInstant()).toSeconds(), 86_400L);
  }

  private static Map<String, Object> gap(io.ensrelay.event.Gap gap) {
    return Map.of("from", gap.from().toString(), "to", gap.to().toString(), "reason", gap.reason());
  }

  private Map<String, Object> spool() {
    Spool spool = overview.spool();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("state", spool.state().map(StatusReport::name).orElse("down"));
    json.put("directory", spool.directory().toString());
    try {
      json.put("freeBytes", Files.getFileStore(spool.directory()).getUsableSpace());
    } catch (IOException e) {
      json.put("freeBytes", null);
    }
    json.put("damagedEvents", spool.damaged());
    return json;
  }

  private Map<String, Object> intake(Optional<IntakeStatus> intake) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("received", count("ens.messages.received"));
    json.put("redelivered", count("ens.messages.redelivered"));
    json.put("acknowledged", count("ens.messages.acknowledged"));
    json.put("malformed", dead(Spool.INTAKE));
    json.put("unconfirmed", intake.map(IntakeStatus::unconfirmed).orElse(0));
    return json;
  }

  private Map<String, Object> events() {
    Map<String, Long> byKey = new TreeMap<>();
    Collection<Counter> counters = meters.find("ens.events.stored").counters();
    counters.forEach(
        counter -> byKey.merge(counter.getId().getTag("key"), (long) counter.count(), Long::sum));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("stored", byKey.values().stream().mapToLong(Long::longValue).sum());
    json.put("duplicates", count("ens.events.duplicates"));
    json.put("byKey", byKey);
    return json;
  }

  /** Those that routes read, and then those that only collect. */
  List<Map<String, Object>> destinations(Instant now) {
    List<Map<String, Object>> json = new ArrayList<>();
    List<DestinationStatus> read = overview.destinations();
    read.forEach(destination -> json.add(destination(destination, now)));
    List<String> names = read.stream().map(DestinationStatus::name).toList();
    overview
        .contents()
        .ifPresent(
            contents ->
                contents.backlogs().stream()
                    .filter(backlog -> !names.contains(backlog.destination()))
                    .map(backlog -> unread(backlog, contents, now))
                    .forEach(json::add));
    return json;
  }

  private Map<String, Object> destination(DestinationStatus status, Instant now) {
    Optional<Overview.Contents> contents = overview.contents();
    Optional<SpoolView.Backlog> backlog = contents.flatMap(all -> all.backlog(status.name()));
    Optional<Instant> oldest =
        status.underWay().or(() -> backlog.flatMap(SpoolView.Backlog::oldest));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", status.name());
    json.put("state", name(status.state()));
    json.put("since", status.since().map(Instant::toString).orElse(null));
    json.put("problem", status.trouble().orElse(null));
    json.put("lanes", status.lanes());
    json.put("delivered", status.delivered());
    json.put("retries", status.retries());
    json.put("dead", dead(status.name()));
    json.put("backlog", backlog.map(SpoolView.Backlog::events).orElse(null));
    json.put("oldestSeconds", oldest.map(time -> seconds(time, now)).orElse(null));
    json.put(
        "deadLetters",
        contents.map(all -> all.deadLetters().getOrDefault(status.name(), 0L)).orElse(null));
    return json;
  }

  private static Map<String, Object> unread(
      SpoolView.Backlog backlog, Overview.Contents contents, Instant now) {
    return json(
        backlog,
        "unused",
        "no route reads it and it collects events: add its route, or forget it",
        contents.deadLetters(),
        now);
  }

  /** Of a destination while no relay runs. */
  static Map<String, Object> stopped(
      SpoolView.Backlog backlog, Map<String, Long> letters, Instant now) {
    return json(backlog, backlog.paused() ? "paused" : "stopped", null, letters, now);
  }

  private static Map<String, Object> json(
      SpoolView.Backlog backlog,
      String state,
      String problem,
      Map<String, Long> letters,
      Instant now) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", backlog.destination());
    json.put("state", state);
    json.put("since", null);
    json.put("problem", problem);
    json.put("lanes", backlog.readers());
    json.put("delivered", 0);
    json.put("retries", 0);
    json.put("dead", 0);
    json.put("backlog", backlog.events());
    json.put("oldestSeconds", backlog.oldest().map(time -> seconds(time, now)).orElse(null));
    json.put("deadLetters", letters.getOrDefault(backlog.destination(), 0L));
    return json;
  }

  private static long seconds(Instant from, Instant to) {
    return Math.max(0, Duration.between(from, to).toSeconds());
  }

  private long dead(String destination) {
    Counter counter = meters.find("ens.destination.dead").tag("destination", destination).counter();
    return counter == null ? 0 : (long) counter.count();
  }

  private long count(String name) {
    Counter counter = meters.find(name).counter();
    return counter == null ? 0 : (long) counter.count();
  }

  private static String name(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
