package io.ensrelay.destination;

import io.ensrelay.spool.Batch;
import io.ensrelay.spool.DiskReserve;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Appends events to files, one JSON text a line, one file a day: {@code <tenant>-<day>.jsonl}, the
 * day in UTC when the event is written.
 *
 * <p>An event is confirmed to the spool once its line is forced to disk; one forced write serves
 * all lines since the one before. After a crash a half line at the end is cut off, and events that
 * come again because they were not confirmed are recognized by their id at the end of the file. A
 * write that fails leaves the file as it was after the last good one. Threads: safe.
 */
public final class Archive implements Processor, AutoCloseable {
  private static final int BUFFER_BYTES = 256 << 10;

  /** Far more than is unconfirmed at one time. */
  private static final int REMEMBERED_LINES = 20_000;

  private final Path directory;
  private final String tenant;
  private final Clock clock;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  /** The ids of the last lines in the file, so that one that comes again is not written again. */
  private final Map<String, Boolean> written =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED_LINES;
        }
      };

  private final List<String> unforced = new ArrayList<>();
  private LocalDate day;
  private FileChannel file;
  private DiskReserve reserve;
  private Lines lines = new Lines();

  public Archive(String directory, String tenant) {
    this(Path.of(directory), tenant, Clock.systemUTC());
  }

  Archive(Path directory, String tenant, Clock clock) {
    this.directory = directory;
    this.tenant = tenant;
    this.clock = clock;
  }

  /**
   * Appends the body of the exchange as one line. When a write has taken lines back that came
   * before on the same lane, this event is given back too, so that it does not overtake them.
   *
   * @throws IOException when it can't be written; the file is as before, and it may be tried again
   */
  @Override
  public void process(Exchange exchange) throws IOException {
    byte[] json = exchange.getMessage().getBody(byte[].class);
    String id = exchange.getMessage().getHeader("eventId", "", String.class);
    if (json == null) {
      throw new IllegalArgumentException("there is no body to archive");
    }
    if (Batch.hasFailed(exchange)) {
      exchange.setRollbackOnly(true);
      return;
    }
    Batch.beforeConfirmation(exchange, append(id, json));
  }

  private synchronized Lines append(String id, byte[] json) throws IOException {
    open();
    if (!written.containsKey(id)) {
      try {
        unforced.add(id);
        write(json);
        if (!id.isEmpty()) {
          written.put(id, true);
        }
      } catch (IOException e) {
        takeBack();
        throw e;
      }
    }
    return lines;
  }

  private void open() throws IOException {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    if (file != null && today.equals(day)) {
      return;
    }
    if (file != null) {
      force(lines);
      file.close();
      file = null;
    }
    Files.createDirectories(directory);
    reserve = new DiskReserve(directory);
    reserve.require();
    if (day == null) {
      rememberLastLines();
    }
    Path path = directory.resolve(tenant + "-" + today + ".jsonl");
    FileChannel opened =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      opened.truncate(ArchiveFile.endOfLastLine(opened));
      opened.position(opened.size());
      opened.force(true);
      forceDirectory();
    } catch (IOException e) {
      opened.close();
      throw e;
    }
    file = opened;
    day = today;
    lines = new Lines();
    lines.start = file.position();
  }

  /** What was written and perhaps not confirmed before the last end, also of the day before. */
  private void rememberLastLines() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> known = files.filter(ArchiveFile.of(tenant)).sorted().toList();
      // the newest last: when there are too many ids, the oldest are forgotten
      for (Path path : known.subList(Math.max(0, known.size() - 2), known.size())) {
        ArchiveFile.lastIds(path).forEach(id -> written.put(id, true));
      }
    }
  }

  private void write(byte[] json) throws IOException {
    byte[] line = oneLine(json);
    int from = 0;
    while (from < line.length) {
      int length = Math.min(room(), line.length - from);
      buffer.put(line, from, length);
      from += length;
    }
    room();
    buffer.put((byte) '\n');
  }

  /** How much can be put into the buffer; 1 at least. */
  private int room() throws IOException {
    if (!buffer.hasRemaining()) {
      flush();
    }
    return buffer.remaining();
  }

  /** With a space for each line break that stands between JSON values. */
  private static byte[] oneLine(byte[] json) {
    String text = new String(json, StandardCharsets.ISO_8859_1);
    return text.indexOf('\n') < 0 && text.indexOf('\r') < 0
        ? json
        : text.replace('\n', ' ').replace('\r', ' ').getBytes(StandardCharsets.ISO_8859_1);
  }

  private void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      file.write(buffer);
    }
    buffer.clear();
  }

  private synchronized void force(Lines before) throws IOException {
    if (before.lost) {
      throw new IOException("the lines could not be written");
    }
    if (before != lines || unforced.isEmpty()) {
      return;
    }
    try {
      reserve.require();
      flush();
      file.force(false);
    } catch (IOException e) {
      takeBack();
      throw e;
    }
    unforced.clear();
    lines = new Lines();
    lines.start = file.position();
  }

  /** Leaves the file as it was after the last forced write, and lets all lines since come again. */
  private void takeBack() {
    lines.lost = true;
    buffer.clear();
    written.keySet().removeAll(unforced);
    unforced.clear();
    try (FileChannel failed = file) {
      failed.truncate(lines.start);
    } catch (IOException e) {
      // the next open cuts a half line off, and knows the whole ones by their id
      day = null;
    }
    file = null;
    lines = new Lines();
  }

  private void forceDirectory() throws IOException {
    try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
      entry.force(true);
    }
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

  /** The lines since a forced write; run before the events in them are confirmed. */
  private final class Lines implements Batch.Step {
    private long start;
    private boolean lost;

    @Override
    public void run() throws IOException {
      force(this);
    }

    @Override
    public boolean hasFailed() {
      synchronized (Archive.this) {
        return lost;
      }
    }
  }
}
