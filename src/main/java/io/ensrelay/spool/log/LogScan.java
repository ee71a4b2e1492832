package io.ensrelay.spool.log;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.Optional;

/**
 * Iterates over the log in order, from memory where possible, and decodes only the requested parts
 * of each event. Reports unreadable events as {@link Damage}, so that no number is skipped
 * silently.
 *
 * <p>Threads: one at a time.
 */
final class LogScan implements AutoCloseable {
  private static final int CHUNK_BYTES = 128 << 10;
  private static final int TOGETHER = 128;

  private final Disk disk;
  private final Segments segments;
  private final Optional<RecentEvents> tail;
  private final Codec codec = new Codec();

  /** Number of the next event. */
  private long next;

  private final StoredEvent[] inMemory = new StoredEvent[TOGETHER];
  private int inMemoryAt;
  private int inMemoryCount;

  private Segment segment;
  private Disk.File file;
  private long fileSize;

  /** Holds {@link #bufferLength} bytes of the file from {@link #bufferFrom} on. */
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  private long bufferFrom;
  private int bufferLength;

  /** Offset of the next event in the file. */
  private long place;

  private StoredEvent event;
  private int at;
  private Damage damage;

  /**
   * @param tail empty: everything is read from disk
   * @param from the number of the first event
   */
  LogScan(Disk disk, Segments segments, Optional<RecentEvents> tail, long from) {
    this.disk = disk;
    this.segments = segments;
    this.tail = tail;
    next = from;
  }

  /** Number of the event after the present one. */
  long position() {
    return next;
  }

  /** Continues with another event. */
  void seek(long number) throws IOException {
    if (number != next) {
      next = number;
      inMemoryCount = 0;
      inMemoryAt = 0;
      leaveFile();
    }
  }

  /**
   * Moves to the next event.
   *
   * @param end the number after the last event
   * @return false: there is none, and no accessor may be called
   */
  boolean next(long end) throws IOException {
    event = null;
    damage = null;
    if (next >= end) {
      return false;
    }
    if (isInMemory()) {
      event = inMemory[inMemoryAt++];
      next = event.number() + 1;
    } else {
      readFromDisk(end);
    }
    return true;
  }

  private boolean isInMemory() throws IOException {
    if (inMemoryAt < inMemoryCount) {
      return true;
    }
    inMemoryAt = 0;
    inMemoryCount = tail.isEmpty() ? 0 : tail.get().read(next, inMemory);
    if (inMemoryCount > 0) {
      leaveFile();
    }
    return inMemoryCount > 0;
  }

  private void readFromDisk(long end) throws IOException {
    while (true) {
      Optional<Segment> of = segments.of(next);
      long limit = Math.min(end, segments.after(next).map(Segment::first).orElse(end));
      if (of.isEmpty() || !enter(of.get())) {
        passDamage(
            "files before " + segments.after(next).map(Segment::name).orElse("the next"), limit);
        return;
      }
      if (toNextEvent(limit)) {
        return;
      }
    }
  }

  /** Opens a segment; false: its file is gone. */
  private boolean enter(Segment wanted) throws IOException {
    if (segment != null && segment.first() == wanted.first()) {
      return true;
    }
    leaveFile();
    try {
      file = disk.read(wanted.path());
    } catch (NoSuchFileException | FileNotFoundException e) {
      if (Files.exists(wanted.path())) {
        throw e;
      }
      segments.remove(wanted);
      return false;
    }
    segment = wanted;
    fileSize = file.size();
    place = wanted.placeBefore(next);
    bufferFrom = 0;
    bufferLength = 0;
    return true;
  }

  /** Moves to the next event or damage in the segment; false: find the segment again. */
  private boolean toNextEvent(long limit) throws IOException {
    while (true) {
      if (isWholeAt(place, segment.first(), limit) || isWholeNow(limit)) {
        long number = Codec.number(buffer, at);
        segment.passes(number, place, Codec.received(buffer, at));
        if (number > next) {
          passDamage(segment.name() + " at " + place, number);
          return true;
        }
        place += Codec.length(buffer, at);
        if (number == next) {
          next++;
          return true;
        }
        continue;
      }
      long bad = place;
      long number = findWhole(limit);
      if (number != next) {
        passDamage(segment.name() + " at " + bad, number < 0 ? limit : number);
        if (number < 0) {
          // the next append may begin before the present end of the file
          leaveFile();
        }
        return true;
      }
    }
  }

