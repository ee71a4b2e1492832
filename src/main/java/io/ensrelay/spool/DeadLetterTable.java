package io.ensrelay.spool;

import static io.ensrelay.spool.SqlCondition.bind;
import static io.ensrelay.spool.SqlCondition.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.sqlite.SQLiteErrorCode;

/**
 * The tables of the dead letters and all SQL on them. Each method runs within the transaction of
 * its connection. A letter's id combines its destination and its row number; no row number is
 * reused.
 */
final class DeadLetterTable {
  private static final char BEFORE_ROW = '~';

  private static final List<String> TABLES =
      List.of(
          """
          CREATE TABLE letter (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            destination TEXT NOT NULL,
            time INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            reason TEXT NOT NULL,
            lower_reason TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            type TEXT,
            key TEXT,
            attributes TEXT NOT NULL,
            topic TEXT)""",
          "CREATE INDEX letter_destination ON letter (destination)",
          "CREATE INDEX letter_time ON letter (time)",
          "CREATE INDEX letter_type ON letter (type)",
          "CREATE INDEX letter_key ON letter (key)",
          // a table of its own, so that listing letters does not read their bodies
          """
          CREATE TABLE content (
            id INTEGER PRIMARY KEY,
            route TEXT,
            exception TEXT,
            stack TEXT,
            answer TEXT,
            body BLOB NOT NULL)""");

  /** Made at each opening: files of earlier versions do not have it. */
  private static final String EVENT_INDEX =
      """
      CREATE INDEX IF NOT EXISTS letter_event
        ON letter (destination, json_extract(attributes, '$.eventId'))""";

  private static final String SAME_EVENT =
      "SELECT id FROM letter WHERE destination = ? AND json_extract(attributes, '$.eventId') = ?";

