package io.ensrelay.check;

import io.ensrelay.config.RoutePatterns;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Finds YAML files that no pattern takes, so that nobody reads them. Threads: stateless. */
final class UnreadFiles {
  private static final String TEST = ".test.yaml";

  private UnreadFiles() {}

  /** Returns a warning for each file beside the route files and beside the kamelets. */
  static List<Mistake> mistakes(RoutePatterns patterns, Kamelets kamelets) {
    Set<Path> read = new HashSet<>();
    Stream.concat(patterns.files().stream(), kamelets.files().stream())
        .map(Path::normalize)
        .forEach(read::add);
    Stream<Mistake> routes =
        patterns.folders().stream()
            .flatMap(folder -> yaml(folder).stream())
            .filter(file -> !read.contains(file.normalize()))
            .map(file -> mistake(file, "not read as a route file", ".camel.yaml"));
    Stream<Mistake> templates =
        kamelets.folders().stream()
            .flatMap(folder -> yaml(folder).stream())
            .filter(file -> !read.contains(file.normalize()))
            .map(file -> mistake(file, "not read as a kamelet", Kamelets.ENDING));
    return Stream.concat(routes, templates).distinct().toList();
  }

  private static Mistake mistake(Path file, String problem, String ending) {
    String name = file.getFileName().toString();
    String stem = name.replaceFirst("(\\.camel|\\.kamelet)?\\.ya?ml$", "");
    return Mistake.warning(
        file, 1, "is " + problem, "rename it to " + stem + ending + ", or move it away");
  }

  private static List<Path> yaml(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.toString().matches("(?i).*\\.ya?ml"))
          .filter(file -> !file.toString().endsWith(TEST))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