  private void passDamage(String where, long to) {
    damage = new Damage(where, next, to);
    next = to;
  }

  /**
   * Finds the next whole event after an offset where none begins, and moves there.
   *
   * @return its number; -1: there is none
   */
  private long findWhole(long limit) throws IOException {
    // the file's size limits its numbers, which rejects most garbage without a checksum
    long highest = Math.min(limit, segment.first() + fileSize / (Codec.HEAD + Codec.LEAST) + 1);
    for (long each = place + 1; ; each++) {
      if (!fill(each, Codec.HEAD + Codec.LEAST)) {
        return -1;
      }
      int here = (int) (each - bufferFrom);
      if (Codec.isLikely(buffer, here, fileSize - each, next, highest)
          && isWholeAt(each, next, highest)) {
        place = each;
        return Codec.number(buffer, at);
      }
    }
  }

  /** Whether a whole event begins at this offset; if so, it is in the buffer at {@link #at}. */
  private boolean isWholeAt(long where, long least, long limit) throws IOException {
    if (!fill(where, Codec.HEAD + Codec.LEAST)) {
      return false;
    }
    int here = (int) (where - bufferFrom);
    if (!Codec.isLikely(buffer, here, fileSize - where, least, limit)
        || !fill(where, Codec.length(buffer, here))) {
      return false;
    }
    at = (int) (where - bufferFrom);
    return codec.isWhole(buffer, at, bufferLength - at, least, limit);
  }

  /** The same at the present offset, read again: the last read may have met an unfinished write. */
  private boolean isWholeNow(long limit) throws IOException {
    fileSize = file.size();
    bufferLength = 0;
    return isWholeAt(place, segment.first(), limit);
  }

  /**
   * Fills the buffer with this many bytes from an offset of the file on.
   *
   * @return false: the file has fewer
   */
  private boolean fill(long where, int bytes) throws IOException {
    if (where >= bufferFrom && where + bytes <= bufferFrom + bufferLength) {
      return true;
    }
    if (where + bytes > fileSize) {
      fileSize = file.size();
      if (where + bytes > fileSize) {
        return false;
      }
    }
    int size = Math.max(CHUNK_BYTES, bytes);
    if (buffer.capacity() < size || (buffer.capacity() > 8 * CHUNK_BYTES && size == CHUNK_BYTES)) {
      buffer = ByteBuffer.allocate(size);
    }
    bufferFrom = where;
    bufferLength = file.read(buffer.array(), 0, size, where);
    return bufferLength >= bytes;
  }

  /** The damage at the present position; empty: it is an event. */
  Optional<Damage> damage() {
    return Optional.ofNullable(damage);
  }

  /** Number of the present event; of the first lost one if there is damage. */
  long number() {
    return damage != null
        ? damage.from()
        : event != null ? event.number() : Codec.number(buffer, at);
  }

  int key() {
    return event != null ? event.key() : Codec.key(buffer, at);
  }

  long received() {
    return event != null ? event.received() : Codec.received(buffer, at);
  }

  Optional<String> destination() {
    return event != null ? event.destination() : Codec.destination(buffer, at);
  }

  Map<String, Object> attributes() {
    return event != null ? event.attributes() : Codec.attributes(buffer, at);
  }

  /**
   * @param attributes the result of {@link #attributes()}
   */
  StoredEvent event(Map<String, Object> attributes) {
    return event != null
        ? event
        : new StoredEvent(
            number(), key(), received(), attributes, Codec.body(buffer, at), destination(), false);
  }

  /** Offset in the file after the present event. */
  long placeBehind() {
    return place;
  }

  /** Closes a deleted segment; an open file would keep its space on the disk. */
  void leave(Segment deleted) throws IOException {
    if (segment != null && segment.first() == deleted.first()) {
      leaveFile();
    }
  }

  private void leaveFile() throws IOException {
    if (file != null) {
      file.close();
      file = null;
      segment = null;
    }
  }

  @Override
  public void close() throws IOException {
    leaveFile();
  }
}
