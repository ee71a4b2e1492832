package io.ensrelay.config;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The route files that {@code camel.main.routesIncludePattern} names. Immutable. */
public final class RoutePatterns {
  public static final String KEY = "camel.main.routesIncludePattern";

  /** A file in this folder is a destination, whatever its name. */
  private static final String DESTINATIONS = "destinations";

  private static final String DETAILS = "details.camel.yaml";
  private static final Set<String> OF_TENANTS =
      Set.of(DETAILS, "intake.camel.yaml", "metadata.camel.yaml", "resync.camel.yaml");
  private static final Logger LOG = LoggerFactory.getLogger(RoutePatterns.class);

  private final String pattern;
  private final boolean builtIn;
  private final List<String> globs;

  public RoutePatterns(Settings settings) {
    this(
        settings.get(KEY).orElseThrow(),
        settings.isDefault(KEY) && !Files.isDirectory(Path.of("routes")));
  }

  /**
   * @param pattern as in {@code camel.main.routesIncludePattern}
   */
  public RoutePatterns(String pattern) {
    this(pattern, false);
  }

  private RoutePatterns(String pattern, boolean builtIn) {
    this.pattern = pattern;
    this.builtIn = builtIn;
    globs =
        Stream.of(pattern.split(","))
            .map(String::strip)
            .filter(part -> part.startsWith("file:"))
            .map(part -> part.substring("file:".length()))
            .toList();
  }

  /**
   * Whether only the built-in routes run: the working directory has no folder {@code routes}, and
   * no setting names another one.
   */
  public boolean areBuiltIn() {
    return builtIn;
  }

  /** The files, each once, sorted. */
  public List<Path> files() {
    return globs.stream().flatMap(glob -> matching(glob).stream()).distinct().sorted().toList();
  }

  /** Whether a route file is used once for each tenant, also one of an earlier version. */
  public static boolean isOfTenants(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    return OF_TENANTS.contains(file.getFileName().toString())
        && (folder == null || !folder.endsWith(DESTINATIONS));
  }

  /**
   * Whether a file that is used once for each tenant is needed where the tenant's events are
   * delivered, rather than where they are taken.
   *
   * @param location such as {@code file:routes/details.camel.yaml}
   */
  public static boolean isOfDelivery(String location) {
    return location.endsWith("/" + DETAILS);
  }

  /** The pattern for Camel without the files that are used once for each tenant. */
  public String withoutTenants() {
    if (files().stream().noneMatch(RoutePatterns::isOfTenants)) {
      return pattern;
    }
    Stream<String> others =
        Stream.of(pattern.split(",")).map(String::strip).filter(part -> !part.startsWith("file:"));
    // a comma would end the name
    Stream<String> files =
        files().stream()
            .filter(file -> !isOfTenants(file))
            .map(file -> "file:" + file.toString().replace(',', '?'));
    String all = Stream.concat(others, files).collect(Collectors.joining(","));
    return all.isEmpty() ? "false" : all;
  }

  /** The folders in which the files are, each once, as far as they exist. */
  public List<Path> folders() {
    return globs.stream().map(RoutePatterns::folder).filter(Files::isDirectory).distinct().toList();
  }

  /**
   * Logs a warning for each part of the pattern that matches no file.
   *
   * @throws ConfigurationException when a folder with route files, or every route file, is missing
   */
  public void requireSome() {
    if (!globs.isEmpty() && files().isEmpty()) {
      throw new ConfigurationException(
          KEY,
          pattern,
          "there is no such file",
          "put the route files back, or remove folder and setting to run with the built-in ones");
    }
    for (String glob : globs) {
      if (!Files.isDirectory(folder(glob))) {
        throw new ConfigurationException(
            KEY, pattern, folder(glob) + " is no folder", "make it, or correct the pattern");
      }
      if (matching(glob).isEmpty()) {
        LOG.warn("There is no route file {} ({})", glob, KEY);
      }
    }
  }

  /**
   * @throws UncheckedIOException if a folder with route files is missing
   */
  public void requireFolders() {
    for (String glob : globs) {
      if (!Files.isDirectory(folder(glob))) {
        throw new UncheckedIOException(new NoSuchFileException(folder(glob).toString()));
      }
    }
  }

  @Override
  public String toString() {
    return pattern;
  }

  private static List<Path> matching(String glob) {
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    if (!Files.isDirectory(folder(glob))) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder(glob))) {
      return files.filter(matcher::matches).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The folder before the first wildcard. */
  private static Path folder(String glob) {
    return Path.of(glob.replaceFirst("[^/]*[*?{\\[].*|[^/]*$", ""));
  }
}
