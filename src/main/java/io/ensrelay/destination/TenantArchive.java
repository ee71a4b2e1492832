package io.ensrelay.destination;

import io.ensrelay.base.FileOwner;
import io.ensrelay.base.FilePermissions;
import io.ensrelay.delivery.Batch;
import io.ensrelay.delivery.StandIn;
import io.ensrelay.event.Event;
import io.ensrelay.spool.DiskReserve;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends the events of one tenant to files, one JSON text per line, one file per day: {@code
 * <tenant>-<day>.jsonl}, named after the day in UTC when the event is written.
 *
 * <p>An event is confirmed to the spool once its line is forced to disk; one forced write covers
 * all lines since the previous one. After a crash, an incomplete last line is truncated, and
 * redelivered events are recognized by the ids at the end of the file. A failed write leaves the
 * file as it was after the last good one.
 *
 * <p>Others may remove, rename, cut or replace an open file. Events are confirmed only if, after
 * the force, their lines are in the file of that name; all others are redelivered and written to
 * the file that then has the name. Threads: safe.
 */
final class TenantArchive implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Archive.class);
  private final Path directory;
  private final String tenant;
  private final FilePermissions rights;
  private final Clock clock;
  private final IntSupplier remembered;
  private final ByteBuffer buffer;

  /** Places of the last lines by event id: a redelivered event is not written again. */
  private final Map<String, DayFile.Place> written =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, DayFile.Place> eldest) {
          return size() > remembered.getAsInt();
        }
      };

  private final List<String> unforced = new ArrayList<>();
  private LocalDate day;
  private DayFile file;
  private DiskReserve reserve;
  private boolean saidShared;
  private Lines lines = new Lines();

  /**
   * @param bufferBytes for lines on their way to the file
   * @param remembered of how many lines the ids are kept
   */
  TenantArchive(
      Path directory,
      String tenant,
      FilePermissions rights,
      Clock clock,
      int bufferBytes,
      IntSupplier remembered) {
    this.directory = directory;
    this.tenant = tenant;
    this.rights = rights;
    this.clock = clock;
    buffer = ByteBuffer.allocateDirect(bufferBytes);
    this.remembered = remembered;
  }

  /**
   * Appends the body of the exchange as one line. If a failed write has taken back earlier lines of
   * the same lane, this event is given back too, so that it does not overtake them.
   *
   * @throws IOException if it can't be written; the file is unchanged, and the call may be repeated
   */
  void append(Exchange exchange) throws IOException {
    byte[] json = exchange.getMessage().getBody(byte[].class);
    String id = exchange.getMessage().getHeader("eventId", "", String.class);
    if (json == null) {
      throw new IllegalArgumentException("there is no body to archive");
    }
    if (Batch.hasFailed(exchange)) {
      exchange.setRollbackOnly(true);
      return;
    }
    Optional<StandIn> standIn = StandIn.of(exchange.getContext());
    if (standIn.isPresent()) {
      show(standIn.get(), json);
    }
    boolean again =
        exchange.getMessage().getHeader(Event.REPLAY, false, Boolean.class)
            || exchange.getMessage().getHeader(Event.TEST, false, Boolean.class);
    Batch.beforeConfirmation(exchange, put(id, json, again));
  }

  private static void show(StandIn standIn, byte[] json) throws IOException {
    try {
      standIn.take("archive", List.of(new StandIn.Sent(Map.of(), json)));
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  /**
   * @param again whether a rewind of the archive delivers this event again, or somebody sends it by
   *     hand: an earlier line then does not count
   */
  private synchronized Lines put(String id, byte[] json, boolean again) throws IOException {
    open();
    lines.isUsed = true;
    if (again || !isWritten(id)) {
      try {
        unforced.add(id);
        write(json);
        if (!id.isEmpty()) {
          written.put(id, file.place());
        }
      } catch (IOException e) {
        throw takeBack(e);
      }
    }
    return lines;
  }

  /** Whether the event's line is still in the file it was written to. */
  private boolean isWritten(String id) {
    DayFile.Place place = written.get(id);
    if (place == null) {
      return false;
    }
    // the open file is checked before the confirmation
    if (place != file.place() && place.change().isPresent()) {
      written.remove(id);
      return false;
    }
    lines.relied.add(place);
    return true;
  }

  private void open() throws IOException {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    if (file != null && today.equals(day) && (lines.isUsed || isUnchanged())) {
      return;
    }
    if (file != null) {
      force(lines);
      file.close();
      file = null;
    }
    try {
      rights.createDirectories(directory);
      reserve = new DiskReserve(directory);
      reserve.require();
      if (day == null) {
        rememberLastLines();
      }
      file = DayFile.open(directory.resolve(tenant + "-" + today + ".jsonl"), rights);
    } catch (AccessDeniedException e) {
      Path denied = Path.of(e.getFile());
      throw new IOException(FileOwner.refused("ens.archive.dir", denied).getMessage(), e);
    }
    day = today;
    lines = new Lines();
  }

  /** Closes a file that others have changed; called only while all lines are confirmed. */
  private boolean isUnchanged() throws IOException {
    Optional<String> change = file.place().change();
    if (change.isPresent()) {
      LOG.warn(
          "The archive's file {} {}: the next events go to a file of that name",
          file.place().path(),
          change.get());
      forget();
      file.close();
      file = null;
    }
    return change.isEmpty();
  }

  /** Forgets the written lines; they count again when they are found in the files. */
  private void forget() {
    written.clear();
    day = null;
  }

  /** Loads the ids of lines that the last run may not have confirmed, also of the day before. */
  private void rememberLastLines() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> known = files.filter(ArchiveFile.of(tenant)).sorted().toList();
      // the newest last: if there are too many ids, the oldest are forgotten
      for (Path path : known.subList(Math.max(0, known.size() - 2), known.size())) {
        Set<String> ids = ArchiveFile.lastIds(path);
        DayFile.Place place = DayFile.Place.of(path);
        ids.forEach(id -> written.put(id, place));
      }
    }
  }

  private void write(byte[] json) throws IOException {
    byte[] line = oneLine(json);
    if (line.length >= buffer.remaining()) {
      // appends by others must fall between two lines
      flush();
    }
    int from = 0;
    while (from < line.length) {
      int length = Math.min(room(), line.length - from);
      buffer.put(line, from, length);
      from += length;
    }
    room();
    buffer.put((byte) '\n');
  }

  /** Free bytes of the buffer, at least 1. */
  private int room() throws IOException {
    if (!buffer.hasRemaining()) {
      flush();
    }
    return buffer.remaining();
  }

  /** Replaces each line break between JSON values with a space. */
  private static byte[] oneLine(byte[] json) {
    String text = new String(json, StandardCharsets.ISO_8859_1);
    return text.indexOf('\n') < 0 && text.indexOf('\r') < 0
        ? json
        : text.replace('\n', ' ').replace('\r', ' ').getBytes(StandardCharsets.ISO_8859_1);
  }

  private void flush() throws IOException {
    if (buffer.position() > 0) {
      buffer.flip();
      file.write(buffer);
      buffer.clear();
    }
  }

  private synchronized void force(Lines before) throws IOException {
    if (before.lost) {
      throw new IOException("the lines could not be written");
    }
    if (before != lines || !before.isUsed) {
      return;
    }
    try {
      reserve.require();
      flush();
      file.force();
      for (DayFile.Place place : before.relied) {
        place.requireUnchanged();
      }
    } catch (IOException e) {
      throw takeBack(e);
    }
    if (file.isShared() && !saidShared) {
      saidShared = true;
      LOG.warn(
          "Somebody else also writes to the archive's file {}: no event is lost, but some lines in"
              + " it are not the relay's",
          file.place().path());
    }
    unforced.clear();
    lines = new Lines();
  }

  /**
   * Restores the file to its last forced write, and lets all events since be redelivered.
   *
   * @return the exception to throw
   */
  private IOException takeBack(IOException reason) {
    lines.lost = true;
    buffer.clear();
    written.keySet().removeAll(unforced);
    unforced.clear();
    String name = file.place().path().toString();
    try (DayFile failed = file) {
      failed.takeBack();
    } catch (IOException e) {
      // the next open truncates an incomplete line, and recognizes complete ones by their id
      day = null;
    }
    if (reason instanceof DayFile.Changed) {
      forget();
    }
    file = null;
    lines = new Lines();
    String text = String.valueOf(reason.getMessage());
    return text.contains(name) ? reason : new IOException(name + ": " + text, reason);
  }

  @Override
  public synchronized void close() throws IOException {
    if (file != null) {
      try {
        force(lines);
      } finally {
        if (file != null) {
          file.close();
          file = null;
        }
      }
    }
  }

  /** The lines since the last forced write; forced before their events are confirmed. */
  private final class Lines implements Batch.Step {
    /** Places of earlier lines that redelivered events rely on. */
    private final Set<DayFile.Place> relied = new HashSet<>();

    private boolean isUsed;
    private boolean lost;

    @Override
    public void run() throws IOException {
      force(this);
    }

    @Override
    public boolean hasFailed() {
      synchronized (TenantArchive.this) {
        return lost;
      }
    }
  }
}
