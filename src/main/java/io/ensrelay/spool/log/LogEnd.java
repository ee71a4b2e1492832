package io.ensrelay.spool.log;

import java.io.IOException;
import java.util.Optional;

/**
 * The end of a log.
 *
 * @param number number of the next event
 * @param place offset after the last whole event in the newest segment
 */
record LogEnd(long number, long place) {
  /** Reads the newest segment; damage before its last whole event does not end the log. */
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
