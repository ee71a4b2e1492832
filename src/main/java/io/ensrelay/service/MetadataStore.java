package io.ensrelay.service;

import io.ensrelay.base.FailureText;
import io.ensrelay.base.Printable;
import io.ensrelay.base.TenantLog;
import io.ensrelay.base.TimeSpan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The known event types and, from them, the topics to subscribe to.
 *
 * <p>These come from the last good answer of this run; until there is one, after a failed metadata
 * call, from the last good answer on disk. A bad answer changes nothing. Each change of state is
 * one log line, however often the relay asks the service. Many threads may use it.
 */
public final class MetadataStore {
  private static final Logger LOG = LoggerFactory.getLogger(MetadataStore.class);

  /** Limit for a log line. */
  private static final int MOST_NAMES = 20;

  private static final int MOST_REASONS = 10;

  private static final int LONGEST_NAME = 60;

  private final MetadataFile file;
  private final EventSelection selection;
  private final String suffix;

  private Optional<EventMetadata> known = Optional.empty();
  private Optional<MetadataFile.Kept> fromDisk = Optional.empty();
  private Set<String> reportedRefused = Set.of();
  private String reportedUnknown = "";

  /** Reasons logged since the service last answered. */
  private final Set<String> reported = new HashSet<>();

  private Optional<Instant> failingSince = Optional.empty();
  private Optional<String> problem = Optional.empty();
  private Optional<Instant> fetched = Optional.empty();
  private boolean unwritable;

  /**
   * The state of the metadata.
   *
   * @param fetched the time of the service's last good answer, in this run or an earlier one
   * @param problem why the last attempt failed; empty: it succeeded
   * @param retentionMinutes 0 if the service did not say
   * @param known the metadata keys
   */
  public record Status(
      Optional<Instant> fetched,
      Optional<String> problem,
      int retentionMinutes,
      Set<String> known) {}

  /**
   * @param dataDir the folder for metadata.json, the last good answer
   * @param events metadata keys separated by commas, or {@code *} for all
   */
  public MetadataStore(String dataDir, String events) {
    this(dataDir, events, "");
  }

  /**
   * @param suffix of the names of the tenant's beans; empty: there is one tenant
   */
  public MetadataStore(String dataDir, String events, String suffix) {
    this.suffix = suffix;
    file = new MetadataFile(Path.of(dataDir));
    selection = new EventSelection(events);
  }

  /**
   * Accepts a good answer and stores it on disk.
   *
   * @throws IllegalArgumentException if it is null, as from the JSON text {@code null}
   */
  public synchronized void keep(EventMetadata answer) {
    try (TenantLog mark = TenantLog.of(suffix)) {
      if (answer == null) {
        throw new IllegalArgumentException("the answer is empty");
      }
      failingSince.ifPresent(
          since -> LOG.info("The event types can be read again, after {}", age(since)));
      failingSince = Optional.empty();
      reported.clear();
      reportChange(answer.topics());
      known = Optional.of(answer);
      fromDisk = Optional.empty();
      fetched = Optional.of(Instant.now());
      problem = Optional.empty();
      reportRefused(answer.refused());
      write(answer);
    }
  }

  /** Records that the last attempt failed; the reason must hold no secret. */
  public synchronized void failed(String reason) {
    try (TenantLog mark = TenantLog.of(suffix)) {
      problem = Optional.of(reason);
      failingSince = failingSince.or(() -> Optional.of(Instant.now()));
      if (reported.size() >= MOST_REASONS || !reported.add(reason)) {
        LOG.debug("Still cannot read the event types from the service: {}", reason);
        return;
      }
      String consequence =
          fromDisk
              .map(MetadataFile.Kept::since)
              .or(() -> fetched)
              .map(since -> "Using the event types read " + age(since) + " ago")
              .orElse("No event type is known yet, so no event arrives");
      LOG.warn(
          "Cannot read the event types from the service (ens.api.url): {}. {}. The relay tries again"
              + " until it succeeds.",
          reason,
          consequence);
    }
  }