  private static final String INSERT_LETTER =
      """
      INSERT INTO letter (id, destination, time, attempts, reason, lower_reason, bytes, type, key,
        attributes, topic) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

  private static final String INSERT_CONTENT =
      """
      INSERT INTO content (id, route, exception, stack, answer, body)
        VALUES (last_insert_rowid(), ?, ?, ?, ?, ?)""";

  private static final String LETTER =
      "letter.id, destination, time, attempts, reason, bytes, attributes, topic";

  private static final String FULL = LETTER + ", route, exception, stack, answer, body";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_LONG_FOR_INTS);
  private static final TypeReference<LinkedHashMap<String, Object>> ATTRIBUTES =
      new TypeReference<>() {};

  private DeadLetterTable() {}

  /**
   * @param clock row numbers of a new file start above those of a file moved aside, so that no id
   *     is ever reused
   */
  static DatabaseFile.Schema schema(Clock clock) {
    return new DatabaseFile.Schema() {
      @Override
      public int format() {
        return 1;
      }

      @Override
      public void create(Connection connection) throws SQLException {
        DeadLetterTable.create(connection, clock.millis());
      }

      @Override
      public void complete(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
          statement.execute(EVENT_INDEX);
        }
      }
    };
  }

  private static void create(Connection connection, long above) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : TABLES) {
        statement.execute(table);
      }
    }
    try (PreparedStatement begin =
        prepare(
            connection, "INSERT INTO sqlite_sequence (name, seq) VALUES ('letter', ?)", above)) {
      begin.executeUpdate();
    }
  }

  /**
   * Adds letters. A letter replaces an earlier one of the same event and destination: an event is
   * given up again if the process died before its confirmation was on disk, or after a rewind.
   */
  static void insert(Connection connection, List<NewDeadLetter> letters) throws SQLException {
    insert(connection, Optional.empty(), letters);
  }

  /** Adds a letter under a row number. */
  static void insert(Connection connection, long id, NewDeadLetter letter) throws SQLException {
    insert(connection, Optional.of(id), List.of(letter));
  }

  private static void insert(Connection connection, Optional<Long> id, List<NewDeadLetter> letters)
      throws SQLException {
    try (PreparedStatement row = connection.prepareStatement(INSERT_LETTER);
        PreparedStatement content = connection.prepareStatement(INSERT_CONTENT)) {
      for (NewDeadLetter letter : letters) {
        Object event = letter.attributes().get("eventId");
        if (event != null) {
          delete(connection, rows(connection, letter.destination(), event));
        }
        bind(
            row,
            id.orElse(null),
            letter.destination(),
            letter.time(),
            letter.attempts(),
            letter.reason(),
            letter.reason().toLowerCase(Locale.ROOT),
            letter.body().length,
            letter.attributes().get("eventType"),
            letter.attributes().get("eventKey"),
            json(letter.attributes()),
            letter.topic().orElse(null));
        row.executeUpdate();
        bind(
            content,
            letter.route().orElse(null),
            letter.exception().orElse(null),
            letter.stack().orElse(null),
            letter.answer().orElse(null),
            letter.body());
        content.executeUpdate();
      }
    }
  }

  /** The newest row; 0: there is none. */
  static long newest(Connection connection) throws SQLException {
    try (PreparedStatement query = prepare(connection, "SELECT max(id) FROM letter");
        ResultSet row = query.executeQuery()) {
      return row.getLong(1);
    }
  }

  static Map<String, Long> counts(Connection connection) throws SQLException {
    Map<String, Long> counts = new TreeMap<>();
    try (PreparedStatement query =
            connection.prepareStatement(
                "SELECT destination, count(*) FROM letter GROUP BY destination");
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        counts.put(rows.getString(1), rows.getLong(2));
      }
    }
    return counts;
  }

  static List<DeadLetter> page(
      Connection connection, SqlCondition condition, int offset, int limit, boolean newestFirst)
      throws SQLException {
    List<DeadLetter> page = new ArrayList<>();
    try (PreparedStatement query =
            prepare(
                connection,
                "SELECT "
                    + LETTER
                    + " FROM letter"
                    + condition.where()
                    + " ORDER BY id"
                    + (newestFirst ? " DESC" : "")
                    + " LIMIT ? OFFSET ?",
                condition.valuesAnd(limit, offset));
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        page.add(letter(rows));
      }
    }
    return page;
  }

  /**
   * The rows of the first matching letters.
   *
   * @param bytes ends with the letter whose body reaches this total
   */
  static List<Long> rows(Connection connection, SqlCondition condition, int limit, long bytes)
      throws SQLException {
    List<Long> rows = new ArrayList<>();
    try (PreparedStatement query =
            prepare(
                connection,
                "SELECT id, bytes FROM letter" + condition.where() + " ORDER BY id LIMIT ?",
                condition.valuesAnd(limit));
        ResultSet found = query.executeQuery()) {
      long left = bytes;
      while (left > 0 && found.next()) {
        rows.add(found.getLong("id"));
        left -= found.getLong("bytes");
      }
    }
    return rows;
  }

  /**
   * The first matching letters.
   *
   * @param bytes ends with the letter whose body reaches this total
   */
  static List<DeadLetter.Full> full(
      Connection connection, SqlCondition condition, int limit, long bytes) throws SQLException {
    List<DeadLetter.Full> letters = new ArrayList<>();
    try (PreparedStatement query =
            prepare(
                connection,
                "SELECT "
                    + FULL
                    + " FROM letter JOIN content ON content.id = letter.id"
                    + condition.where()
                    + " ORDER BY letter.id LIMIT ?",
                condition.valuesAnd(limit));
        ResultSet rows = query.executeQuery()) {
      long left = bytes;
      while (left > 0 && rows.next()) {
        DeadLetter.Full full = full(rows);
        letters.add(full);
        left -= full.body().length;
      }
    }
    return letters;
  }

  private static List<Long> rows(Connection connection, String destination, Object event)
      throws SQLException {
    List<Long> rows = new ArrayList<>();
    try (PreparedStatement query = prepare(connection, SAME_EVENT, destination, event);
        ResultSet found = query.executeQuery()) {
      while (found.next()) {
        rows.add(found.getLong(1));
      }
    }
    return rows;
  }

  static void delete(Connection connection, List<Long> rows) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    for (String table : List.of("content", "letter")) {
      try (PreparedStatement delete =
          prepare(
              connection,
              "DELETE FROM " + table + " WHERE id IN (SELECT value FROM json_each(?))",
              json(rows))) {
        delete.executeUpdate();
      }
    }
  }

  /** Selects the letters with these ids. */
  static SqlCondition of(Collection<String> ids) {
    List<Long> rows = ids.stream().map(DeadLetterTable::row).filter(row -> row > 0).toList();
    return SqlCondition.ANY
        .and("letter.id IN (SELECT value FROM json_each(?))", json(rows))
        .and("destination || '~' || letter.id IN (SELECT value FROM json_each(?))", json(ids));
  }

  /** The row number in an id; 0: there is none. */
  static long row(String id) {
    String row = id.substring(id.lastIndexOf(BEFORE_ROW) + 1);
    return row.matches("[1-9][0-9]{0,17}") ? Long.parseLong(row) : 0;
  }

  private static DeadLetter letter(ResultSet row) throws SQLException {
    String destination = row.getString("destination");
    return new DeadLetter(
        destination + BEFORE_ROW + row.getLong("id"),
        destination,
        Instant.ofEpochMilli(row.getLong("time")),
        row.getInt("attempts"),
        row.getString("reason"),
        row.getInt("bytes"),
        attributes(row.getString("attributes")),
        text(row, "topic"));
  }

  private static DeadLetter.Full full(ResultSet row) throws SQLException {
    return new DeadLetter.Full(
        letter(row),
        text(row, "route"),
        text(row, "exception"),
        text(row, "stack"),
        text(row, "answer"),
        row.getBytes("body"));
  }

  private static Optional<String> text(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getString(column));
  }

  static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Map<String, Object> attributes(String json) throws SQLException {
    try {
      return JSON.readValue(json, ATTRIBUTES);
    } catch (JsonProcessingException e) {
      throw new SQLException(
          "attributes of a letter: " + e.getOriginalMessage(),
          null,
          SQLiteErrorCode.SQLITE_CORRUPT.code,
          e);
    }
  }
}
