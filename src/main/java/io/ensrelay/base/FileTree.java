package io.ensrelay.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** A folder with all that is in it. */
public final class FileTree {
  private FileTree() {}

  /**
   * Deletes a folder. Goes on behind a file that can't be deleted, and does not follow links.
   *
   * @throws IOException the first failure
   */
  public static void delete(Path folder) throws IOException {
    Optional<IOException> failure = Optional.empty();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        try {
          Files.deleteIfExists(each);
        } catch (IOException e) {
          failure = failure.or(() -> Optional.of(e));
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (failure.isPresent()) {
      throw failure.get();
    }
  }
}