  /**
   * Returns metadata key and topic of each event type to subscribe to, as far as they are known;
   * empty if nothing is selected or nothing is known.
   */
  public synchronized Map<String, String> wanted() {
    try (TenantLog mark = TenantLog.of(suffix)) {
      if (known.isEmpty()) {
        fromDisk = file.read();
      }
      Optional<Map<String, String>> topics =
          known.or(() -> fromDisk.map(MetadataFile.Kept::metadata)).map(EventMetadata::topics);
      topics.ifPresent(this::reportUnknown);
      return topics.map(selection::of).orElse(Map.of());
    }
  }

  /** Returns how long the service keeps events for an absent client; 0 if it did not say. */
  public synchronized int retentionMinutes() {
    return known
        .or(() -> fromDisk.map(MetadataFile.Kept::metadata))
        .map(EventMetadata::retentionPeriodMinutes)
        .orElse(0);
  }

  public synchronized Status status() {
    Optional<EventMetadata> best = known.or(() -> fromDisk.map(MetadataFile.Kept::metadata));
    return new Status(
        fetched.or(() -> fromDisk.map(MetadataFile.Kept::since)),
        problem,
        retentionMinutes(),
        best.map(metadata -> new TreeSet<>(metadata.topics().keySet())).orElse(new TreeSet<>()));
  }

  /** Returns the last good answer of this run. */
  public synchronized Optional<EventMetadata> known() {
    return known;
  }

  private void reportChange(Map<String, String> topics) {
    Set<String> before = known.map(last -> last.topics().keySet()).orElse(Set.of());
    if (known.isEmpty()) {
      LOG.info("The service has {} event types: {}", topics.size(), names(topics.keySet()));
    } else if (!before.equals(topics.keySet())) {
      LOG.info(
          "The service has {} event types now; new: {}; gone: {}",
          topics.size(),
          namesOrNone(without(topics.keySet(), before)),
          namesOrNone(without(before, topics.keySet())));
    } else if (!known.get().topics().equals(topics)) {
      LOG.info("The service has renamed topics of its {} event types", topics.size());
    }
  }

  private static String namesOrNone(Set<String> names) {
    return names.isEmpty() ? "none" : names(names);
  }

  private static Set<String> without(Set<String> names, Set<String> others) {
    Set<String> rest = new TreeSet<>(names);
    rest.removeAll(others);
    return rest;
  }

  private void reportRefused(Set<String> refused) {
    if (!refused.isEmpty() && !refused.equals(reportedRefused)) {
      LOG.warn("{}", leftOut(refused));
    }
    reportedRefused = refused;
  }

  private void reportUnknown(Map<String, String> topics) {
    Set<String> unknown = selection.unknown(topics);
    String report =
        unknown.isEmpty() ? "" : names(unknown) + "; known are " + names(topics.keySet());
    if (!report.isEmpty() && !report.equals(reportedUnknown)) {
      LOG.warn("ens.events names event types that the service does not have (yet): {}", report);
    }
    reportedUnknown = report;
  }

  private void write(EventMetadata answer) {
    try {
      file.write(answer);
      unwritable = false;
    } catch (IOException e) {
      if (!unwritable) {
        LOG.warn("Cannot save the event types for the next start: {}", FailureText.line(e));
      }
      unwritable = true;
    }
  }

  private static String age(Instant since) {
    return TimeSpan.text(Duration.between(since, Instant.now()));
  }

  /** Returns a line that says which event types are left out, and why. */
  public static String leftOut(Set<String> refused) {
    return "These event types are not subscribed, because their topic is not"
        + " [<tenant>/]device/<name> of one tenant, or because there are more than "
        + EventMetadata.MOST
        + ": "
        + names(refused);
  }

  /** The names come from outside: a name may contain line breaks, and there may be any number. */
  private static String names(Set<String> names) {
    String some =
        names.stream()
            .limit(MOST_NAMES)
            .map(name -> Printable.line(name, LONGEST_NAME))
            .collect(Collectors.joining(", "));
    return names.size() <= MOST_NAMES
        ? some
        : some + " and " + (names.size() - MOST_NAMES) + " more";
  }
}
