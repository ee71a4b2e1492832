package io.ensrelay.lib;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder whose jars are on the class path of every command beside ens-relay's own jar. */
public final class LibFolder {
  public static final String KEY = "ens.lib.dir";
  private static final String NAME = "lib";

  private final Path dir;
  private final BundledLibraries bundled;

  /**
   * @param dir need not exist
   */
  public LibFolder(Path dir, BundledLibraries bundled) {
    this.dir = dir;
    this.bundled = bundled;
  }

  /** The one of the setting, or {@code lib} beside the jar this runs from. */
  public static Path of(Optional<String> setting) {
    return setting.map(Path::of).orElseGet(() -> besideTheJar().orElse(Path.of(NAME)));
  }

  private static Optional<Path> besideTheJar() {
    return ownJar().map(jar -> jar.resolveSibling(NAME)).map(LibFolder::shortened);
  }

  /** As a person would write it. */
  private static Path shortened(Path path) {
    Path here = Path.of("").toAbsolutePath();
    return path.startsWith(here) ? here.relativize(path) : path;
  }

  /** The jar this runs from; empty where it runs from a folder of classes. */
  public static Optional<Path> ownJar() {
    CodeSource source = LibFolder.class.getProtectionDomain().getCodeSource();
    try {
      return Optional.ofNullable(source)
          .map(CodeSource::getLocation)
          .map(URL::toString)
          .filter(url -> url.endsWith(".jar"))
          .map(URI::create)
          .map(Path::of);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * The jars to put on the class path, in the order of their names; empty where there is no such
   * folder. A library that ens-relay's jar holds in the same version is left out.
   *
   * @throws ConfigurationException when one is of another Camel, or in another version in
   *     ens-relay's jar: parts of both would be mixed
   */
  public List<Path> classPath() {
    List<Path> fit = new ArrayList<>();
    for (LibraryFile library : libraries()) {
      requireFitting(library);
      if (!bundled.holds(library.coordinates())) {
        fit.add(library.file());
      }
    }
    return fit;
  }

  /** All jars of the folder, in the order of their names. */
  List<LibraryFile> libraries() {
    List<LibraryFile> libraries = new ArrayList<>();
    for (Path jar : jars(dir)) {
      try {
        libraries.add(LibraryFile.of(jar));
      } catch (IOException e) {
        throw new ConfigurationException(
            jar.toString(), "can't be read as a jar", "remove it, and get it again");
      }
    }
    return libraries;
  }

  /** The jars of a folder, in the order of their names. */
  static List<Path> jars(Path dir) {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .filter(file -> name(file).endsWith(".jar"))
          .sorted(Comparator.comparing(LibFolder::name))
          .toList();
    } catch (IOException e) {
      throw new ConfigurationException(
          KEY, dir.toString(), "can't be read", "give a folder this user may read");
    }
  }

  void requireFitting(LibraryFile library) {
    Coordinates found = library.coordinates();
    Optional<String> camel = bundled.camelVersion();
    boolean ofCamel =
        found.group().equals(Coordinates.CAMEL)
            || (found.group().isEmpty() && found.artifact().startsWith("camel-"));
    if (ofCamel && camel.isPresent() && !camel.get().equals(found.version())) {
      throw new ConfigurationException(
          library.file().toString(),
          "is of Camel " + found.version() + ", and ens-relay's is " + camel.get(),
          "remove it, or replace it by: ens-relay add "
              + new Coordinates(Coordinates.CAMEL, found.artifact(), camel.get(), "").asAsked());
    }
    bundled
        .version(found.group(), found.artifact())
        .filter(ours -> !ours.equals(found.version()))
        .ifPresent(
            ours -> {
              throw new ConfigurationException(
                  library.file().toString(),
                  "ens-relay's jar holds " + found.artifact() + " " + ours,
                  "remove it");
            });
  }

  /** Whether there are any; asked at each start, so it loads nothing. */
  public static boolean hasJars(Path dir) {
    return !jars(dir).isEmpty();
  }

  /**
   * The class path beside ens-relay's jar, for the log: {@code lib/: camel-kafka-4.17.0.jar and 5
   * more}. Empty when it has nothing.
   */
  public static Optional<String> onClassPath() {
    List<Path> jars = loaded();
    if (jars.isEmpty()) {
      return Optional.empty();
    }
    List<String> names = jars.stream().map(LibFolder::name).toList();
    String first =
        names.stream().filter(name -> name.startsWith("camel-")).findFirst().orElse(names.get(0));
    String more = names.size() == 1 ? "" : " and " + (names.size() - 1) + " more";
    return Optional.of(shortened(jars.get(0).getParent()) + "/: " + first + more);
  }

  /** Jars of the folder that are not on the class path: ens-relay's jar holds the same. */
  public static List<String> leftOut() {
    List<Path> loaded = loaded();
    return loaded.isEmpty()
        ? List.of()
        : jars(loaded.get(0).getParent()).stream()
            .filter(jar -> !loaded.contains(jar))
            .map(LibFolder::name)
            .toList();
  }

  /** Those beside ens-relay's jar, which is the first. */
  private static List<Path> loaded() {
    return LibFolder.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs()).skip(1).map(LibFolder::path).toList()
        : List.of();
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static Path path(URL url) {
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
