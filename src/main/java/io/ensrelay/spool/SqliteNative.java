package io.ensrelay.spool;

import io.ensrelay.FileRights;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sqlite.SQLiteJDBCLoader;

/**
 * Loads SQLite, which is native code, by way of a private folder: what lies in {@code /tmp} may not
 * be executed everywhere, and others can write there. Whoever names another folder by {@value
 * #FOLDER} gets that one. Nothing is left in the folder where the system lets a file go that is
 * loaded, and at the next load elsewhere. Threads: safe.
 */
final class SqliteNative {
  private static final String FOLDER = "org.sqlite.tmpdir";

  private SqliteNative() {}

  /** Loads it once a process. */
  static synchronized void load(Path folder) throws IOException {
    if (System.getProperty(FOLDER) != null) {
      loadFrom(Path.of(System.getProperty(FOLDER)));
      return;
    }
    clear(folder);
    System.setProperty(FOLDER, folder.toString());
    try {
      loadFrom(folder);
    } finally {
      System.clearProperty(FOLDER);
      clear(folder);
    }
  }

  private static void loadFrom(Path folder) throws IOException {
    try {
      SQLiteJDBCLoader.initialize();
    } catch (Exception e) {
      throw new IOException(
          "dead letters: SQLite can't be loaded from %s; it needs 2 MB there, and no noexec, or another folder by -D%s: %s"
              .formatted(folder, FOLDER, e.getMessage()),
          e);
    }
  }

  /** Also what a process left that was killed. */
  private static void clear(Path folder) throws IOException {
    FileRights.OWNER.createDirectories(folder);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
      for (Path each : left) {
        try {
          Files.deleteIfExists(each);
        } catch (IOException e) {
          // loaded, on Windows
        }
      }
    }
  }
}
