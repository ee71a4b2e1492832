package io.ensrelay.spool.log;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A read-only view of a log, also while a relay uses it: it changes nothing and starts no thread.
 * Each call shows the state at its beginning; it skips a segment deleted meanwhile and does not
 * show an event that is still being written. Threads: safe.
 */
public final class DiskView implements LogView {
  private final Path directory;
  private final Function<String, EventFilter> selections;

  /** Receives each event of a pass. */
  private interface Visitor {
    /** Returns false to end the pass. */
    boolean visit(Segment segment, LogScan at) throws IOException;
  }

  /**
   * @param selections creates a destination's selection from its text
   * @throws IOException if there is no log or this version can't read it; the message says so in
   *     one line
   */
  public DiskView(Path directory, Function<String, EventFilter> selections) throws IOException {
    this.directory = directory;
    this.selections = selections;
    if (!Format.isKnown(directory)) {
      // throws the reason if the directory can't be read
      try (Stream<Path> files = Files.list(directory)) {
        files.findFirst();
      } catch (NoSuchFileException e) {
        // reported below
      }
      throw new IOException(directory + " holds no event log: no event was stored yet");
    }
  }

  @Override
  public Content content() throws IOException {
    // read first: a cursor must not be newer than the events it is compared with
    List<Behind> cursors = cursors();
    Map<Segment, FileCount> files = new LinkedHashMap<>();
    long[] damaged = new long[1];
    LogEnd end =
        pass(
            all -> {
              all.forEach(segment -> files.put(segment, new FileCount(segment)));
              return all;
            },
            (segment, at) -> {
              files.get(segment).passes(at);
              for (Behind cursor : cursors) {
                cursor.passes(at);
              }
              return true;
            },
            damage -> damaged[0] += damage.events());
    List<SegmentSummary> shown = new ArrayList<>();
    for (FileCount file : files.values()) {
      shown.add(file.shown());
    }
    return new Content(
        shown, end.number(), damaged[0], cursors.stream().map(Behind::shown).toList());
  }

  @Override
  public void events(Wanted wanted, Predicate<StoredEvent> sink) throws IOException {
    long from = wanted.from().map(Instant::toEpochMilli).orElse(Long.MIN_VALUE);
    long until = wanted.until().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
    pass(
        all -> within(all, from, until),
        (segment, at) -> {
          if (at.received() < from || at.received() >= until || at.destination().isPresent()) {
            return true;
          }
          Map<String, Object> attributes = at.attributes();
          return !wanted.attributes().test(attributes) || sink.test(at.event(attributes));
        },
        damage -> {});
  }

  @Override
  public Verified verify(Consumer<Damage> damaged) throws IOException {
    long[] events = new long[1];
    long[] bytes = new long[2];
    LogEnd end =
        pass(
            all -> {
              for (Segment segment : all) {
                bytes[0] += size(segment);
              }
              bytes[1] = all.isEmpty() ? 0 : size(all.get(all.size() - 1));
              return all;
            },
            (segment, at) -> {
              events[0]++;
              return true;
            },
            damaged);
    return new Verified(events[0], bytes[0], Math.max(0, bytes[1] - end.place()));
  }

  /** Chooses segments. */
  private interface Choice {
    List<Segment> of(List<Segment> all) throws IOException;
  }

  /**
   * Reads segments in order, and continues after one that can't be read.
   *
   * @return the end of the log; the beginning of the newest segment if the pass did not reach it
   */
  private LogEnd pass(Choice choice, Visitor visitor, Consumer<Damage> damaged) throws IOException {
    Segments segments = Segments.in(directory);
    Optional<Segment> newest = segments.newest();
    LogEnd end = new LogEnd(newest.map(Segment::first).orElse(0L), 0);
    for (Segment segment : choice.of(segments.all())) {
      Optional<Segment> after = segments.after(segment.first());
      long position = segment.first();
      try (LogScan scan = new LogScan(Disk.REAL, segments, Optional.empty(), position)) {
        if (after.isEmpty()) {
          end = LogEnd.of(Disk.REAL, segments, segment);
        }
        long limit = after.map(Segment::first).orElse(end.number());
        while (scan.next(limit)) {
          position = scan.position();
          if (scan.damage().isPresent()) {
            if (Files.exists(segment.path())) {
              damaged.accept(scan.damage().get());
            }
          } else if (!visitor.visit(segment, scan)) {
            return end;
          }
        }
      } catch (IOException e) {
        long lost = after.map(Segment::first).orElse(position);
        damaged.accept(new Damage(segment.name() + ": " + e.getMessage(), position, lost));
      }
    }
    return end;
  }

