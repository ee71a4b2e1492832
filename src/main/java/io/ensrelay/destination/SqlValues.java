package io.ensrelay.destination;

import io.ensrelay.delivery.BatchSender.Item;
import io.ensrelay.event.Event;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The values of an event under the names that a statement uses. Immutable. */
record SqlValues(SqlDialect dialect) {
  static final Set<String> NAMES =
      Stream.concat(Event.ATTRIBUTES.stream(), Stream.of("eventTimeMillis", "json"))
          .collect(Collectors.toUnmodifiableSet());

  /** As SQLite keeps times: it sorts and compares them as text. */
  private static final DateTimeFormatter TEXT_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /**
   * @param at from 1
   * @param name one of {@link #NAMES}
   */
  void bind(PreparedStatement prepared, int at, String name, Item item) throws SQLException {
    Object value = item.attributes().get(name.equals("eventTimeMillis") ? "eventTime" : name);
    switch (name) {
      case "json" -> bindJson(prepared, at, (String) item.payload());
      case "eventTime" -> bindTime(prepared, at, value);
      case "eventTimeMillis" -> bindNumber(prepared, at, value);
      case "deviceCompliant", "eventLate" -> bindFlag(prepared, at, value);
      default -> bindText(prepared, at, value);
    }
  }

  /** PostgreSQL takes a text of unknown type for jsonb, json and text. */
  private void bindJson(PreparedStatement prepared, int at, String json) throws SQLException {
    if (dialect == SqlDialect.POSTGRESQL) {
      prepared.setObject(at, json, Types.OTHER);
    } else {
      prepared.setString(at, json);
    }
  }

  private void bindTime(PreparedStatement prepared, int at, Object millis) throws SQLException {
    if (!(millis instanceof Long time)) {
      prepared.setNull(at, Types.TIMESTAMP);
    } else if (dialect == SqlDialect.SQLITE) {
      prepared.setString(at, TEXT_TIME.format(Instant.ofEpochMilli(time)));
    } else {
      prepared.setObject(at, Instant.ofEpochMilli(time).atOffset(ZoneOffset.UTC));
    }
  }

  private static void bindNumber(PreparedStatement prepared, int at, Object value)
      throws SQLException {
    if (value instanceof Long number) {
      prepared.setLong(at, number);
    } else {
      prepared.setNull(at, Types.BIGINT);
    }
  }

  private static void bindFlag(PreparedStatement prepared, int at, Object value)
      throws SQLException {
    if (value instanceof Boolean flag) {
      prepared.setBoolean(at, flag);
    } else {
      prepared.setNull(at, Types.BIT);
    }
  }

  private static void bindText(PreparedStatement prepared, int at, Object value)
      throws SQLException {
    if (value == null) {
      prepared.setNull(at, Types.VARCHAR);
    } else {
      // a text of a database can't hold a NUL
      prepared.setString(at, value.toString().replace('\0', '\uFFFD'));
    }
  }
}
