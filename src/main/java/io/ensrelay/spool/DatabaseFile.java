package io.ensrelay.spool;

import io.ensrelay.base.FilePermissions;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;

/**
 * A SQLite file of the relay, such as {@code data/dead/letters.db}. Invariants:
 *
 * <ul>
 *   <li>A transaction is forced to disk before {@link #write} returns; a failed one changes
 *       nothing.
 *   <li>The first use loads SQLite and opens the file; reading a missing file does neither.
 *   <li>A failure closes the file; the next use opens it again.
 *   <li>A damaged file is moved aside, an ERROR in the log names its new path, and the relay
 *       continues with an empty file.
 *   <li>Only the owner can read the file and the files that SQLite creates beside it.
 * </ul>
 *
 * <p>Its one connection locks the file against other processes. Threads: safe, one transaction at a
 * time.
 */
final class DatabaseFile implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseFile.class);

  /** Suffix of SQLite's write-ahead log beside the file. */
  private static final String WAL = "-wal";

  private static final List<String> SETTINGS =
      List.of(
          // must come first: without other processes SQLite needs no shared memory
          "PRAGMA locking_mode = EXCLUSIVE",
          // if another process holds the lock, fail at once
          "PRAGMA busy_timeout = 0",
          // returns the space of dropped letters to the disk; must precede the first table
          "PRAGMA auto_vacuum = FULL",
          "PRAGMA journal_mode = WAL",
          // forces each commit to disk, on macOS down to the medium
          "PRAGMA synchronous = EXTRA",
          "PRAGMA fullfsync = TRUE",
          "PRAGMA checkpoint_fullfsync = TRUE",
          "PRAGMA journal_size_limit = 4194304",
          // detects damage when a page is read
          "PRAGMA cell_size_check = TRUE",
          // keeps temporary data out of /tmp
          "PRAGMA temp_store = MEMORY");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final String content;
  private final Path folder;
  private final Path file;
  private final Schema schema;
  private final Clock clock;
  private Connection connection;
  private boolean closed;

  /** The tables in the file. */
  interface Schema {
    /** Version of the tables; a file with a higher one was written by a newer version. */
    int format();

    /** Size of a page of a new file. */
    default int pageBytes() {
      return 4096;
    }

    /** Further settings of the connection, before anything else is done. */
    default List<String> settings() {
      return List.of();
    }

    /** Creates the tables in an empty file. */
    void create(Connection connection) throws SQLException;

    /** Completes a file at each opening. */
    default void complete(Connection connection) throws SQLException {}
  }

  /**
   * @param content what the file holds, in the plural, for messages
   */
  DatabaseFile(String content, Path file, Schema schema, Clock clock) {
    this.content = content;
    this.file = file.toAbsolutePath();
    folder = this.file.getParent();
    this.schema = schema;
    this.clock = clock;
  }

  /** The work of one transaction; runs a second time if the file turns out to be damaged. */
  interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /**
   * Runs the work in one transaction.
   *
   * @param none the result if the file does not exist
   */
  synchronized <T> T read(T none, Work<T> work) throws IOException {
    return Files.notExists(file) ? none : write(work);
  }

  /** Runs the work in one transaction; creates the file if it is missing. */
  synchronized <T> T write(Work<T> work) throws IOException {
    if (closed) {
      throw new IOException(content + " in " + file + ": closed, the relay stops");
    }
    try {
      return tryOn(work);
    } catch (SQLException e) {
      if (!isDamage(e)) {
        throw failure(e);
      }
      moveAside(e);
    }
    try {
      return tryOn(work);
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  private <T> T tryOn(Work<T> work) throws IOException, SQLException {
    boolean done = false;
    try {
      Connection open = open();
      T result = work.on(open);
      open.commit();
      done = true;
      return result;
    } finally {
      if (!done) {
        disconnect();
      }
    }
  }

  private Connection open() throws IOException, SQLException {
    if (connection != null && Files.exists(file)) {
      return connection;
    }
    disconnect();
    prepare();
    SqliteNative.load(folder.resolve("native"));
    // as a URI, because the driver interprets some characters of a plain path
    connection = DriverManager.getConnection("jdbc:sqlite:" + file.toUri());
    try (Statement statement = connection.createStatement()) {
      // must precede the switch to a write-ahead log
      statement.execute("PRAGMA page_size = " + schema.pageBytes());
      for (String setting : SETTINGS) {
        statement.execute(setting);
      }
      for (String setting : schema.settings()) {
        statement.execute(setting);
      }
      connection.setAutoCommit(false);
      int format = format(statement);
      if (format > schema.format()) {
        throw new IOException(
            "%s in %s: written by a newer version of ens-relay: run that, or move it away"
                .formatted(content, file));
      }
      if (format < schema.format()) {
        schema.create(connection);
        statement.execute("PRAGMA user_version = " + schema.format());
      }
      schema.complete(connection);
      connection.commit();
    }
    return connection;
  }

  private static int format(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("PRAGMA user_version")) {
      return row.getInt(1);
    }
  }

  /** Creates the file; SQLite copies its permissions to the files beside it. */
  private void prepare() throws IOException {
    try {
      FilePermissions.OWNER.createDirectories(folder);
      if (!Files.exists(file)) {
        // left over if the file was removed
        Files.deleteIfExists(beside(file));
        try (FileChannel made = FilePermissions.OWNER.open(file, StandardOpenOption.WRITE)) {
          made.force(true);
        }
        FilePermissions.forceDirectory(folder);
      }
    } catch (IOException e) {
      throw new IOException("%s in %s: the file can't be made: %s".formatted(content, file, e), e);
    }
  }

  private static Path beside(Path file) {
    return file.resolveSibling(file.getFileName() + WAL);
  }

  private void moveAside(SQLException damage) throws IOException {
    Path aside =
        file.resolveSibling(file.getFileName() + ".damaged-" + TIME.format(clock.instant()));
    try {
      if (Files.exists(beside(file))) {
        Files.move(beside(file), beside(aside));
      }
      Files.move(file, aside);
    } catch (IOException e) {
      throw new IOException(
          "%s in %s: the file is damaged and can't be moved aside: %s".formatted(content, file, e),
          e);
    }
    LOG.error(
        "The file of the {} is damaged: moved it to {} and began a new one. To recover its {}, run"
            + " `sqlite3 FILE .recover`. The damage: {}",
        content,
        aside,
        content,
        damage.getMessage());
  }

  private static boolean isDamage(SQLException e) {
    return isOneOf(e, SQLiteErrorCode.SQLITE_CORRUPT, SQLiteErrorCode.SQLITE_NOTADB);
  }

  private static boolean isOneOf(SQLException e, SQLiteErrorCode... codes) {
    for (SQLiteErrorCode code : codes) {
      if (e.getErrorCode() == code.code) {
        return true;
      }
    }
    return false;
  }

  private IOException failure(SQLException e) {
    String what;
    if (isOneOf(e, SQLiteErrorCode.SQLITE_FULL)) {
      what = "its disk is full: make room";
    } else if (isOneOf(e, SQLiteErrorCode.SQLITE_BUSY, SQLiteErrorCode.SQLITE_LOCKED)) {
      what = "another process uses the file: end it";
    } else if (!Files.isWritable(file) || !Files.isWritable(folder)) {
      what = "the file can't be written: let the relay's user write it and its folder";
    } else {
      what = "the file can't be used, look at its disk: " + e.getMessage();
    }
    return new IOException(content + " in " + file + ": " + what, e);
  }

  private void disconnect() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        LOG.debug("{} did not close", file, e);
      }
      connection = null;
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    disconnect();
  }
}
