package io.ensrelay.spool.log;

import java.io.IOException;
import java.util.Optional;

/**
 * Where a log ends.
 *
 * @param number of the next event
 * @param place behind the last whole event of the newest file
 */
record LogEnd(long number, long place) {
  /** Reads the newest file; damage before its last whole event does not end it. */
  static LogEnd of(Disk disk, Segments segments, Segment newest) throws IOException {
    long number = newest.first();
    long place = 0;
    try (LogScan scan = new LogScan(disk, segments, Optional.empty(), newest.first())) {
      while (scan.next(Long.MAX_VALUE)) {
        if (scan.damage().isEmpty()) {
          number = scan.position();
          place = scan.placeBehind();
        } else if (scan.position() == Long.MAX_VALUE) {
          break;
        }
      }
    }
    return new LogEnd(number, place);
  }
}
