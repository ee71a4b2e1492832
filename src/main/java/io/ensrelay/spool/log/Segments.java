package io.ensrelay.spool.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;

/** The segments in a directory, by the number of their first event. Threads: safe. */
final class Segments {
  private final Path directory;
  private final ConcurrentSkipListMap<Long, Segment> byFirst = new ConcurrentSkipListMap<>();

  private Segments(Path directory) {
    this.directory = directory;
  }

  static Segments in(Path directory) throws IOException {
    Segments segments = new Segments(directory);
    try (Stream<Path> files = Files.list(directory)) {
      files.map(Segment::of).flatMap(Optional::stream).forEach(segments::add);
    }
    return segments;
  }

  /** A single segment. */
  static Segments of(Segment segment) {
    Segments segments = new Segments(segment.path().getParent());
    segments.add(segment);
    return segments;
  }

  Path directory() {
    return directory;
  }

  void add(Segment segment) {
    byFirst.put(segment.first(), segment);
  }

  void remove(Segment segment) {
    byFirst.remove(segment.first(), segment);
  }

  /** All segments in order. */
  List<Segment> all() {
    return List.copyOf(byFirst.values());
  }

  Optional<Segment> newest() {
    return value(byFirst.lastEntry());
  }

  /** The segment that holds this number. */
  Optional<Segment> of(long number) {
    return value(byFirst.floorEntry(number));
  }

  Optional<Segment> after(long number) {
    return value(byFirst.higherEntry(number));
  }

  private static Optional<Segment> value(Map.Entry<Long, Segment> entry) {
    return Optional.ofNullable(entry).map(Map.Entry::getValue);
  }

  /** The lowest number of the segments; {@code end} if there is none. */
  long first(long end) {
    Map.Entry<Long, Segment> first = byFirst.firstEntry();
    return first == null ? end : first.getKey();
  }
}
