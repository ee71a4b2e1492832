package io.ensrelay.spool;

import io.ensrelay.files.FilePermissions;
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
    String given = System.getProperty(FOLDER);
    try {
      if (given == null) {
        loadFrom(folder);
      } else {
        SQLiteJDBCLoader.initialize();
      }
    } catch (Exception e) {
      throw new IOException(
          "dead letters: SQLite can't be loaded from %s; it needs 2 MB there, and no noexec, or another folder by -D%s: %s"
              .formatted(given == null ? folder : given, FOLDER, e.getMessage()),
          e);
    }
  }

  private static void loadFrom(Path folder) throws Exception {
    FilePermissions.OWNER.createDirectories(folder);
    // what a process left that was killed
    clear(folder);
    System.setProperty(FOLDER, folder.toString());
    try {
      SQLiteJDBCLoader.initialize();
    } finally {
      System.clearProperty(FOLDER);
      clear(folder);
    }
  }

  private static void clear(Path folder) throws IOException {
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
