package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import java.nio.file.Path;

/** A mistake in a file of destination tests, with its line. */
final class DestinationTestMistake {
  private DestinationTestMistake() {}

  static ConfigurationException at(Path file, int line, String problem, String remedy) {
    return new ConfigurationException(file + ", line " + line, problem, remedy);
  }
}
