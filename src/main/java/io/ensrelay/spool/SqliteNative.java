package io.ensrelay.spool;

import io.ensrelay.base.FilePermissions;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sqlite.SQLiteJDBCLoader;

/**
 * Loads SQLite's native library through a private folder: {@code /tmp} may forbid execution, and
 * other users can write to it. The system property {@value #FOLDER} selects another folder. The
 * extracted library is deleted right after loading if the system permits it, else at the next load.
 * Threads: safe.
 */
public final class SqliteNative {
  private static final String FOLDER = "org.sqlite.tmpdir";

  private SqliteNative() {}

  /** Loads the library once per process. */
  public static synchronized void load(Path folder) throws IOException {
    String given = System.getProperty(FOLDER);
    try {
      if (given == null) {
        loadFrom(folder);
      } else {
        SQLiteJDBCLoader.initialize();
      }
    } catch (Exception e) {
      throw new IOException(
          "SQLite can't be loaded from %s; the folder needs 2 MB free and no noexec; set another one with -D%s: %s"
              .formatted(given == null ? folder : given, FOLDER, e.getMessage()),
          e);
    }
  }

  private static void loadFrom(Path folder) throws Exception {
    FilePermissions.OWNER.createDirectories(folder);
    // left by a killed process
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
          // Windows does not delete a loaded library
        }
      }
    }
  }
}
