package io.ensrelay.spool;

import java.nio.file.Path;
import java.util.Optional;

/** The dead letters in the spool of a relay that does not run. */
public final class DeadLetterCount {
  private DeadLetterCount() {}

  /**
   * @param directory of the spool, below the data directory
   */
  public static int count(Path directory, String destination) throws Exception {
    Spool spool = new Spool(directory.getParent(), Optional.empty(), 1000);
    try (spool) {
      DeadLetterFilter filter =
          new DeadLetterFilter(
              Optional.of(destination),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty());
      return (int) new DeadLetters(spool).list(filter, 0, 1).total();
    }
  }
}
