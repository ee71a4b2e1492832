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
    try (Spool spool = new Spool(directory.getParent(), Spool.Config.keepingAll("test"))) {
      DeadLetterFilter filter =
          new DeadLetterFilter(
              Optional.of(destination),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty());
      return (int) spool.letters().list(filter, 0, 1).total();
    }
  }
}
