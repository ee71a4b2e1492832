package io.ensrelay.runtime;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The result of one destination test.
 *
 * @param line of the test in its file
 * @param name what it shows
 * @param failure what was expected and what happened, in lines; empty: it passed
 */
public record DestinationTestResult(
    String destination, Path file, int line, String name, Duration took, Optional<String> failure) {

  public boolean hasPassed() {
    return failure.isEmpty();
  }
}
