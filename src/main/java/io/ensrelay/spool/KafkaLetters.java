package io.ensrelay.spool;

import io.ensrelay.spool.kafka.KafkaAccess;
import io.ensrelay.spool.kafka.LetterTopic;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dead letters on a compacted topic: the key is the destination and the event, the value the event,
 * and the headers say why. The database is this machine's view of it: a letter's row number is its
 * offset plus one, so its id is the same on all machines.
 */
final class KafkaLetters implements LetterWriter, LetterTopic.View {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaLetters.class);

  /** The key of each letter, and the offset to go on with. */
  private static final List<String> TABLES =
      List.of(
          "CREATE TABLE IF NOT EXISTS place (key TEXT PRIMARY KEY, id INTEGER NOT NULL)",
          "CREATE TABLE IF NOT EXISTS topic (one INTEGER PRIMARY KEY, next INTEGER NOT NULL)");

  private final DatabaseFile file;
  private final KafkaAccess access;
  private Optional<LetterTopic> topic = Optional.empty();
  private boolean closed;

  KafkaLetters(DatabaseFile file, KafkaAccess access) {
    this.file = file;
    this.access = access;
  }

  private synchronized LetterTopic topic() throws IOException {
    if (closed) {
      throw new IOException("the dead letters are closed");
    }
    if (topic.isEmpty()) {
      topic = Optional.of(new LetterTopic(access, this));
    }
    return topic.get();
  }

  /** Waits once for the letters of other machines. */
  @Override
  public void prepare() throws IOException {
    topic().awaitFirst();
  }

  @Override
  public void add(List<NewDeadLetter> letters) throws IOException {
    List<LetterTopic.Change> changes = new ArrayList<>();
    for (NewDeadLetter letter : letters) {
      changes.add(
          new LetterTopic.Change(
              0,
              key(letter),
              Optional.of(new LetterTopic.Content(headers(letter), letter.body()))));
    }
    topic().write(changes);
  }

  /** A later letter of the same event and destination replaces the earlier one. */
  private static String key(NewDeadLetter letter) {
    Object event = letter.attributes().get("eventId");
    return letter.destination() + "~" + (event == null ? UUID.randomUUID() : event);
  }

  private static Map<String, String> headers(NewDeadLetter letter) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("destination", letter.destination());
    headers.put("time", Long.toString(letter.time()));
    headers.put("attempts", Integer.toString(letter.attempts()));
    headers.put("reason", letter.reason());
    headers.put("attributes", DeadLetterTable.json(letter.attributes()));
    letter.topic().ifPresent(text -> headers.put("topic", text));
    letter.route().ifPresent(text -> headers.put("route", text));
    letter.exception().ifPresent(text -> headers.put("exception", text));
    letter.stack().ifPresent(text -> headers.put("stack", text));
    letter.answer().ifPresent(text -> headers.put("answer", text));
    return headers;
  }

  private static NewDeadLetter letter(LetterTopic.Content content) throws SQLException {
    Map<String, String> headers = content.headers();
    return new NewDeadLetter(
        headers.getOrDefault("destination", ""),
        Long.parseLong(headers.getOrDefault("time", "")),
        Integer.parseInt(headers.getOrDefault("attempts", "")),
        headers.getOrDefault("reason", ""),
        DeadLetterTable.attributes(headers.getOrDefault("attributes", "{}")),
        Optional.ofNullable(headers.get("topic")),
        Optional.ofNullable(headers.get("route")),
        Optional.ofNullable(headers.get("exception")),
        Optional.ofNullable(headers.get("stack")),
        Optional.ofNullable(headers.get("answer")),
        content.body());
  }

  @Override
  public void delete(List<Long> rows) throws IOException {
    List<LetterTopic.Change> changes = new ArrayList<>();
    for (String key : file.read(List.<String>of(), connection -> keys(connection, rows))) {
      changes.add(new LetterTopic.Change(0, key, Optional.empty()));
    }
    topic().write(changes);
    // the topic may be slow, and a letter must not be replayed twice
    file.read(
        0,
        connection -> {
          DeadLetterTable.delete(connection, rows);
          return rows.size();
        });
  }

  private static List<String> keys(Connection connection, List<Long> rows) throws SQLException {
    List<String> keys = new ArrayList<>();
    try (PreparedStatement query =
        connection.prepareStatement("SELECT key FROM place WHERE id = ?")) {
      for (long row : rows) {
        query.setLong(1, row);
        try (ResultSet found = query.executeQuery()) {
          if (found.next()) {
            keys.add(found.getString(1));
          }
        }
      }
    }
    return keys;
  }

  @Override
  public long next() throws IOException {
    return file.write(
        connection -> {
          prepare(connection);
          try (Statement statement = connection.createStatement();
              ResultSet row = statement.executeQuery("SELECT next FROM topic")) {
            return row.next() ? row.getLong(1) : 0L;
          }
        });
  }

  private static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : TABLES) {
        statement.execute(table);
      }
    }
  }

  @Override
  public void apply(List<LetterTopic.Change> changes, long next) throws IOException {
    file.write(
        connection -> {
          prepare(connection);
          for (LetterTopic.Change each : changes) {
            apply(connection, each);
          }
          try (PreparedStatement place =
              connection.prepareStatement("INSERT OR REPLACE INTO topic VALUES (1, ?)")) {
            place.setLong(1, next);
            place.executeUpdate();
          }
          return changes.size();
        });
  }

  private static void apply(Connection connection, LetterTopic.Change change) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT id FROM place WHERE key = ?")) {
      query.setString(1, change.key());
      try (ResultSet found = query.executeQuery()) {
        if (found.next()) {
          DeadLetterTable.delete(connection, List.of(found.getLong(1)));
        }
      }
    }
    try (PreparedStatement gone = connection.prepareStatement("DELETE FROM place WHERE key = ?")) {
      gone.setString(1, change.key());
      gone.executeUpdate();
    }
    if (change.content().isEmpty()) {
      return;
    }
    NewDeadLetter letter;
    try {
      letter = letter(change.content().get());
    } catch (IllegalArgumentException e) {
      LOG.warn(
          "A record in the topic of the dead letters is not a dead letter and is left out: key {}",
          change.key());
      return;
    }
    DeadLetterTable.insert(connection, change.offset() + 1, letter);
    try (PreparedStatement place = connection.prepareStatement("INSERT INTO place VALUES (?, ?)")) {
      place.setString(1, change.key());
      place.setLong(2, change.offset() + 1);
      place.executeUpdate();
    }
  }

  @Override
  public void clear() throws IOException {
    file.write(
        connection -> {
          prepare(connection);
          try (Statement statement = connection.createStatement()) {
            for (String table : List.of("letter", "content", "place", "topic")) {
              statement.execute("DELETE FROM " + table);
            }
          }
          return 0;
        });
  }

  @Override
  public void close() {
    Optional<LetterTopic> last;
    synchronized (this) {
      closed = true;
      last = topic;
    }
    last.ifPresent(LetterTopic::close);
  }
}
