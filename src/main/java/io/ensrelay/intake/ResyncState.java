package io.ensrelay.intake;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.ensrelay.base.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * The progress of a tenant's last resync, and the start of the next one: the content of {@code
 * resync/run.json}. Times are epoch milliseconds; an empty text means none. Threads: one.
 */
@JsonAutoDetect(
    fieldVisibility = JsonAutoDetect.Visibility.NON_PRIVATE,
    getterVisibility = JsonAutoDetect.Visibility.NONE,
    isGetterVisibility = JsonAutoDetect.Visibility.NONE)
final class ResyncState {
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  static final int MAYBE = 1;
  static final int SURELY = 2;

  String run = "";
  String reason = "";
  List<String> statuses = List.of();
  String to = "";
  boolean all;
  long started;

  /** No device is asked for before this time. */
  long notBefore;

  /** Number of passes in earlier runs; the numbers of passes continue from there. */
  long passesBefore;

  int pass;

  /** Index of the status being read, and the place where its next page begins. */
  int status;

  long offset;

  /** Whether all pages of the pass were read. */
  boolean isRead;

  /** Whether two neighbouring pages, which should overlap, shared no device. */
  boolean torn;

  /** Whether the service counted more devices than the pass has found; 0: it did not. */
  int shortness;

  /** Number of devices without a name in this pass. */
  long nameless;

  /** Number of devices that no earlier pass of the run had found. */
  long news;

  /** The service's count of devices; -1: unknown. */
  long count = -1;

  long read;
  long sent;
  long unchanged;
  long dropped;
  long missing;
  long calls;
  long finished;
  boolean stopped;
  String incomplete = "";

  /** The run whose first event is the mark in the event log; empty: the log was never read. */
  String markRun = "";

  long markTime;

  /** Whether all devices are sent, because the log does not have their earlier states. */
  boolean nothingKnown;

  /** Whether the run has read the last known states from the event log. */
  boolean compared;

  /**
   * Makes the state of a new run.
   *
   * @param last the state of the run before, which is over
   */
  static ResyncState next(Optional<ResyncState> last, ResyncRequest request, Instant now) {
    ResyncState next = new ResyncState();
    next.run = newId(now);
    next.reason = request.reason();
    next.statuses = request.statuses();
    next.to = request.to().orElse("");
    next.all = request.all();
    next.started = now.toEpochMilli();
    next.passesBefore = last.map(ResyncState::number).orElse(0L);
    if (next.to.isEmpty()) {
      next.markRun = last.map(each -> each.markRun).orElse("");
      next.markTime = last.map(each -> each.markTime).orElse(0L);
    }
    return next;
  }

  /** A readable id, different for each run. */
  private static String newId(Instant now) {
    return DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-", Locale.ROOT)
            .withZone(ZoneOffset.UTC)
            .format(now)
        + UUID.randomUUID().toString().substring(0, 4);
  }

  boolean isOver() {
    return finished > 0;
  }

  /** The number of the present pass, counted over all runs. */
  long number() {
    return passesBefore + pass;
  }

  private static Path file(Path folder) {
    return folder.resolve("run.json");
  }

  /** Empty: there was no run. */
  static Optional<ResyncState> read(Path folder) throws IOException {
    return Files.exists(file(folder))
        ? Optional.of(JSON.readValue(Files.readAllBytes(file(folder)), ResyncState.class))
        : Optional.empty();
  }

  /** Returns when it is on disk. */
  void write(Path folder) throws IOException {
    AtomicFile.replace(file(folder), JSON.writeValueAsBytes(this));
  }
}
