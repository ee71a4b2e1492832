package io.ensrelay.lib;

import io.ensrelay.base.AtomicFile;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FilePermissions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.aether.util.version.GenericVersionScheme;
import org.eclipse.aether.version.InvalidVersionSpecificationException;
import org.eclipse.aether.version.VersionScheme;

/**
 * The additions to {@code lib/}: the libraries that were asked for, and the jars that came with
 * each. It stands in the folder itself, in a file with a line for each library.
 *
 * <p>Each jar is written whole under another name and then moved, and the list of them last: an
 * interruption leaves a jar too many, which the next try finds. One process at a time.
 */
public final class AddedLibraries {
  private static final String RECORD = "added.txt";
  private static final VersionScheme VERSIONS = new GenericVersionScheme();

  private final Path dir;
  private final BundledLibraries bundled;

  /**
   * A library that was asked for.
   *
   * @param files the names of its own jar and of those that it needs
   */
  public record Entry(Coordinates library, List<String> files) {
    public Entry {
      files = List.copyOf(files);
    }
  }

  /**
   * The result of an addition.
   *
   * @param written names of new jars
   * @param bytes their size
   * @param removed names of jars that gave way to others
   */
  public record Change(List<String> written, long bytes, List<String> removed) {
    public Change {
      written = List.copyOf(written);
      removed = List.copyOf(removed);
    }
  }

  /**
   * @param dir made when something is added
   */
  public AddedLibraries(Path dir, BundledLibraries bundled) {
    this.dir = dir;
    this.bundled = bundled;
  }

  /** In the order in which they were added. */
  public List<Entry> entries() throws IOException {
    try {
      return Files.readAllLines(dir.resolve(RECORD)).stream()
          .filter(line -> !line.isBlank())
          .map(AddedLibraries::entry)
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IllegalArgumentException e) {
      throw new IOException(dir.resolve(RECORD) + ": " + e.getMessage());
    }
  }

  private static Entry entry(String line) {
    List<String> words = List.of(line.strip().split("\\s+"));
    return new Entry(Coordinates.of(words.get(0)), words.subList(1, words.size()));
  }

  /** Names of jars that somebody else has put there. */
  public List<String> others() throws IOException {
    Set<String> known =
        entries().stream().flatMap(entry -> entry.files().stream()).collect(Collectors.toSet());
    return LibFolder.jars(dir).stream()
        .map(jar -> jar.getFileName().toString())
        .filter(name -> !known.contains(name))
        .toList();
  }

  /**
   * Adds a library with what it needs, in place of an earlier version of it. A jar that is there in
   * a newer version stays, and an older one gives way, whoever needs it.
   */
  public Change add(Coordinates asked, Resolution resolution) throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries().forEach(entry -> entries.put(entry.library().key(), entry));
    entries.remove(asked.key());
    Map<String, LibraryFile> there =
        new LibFolder(dir, bundled)
            .libraries().stream()
                .collect(
                    Collectors.toMap(
                        each -> each.coordinates().key(),
                        Function.identity(),
                        AddedLibraries::newer));

    FilePermissions.EVERYBODY.createDirectories(dir);
    Set<String> files = new LinkedHashSet<>();
    List<String> written = new ArrayList<>();
    Map<String, String> replaced = new LinkedHashMap<>();
    long bytes = 0;
    for (LibraryFile library : resolution.libraries()) {
      String name =
          library.coordinates().group().isEmpty()
              ? library.name()
              : library.coordinates().fileName();
      LibraryFile present = there.get(library.coordinates().key());
      boolean isAskedFor = library.coordinates().key().equals(asked.key());
      if (present != null && !isAskedFor && newer(present, library) == present) {
        files.add(present.name());
        continue;
      }
      byte[] content = Files.readAllBytes(library.file());
      AtomicFile.replace(file(name), content, FilePermissions.EVERYBODY);
      files.add(name);
      written.add(name);
      bytes += content.length;
      if (present != null && !present.name().equals(name)) {
        replaced.put(present.name(), name);
      }
    }
    entries.replaceAll((key, entry) -> renamed(entry, replaced));
    entries.put(asked.key(), new Entry(asked, List.copyOf(files)));
    Set<String> gone = new TreeSet<>(replaced.keySet());
    gone.addAll(noLongerNeeded(entries.values()));
    write(entries.values());
    delete(gone);
    return new Change(written, bytes, List.copyOf(gone));
  }

  /**
   * Removes a library, and what only it needed.
   *
   * @param name as it was asked for, with or without the version, or the library's name alone
   * @return the names of the jars that went
   * @throws ConfigurationException when there is no such library
   */
  public List<String> remove(String name) throws IOException {
    List<Entry> entries = new ArrayList<>(entries());
    List<Entry> meant = entries.stream().filter(entry -> isCalled(entry.library(), name)).toList();
    if (meant.isEmpty()) {
      throw new ConfigurationException(
          name,
          "was not added to " + dir,
          entries.isEmpty()
              ? "nothing was"
              : "give one of "
                  + entries.stream()
                      .map(entry -> entry.library().asAsked())
                      .collect(Collectors.joining(", ")));
    }
    entries.removeAll(meant);
    Set<String> gone = noLongerNeeded(entries);
    write(entries);
    delete(gone);
    return List.copyOf(gone);
  }

  private static boolean isCalled(Coordinates library, String name) {
    return Stream.of(library.toString(), library.key(), library.asAsked(), library.artifact())
        .anyMatch(name::equals);
  }

  /** Jars of the list as it still stands that those to come do not have. */
  private Set<String> noLongerNeeded(Iterable<Entry> next) throws IOException {
    Set<String> gone = new TreeSet<>();
    entries().forEach(entry -> gone.addAll(entry.files()));
    next.forEach(entry -> entry.files().forEach(gone::remove));
    return gone;
  }

  private static Entry renamed(Entry entry, Map<String, String> replaced) {
    return new Entry(
        entry.library(),
        entry.files().stream().map(file -> replaced.getOrDefault(file, file)).toList());
  }

  private static LibraryFile newer(LibraryFile one, LibraryFile other) {
    try {
      return VERSIONS
                  .parseVersion(one.coordinates().version())
                  .compareTo(VERSIONS.parseVersion(other.coordinates().version()))
              >= 0
          ? one
          : other;
    } catch (InvalidVersionSpecificationException e) {
      throw new IllegalStateException(e);
    }
  }

  private void write(Iterable<Entry> entries) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Entry entry : entries) {
      text.append(entry.library()).append(' ').append(String.join(" ", entry.files())).append('\n');
    }
    AtomicFile.replace(
        dir.resolve(RECORD),
        text.toString().getBytes(StandardCharsets.UTF_8),
        FilePermissions.EVERYBODY);
  }

  private void delete(Set<String> names) throws IOException {
    for (String name : names) {
      Files.deleteIfExists(file(name));
    }
  }

  /** A name from outside must not lead out of the folder. */
  private Path file(String name) throws IOException {
    Path file = dir.resolve(name);
    if (!name.endsWith(".jar") || !dir.equals(file.getParent())) {
      throw new IOException(name + " is no name of a jar");
    }
    return file;
  }
}
