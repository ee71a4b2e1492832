package io.ensrelay.service;

import io.ensrelay.base.Printable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known about the event types, and so which topics are wanted.
 *
 * <p>Known is the last good answer of this run; before there is one and when asking has failed, the
 * last good one on disk. A bad answer changes nothing. Each change of state is one line in the log,
 * however often the service is asked. Safe for use by many threads.
 */
public final class MetadataStore {
  private static final Logger LOG = LoggerFactory.getLogger(MetadataStore.class);

  /** In a line of the log. */
  private static final int MOST_NAMES = 20;

  private static final int LONGEST_NAME = 60;

  private final MetadataFile file;
  private final EventSelection selection;

  private Optional<EventMetadata> known = Optional.empty();
  private Optional<MetadataFile.Kept> fromDisk = Optional.empty();
  private Set<String> reportedRefused = Set.of();
  private String reportedUnknown = "";
  private boolean failing;
  private Optional<String> problem = Optional.empty();
  private Optional<Instant> fetched = Optional.empty();
  private boolean unwritable;

  /**
   * How well the event types are known.
   *
   * @param fetched when the service told them last, in this run or an earlier one
   * @param problem why the last attempt to ask failed; empty: it did not
   * @param retentionMinutes 0 if the service did not say
   * @param known the metadata keys
   */
  public record Status(
      Optional<Instant> fetched,
      Optional<String> problem,
      int retentionMinutes,
      Set<String> known) {}

  /**
   * @param dataDir where the last good answer is kept, as metadata.json
   * @param events metadata keys separated by commas, or {@code *} for all
   */
  public MetadataStore(String dataDir, String events) {
    file = new MetadataFile(Path.of(dataDir));
    selection = new EventSelection(events);
  }

  /**
   * Takes a good answer over and keeps it on disk.
   *
   * @throws IllegalArgumentException if there is none, which is what JSON's {@code null} becomes
   */
  public synchronized void keep(EventMetadata answer) {
    if (answer == null) {
      throw new IllegalArgumentException("the answer is empty");
    }
    if (!known.map(EventMetadata::topics).equals(Optional.of(answer.topics()))) {
      LOG.info("The service has these event types: {}", names(answer.topics().keySet()));
    }
    known = Optional.of(answer);
    fromDisk = Optional.empty();
    fetched = Optional.of(Instant.now());
    problem = Optional.empty();
    if (failing) {
      LOG.info("The service tells its event types again");
      failing = false;
    }
    reportRefused(answer.refused());
    write(answer);
  }

  /** What the last attempt to ask came to; the reason must hold no secret. */
  public synchronized void failed(String reason) {
    problem = Optional.of(reason);
    if (failing) {
      LOG.debug("Still no event types from the service: {}", reason);
      return;
    }
    failing = true;
    String consequence =
        fromDisk
            .map(kept -> "those it told " + age(kept.since()) + " ago are used")
            .orElse(known.isPresent() ? "those it told before stay in use" : "none are known yet");
    LOG.warn(
        "The service does not tell its event types ({}); {}, and it is asked until it does",
        reason,
        consequence);
  }

  /**
   * Metadata key to topic of all event types to subscribe to, by the best of our knowledge; empty
   * when nothing is to be subscribed to or nothing is known.
   */
  public synchronized Map<String, String> wanted() {
    if (known.isEmpty()) {
      fromDisk = file.read();
    }
    Optional<Map<String, String>> topics =
        known.or(() -> fromDisk.map(MetadataFile.Kept::metadata)).map(EventMetadata::topics);
    topics.ifPresent(this::reportUnknown);
    return topics.map(selection::of).orElse(Map.of());
  }

  /** How long the service keeps events for a client that is away; 0 if it did not say. */
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

  /** The last good answer of this run. */
  public synchronized Optional<EventMetadata> known() {
    return known;
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
      LOG.warn("ens.events names event types the service does not have (yet): {}", report);
    }
    reportedUnknown = report;
  }

  private void write(EventMetadata answer) {
    try {
      file.write(answer);
      unwritable = false;
    } catch (IOException e) {
      if (!unwritable) {
        LOG.warn("The event types can't be kept for the next start: {}", e.toString());
      }
      unwritable = true;
    }
  }

  private static String age(Instant since) {
    Duration age = Duration.between(since, Instant.now());
    return age.compareTo(Duration.ofHours(48)) < 0
        ? age.truncatedTo(age.toHours() > 0 ? ChronoUnit.MINUTES : ChronoUnit.SECONDS)
            .toString()
            .substring(2)
            .toLowerCase(Locale.ROOT)
        : age.toDays() + " days";
  }

  /** A line that says which event types of an answer are left out, and why. */
  public static String leftOut(Set<String> refused) {
    return "Event types whose topic is not [<tenant>/]device/<name> of one tenant, or that are more"
        + " than "
        + EventMetadata.MOST
        + ", are left out: "
        + names(refused);
  }

  /** They come from outside: a name could hold line breaks, and there may be any number. */
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