  /** The segments that may hold events of this time. */
  private static List<Segment> within(List<Segment> all, long from, long until) throws IOException {
    List<Segment> chosen = new ArrayList<>();
    for (Segment segment : all) {
      Optional<Long> oldest = oldest(segment);
      if (oldest.isPresent() && oldest.get() < from) {
        // all segments before this one are older
        chosen.clear();
      }
      if (oldest.isEmpty() || oldest.get() < until) {
        chosen.add(segment);
      }
    }
    return chosen;
  }

  /** Time of receipt of its first event; empty: it can't be read. */
  private static Optional<Long> oldest(Segment segment) throws IOException {
    Segments only = Segments.of(segment);
    try (LogScan scan = new LogScan(Disk.REAL, only, Optional.empty(), segment.first())) {
      return scan.next(segment.first() + 1) && scan.damage().isEmpty()
          ? Optional.of(scan.received())
          : Optional.empty();
    } catch (IOException e) {
      // the pass reports it
      return Optional.empty();
    }
  }

  private static long size(Segment segment) throws IOException {
    try {
      return Files.size(segment.path());
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  private List<Behind> cursors() throws IOException {
    Path cursors = directory.resolve("cursors");
    if (Files.notExists(cursors)) {
      return List.of();
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(cursors)) {
      files = all.filter(Cursors::isCursor).filter(file -> !Cursors.isOwn(file)).sorted().toList();
    }
    long first = Segments.in(directory).first(0);
    List<Behind> found = new ArrayList<>();
    for (Path path : files) {
      try {
        if (Files.size(path) > 0) {
          CursorState state =
              new CursorFile(Disk.REAL, path)
                  .look()
                  .newest()
                  .orElseGet(() -> CursorState.at(first));
          found.add(new Behind(path.getFileName().toString(), state, selection(state.selector())));
        }
      } catch (NoSuchFileException | FileNotFoundException e) {
        if (Files.exists(path)) {
          throw e;
        }
        // removed meanwhile
      }
    }
    return found;
  }

  /** If the selection is invalid, all events count, as in the relay. */
  private Optional<EventFilter> selection(String text) {
    try {
      return text.isEmpty() ? Optional.empty() : Optional.of(selections.apply(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Counts the events of a segment. */
  private static final class FileCount {
    private final Segment segment;
    private long events;
    private long oldest = Long.MAX_VALUE;
    private long newest = Long.MIN_VALUE;

    private FileCount(Segment segment) {
      this.segment = segment;
    }

    private void passes(LogScan at) {
      events++;
      oldest = Math.min(oldest, at.received());
      newest = Math.max(newest, at.received());
    }

    private SegmentSummary shown() throws IOException {
      return new SegmentSummary(
          segment.name(), segment.first(), events, size(segment), time(oldest), time(newest));
    }

    private Optional<Instant> time(long millis) {
      return events == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
  }

  /** Counts the events waiting for a destination. */
  private static final class Behind {
    private final String name;
    private final CursorState state;
    private final Optional<EventFilter> selection;
    private long events;
    private Optional<Instant> oldest = Optional.empty();

    private Behind(String name, CursorState state, Optional<EventFilter> selection) {
      this.name = name;
      this.state = state;
      this.selection = selection;
    }

    private void passes(LogScan at) {
      if (waits(at)) {
        events++;
        if (oldest.isEmpty()) {
          oldest = Optional.of(Instant.ofEpochMilli(at.received()));
        }
      }
    }

    private boolean waits(LogScan at) {
      if (state.confirmed().has(at.number(), at.key())
          || LaneProgress.anyHas(state.earlier(), at.number(), at.key())) {
        return false;
      }
      Optional<String> only = at.destination();
      return only.isPresent()
          ? only.get().equals(name)
          : selection.isEmpty() || selection.get().test(at.attributes());
    }

    private Destination shown() {
      return new Destination(name, state.confirmed().least(), events, oldest, state.paused());
    }
  }
}
