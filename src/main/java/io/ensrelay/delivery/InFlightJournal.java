package io.ensrelay.delivery;

import io.ensrelay.base.AtomicFile;
import io.ensrelay.base.FilePermissions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records in a file which events of a destination are in flight, so that after an unclean end of
 * the process the next run knows them, and counts for each of them the unclean ends in a row.
 *
 * <p>Attempts are not forced to disk: a record survives the end of the process, not a power cut. If
 * a record can't be read or written, the relay works without it and logs that. Threads: safe.
 */
final class InFlightJournal implements AutoCloseable {
  /** An event in flight at this many unclean ends in a row is not tried again. */
  static final int MOST_ENDS = 3;

  private static final Logger LOG = LoggerFactory.getLogger(InFlightJournal.class);

  /** Bytes of an id with the end of the line. */
  private static final int SLOT_BYTES = 64;

  private static final int MOST_BYTES = 1 << 16;
  private static final Pattern ID = Pattern.compile("[!-~]{1," + (SLOT_BYTES - 1) + "}");
  private static final Pattern ENDS = Pattern.compile("(" + ID + ") ([1-9][0-9]?)");

  private final String destination;
  private final Path now;
  private final Path ends;
  private final Map<String, Integer> endsById = new TreeMap<>();
  private final boolean[] used;
  private RandomAccessFile slots;

  /**
   * @param data the data directory
   * @param lanes greatest number of events in flight
   */
  InFlightJournal(Path data, String destination, int lanes) {
    this.destination = destination;
    Path directory = data.resolve("under-way").resolve(destination);
    now = directory.resolve("now");
    ends = directory.resolve("ends");
    used = new boolean[lanes];
    readEnds();
    countLastEnd();
    try {
      Files.deleteIfExists(ends);
      AtomicFile.replace(ends, endsAsText());
      slots = open(lanes);
    } catch (IOException e) {
      without(e);
    }
  }

  /** Number of unclean ends in a row at which the event was in flight. */
  synchronized int ends(String event) {
    return endsById.getOrDefault(event, 0);
  }

  /**
   * @param lane from 0
   */
  Delivery.Mark mark(int lane, String event) {
    return new Delivery.Mark() {
      @Override
      public void begins() {
        note(lane, event);
      }

      @Override
      public void pauses() {
        ends();
        idle(lane);
      }

      @Override
      public void ends() {
        survived(event);
      }
    };
  }

  /** The lane has no event in flight. */
  synchronized void idle(int lane) {
    if (used[lane]) {
      used[lane] = false;
      write(lane, "");
    }
  }

  private synchronized void note(int lane, String event) {
    if (ID.matcher(event).matches()) {
      used[lane] = true;
      write(lane, event);
    }
  }

  private synchronized void survived(String event) {
    if (!endsById.isEmpty() && endsById.remove(event) != null && slots != null) {
      try {
        AtomicFile.replace(ends, endsAsText());
      } catch (IOException e) {
        without(e);
      }
    }
  }

  private void write(int lane, String text) {
    if (slots == null) {
      return;
    }
    try {
      slots.seek((long) lane * SLOT_BYTES);
      slots.write(slot(text));
    } catch (IOException e) {
      without(e);
    }
  }

  private static byte[] slot(String text) {
    byte[] slot = new byte[SLOT_BYTES];
    Arrays.fill(slot, (byte) ' ');
    slot[SLOT_BYTES - 1] = '\n';
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, slot, 0, ascii.length);
    return slot;
  }

  private void readEnds() {
    List<String> lines = lines(ends);
    for (String line : lines) {
      Matcher known = ENDS.matcher(line);
      if (known.matches()) {
        endsById.put(known.group(1), Integer.parseInt(known.group(2)));
      }
    }
    sayUnless(ends, endsById.size() == lines.size());
  }

  private void countLastEnd() {
    List<String> events =
        lines(now).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
    List<String> known = events.stream().filter(event -> ID.matcher(event).matches()).toList();
    known.forEach(event -> endsById.merge(event, 1, Integer::sum));
    sayUnless(now, known.size() == events.size());
  }

  private static void sayUnless(Path file, boolean whole) {
    if (!whole) {
      damaged(file);
    }
  }

  private static List<String> lines(Path file) {
    try {
      if (Files.size(file) <= MOST_BYTES && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        return Files.readString(file, StandardCharsets.US_ASCII).lines().toList();
      }
      damaged(file);
    } catch (NoSuchFileException e) {
      // the last run ended cleanly, or there was none
    } catch (IOException e) {
      damaged(file);
    }
    return List.of();
  }

  private static void damaged(Path file) {
    LOG.warn("{} is damaged; the relay ignores the part that it can't read", file);
  }

  private void without(IOException e) {
    slots = null;
    LOG.warn(
        "Destination {}: can't write down which events are in flight, so the relay would not"
            + " recognize an event that ends it again and again: {}: {}",
        destination,
        now.getParent(),
        e.toString());
  }

  private byte[] endsAsText() {
    return endsById.entrySet().stream()
        .map(each -> each.getKey() + " " + each.getValue() + "\n")
        .collect(Collectors.joining())
        .getBytes(StandardCharsets.US_ASCII);
  }

  private RandomAccessFile open(int lanes) throws IOException {
    Files.deleteIfExists(now);
    FilePermissions.OWNER.open(now, StandardOpenOption.WRITE).close();
    RandomAccessFile file = new RandomAccessFile(now.toFile(), "rw");
    for (int i = 0; i < lanes; i++) {
      file.write(slot(""));
    }
    return file;
  }

  /** Called at a clean stop: removes the files, so that nothing is counted. */
  @Override
  public synchronized void close() {
    try {
      if (slots != null) {
        slots.close();
        slots = null;
        Files.deleteIfExists(now);
        Files.deleteIfExists(ends);
      }
    } catch (IOException e) {
      LOG.warn("Cannot remove {}: {}", now.getParent(), e.toString());
    }
  }
}
