package io.ensrelay.lib;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where libraries come from. */
public interface LibrarySource extends AutoCloseable {

  /**
   * Finds a library and what it needs at run time, without what ens-relay's jar holds. The files
   * are there until this is closed.
   *
   * @throws IOException with one line that says what is missing or wrong, and where
   */
  Resolution resolve(Coordinates wanted) throws IOException;

  @Override
  void close();

  /**
   * A folder: a Maven repository, or jars side by side.
   *
   * @throws ConfigurationException when there is no such folder
   */
  static LibrarySource folder(Path dir, BundledLibraries bundled) throws IOException {
    if (!Files.isDirectory(dir)) {
      throw new ConfigurationException(
          "--from " + dir, "is no folder", "give one with a Maven repository or jars");
    }
    return LibFolder.hasJars(dir)
        ? new FolderOfJars(dir, bundled)
        : MavenRepositories.folder(dir, bundled);
  }

  /**
   * Maven Central, or what the user's Maven settings have in its place.
   *
   * @param repository its URL, to use another one
   */
  static LibrarySource network(Optional<String> repository, BundledLibraries bundled)
      throws IOException {
    return MavenRepositories.network(repository, bundled);
  }
}
