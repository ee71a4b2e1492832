package io.ensrelay.spool;

import static io.ensrelay.spool.SqlCondition.prepare;

import io.ensrelay.event.DeviceField;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The table of devices and all SQL on it. Each method runs within the transaction of its
 * connection. A device has a row number, in the order of its first event; the table has no index on
 * anything that changes, so that an event writes one page.
 */
final class DeviceTable {
  /** When a device was last seen. */
  static final String SEEN = "coalesce(lastCheckInTime, eventTime, stateTime)";

  private static final List<DeviceField> FIELDS = List.of(DeviceField.values());

  private static final List<String> SETTINGS =
      List.of(
          // 16 MB, beside the heap: a batch of events changes that many pages
          "PRAGMA cache_size = -16000",
          // in pages: one that changes several times in between is written to the file once
          "PRAGMA wal_autocheckpoint = 64000");

  /** Small, because a batch of events changes one row in most of the pages that it touches. */
  private static final int PAGE_BYTES = 1024;

  private static final String CREATE =
      """
      CREATE TABLE device (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        os TEXT,
        status TEXT,
        compliant INTEGER,
        stateTime INTEGER NOT NULL,
        eventType TEXT,
        eventTime INTEGER,
        received INTEGER,
        %s,
        UNIQUE (tenant, id))"""
          .formatted(
              FIELDS.stream()
                  .map(field -> field.fieldName() + " " + type(field.kind()))
                  .collect(Collectors.joining(", ")));

  private static final String STATE =
      """
      os = coalesce(?, os), status = coalesce(?, nullif(status, '%s')),
        compliant = coalesce(?, compliant), stateTime = ?"""
          .formatted(Device.MISSING);

  private static final String EVENT = "eventType = ?, eventTime = ?, received = ?";
  private static final String WHERE = " WHERE tenant = ? AND id = ?";

  private static final String IF_NEWER_STATE = " AND stateTime <= ?";

  private static final String IF_NEWER_EVENT = " AND (eventTime IS NULL OR eventTime <= ?)";

  private DeviceTable() {}

  private static String type(DeviceField.Kind kind) {
    return kind == DeviceField.Kind.TEXT ? "TEXT" : "INTEGER";
  }

  /**
   * @param created called when the file is new
   */
  static DatabaseFile.Schema schema(Runnable created) {
    return new DatabaseFile.Schema() {
      @Override
      public List<String> settings() {
        return SETTINGS;
      }

      @Override
      public int format() {
        return 2;
      }

      @Override
      public int pageBytes() {
        return PAGE_BYTES;
      }

      @Override
      public void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
          // of a version that was never released; the log fills it again
          statement.execute("DROP TABLE IF EXISTS device");
          statement.execute(CREATE);
        }
        created.run();
      }
    };
  }

  /**
   * Records the newest states of devices. A state or an event older than the recorded one changes
   * nothing.
   */
  static void record(Connection connection, Collection<DeviceState> states, Set<DeviceField> kept)
      throws SQLException {
    String set =
        STATE
            + kept.stream()
                .map(
                    field -> ", " + field.fieldName() + " = coalesce(?, " + field.fieldName() + ")")
                .collect(Collectors.joining());
    String columns =
        kept.stream().map(field -> ", " + field.fieldName()).collect(Collectors.joining());
    String update = "UPDATE device SET ";
    try (PreparedStatement both =
            connection.prepareStatement(
                update + set + ", " + EVENT + WHERE + IF_NEWER_STATE + IF_NEWER_EVENT);
        PreparedStatement state =
            connection.prepareStatement(update + set + WHERE + IF_NEWER_STATE);
        PreparedStatement event =
            connection.prepareStatement(update + EVENT + WHERE + IF_NEWER_EVENT);
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO device (os, status, compliant, stateTime%s,
                  eventType, eventTime, received, tenant, id)
                  VALUES (?, ?, ?, ?%s, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
                    .formatted(columns, ", ?".repeat(kept.size())))) {
      for (DeviceState each : states) {
        List<Object> what = state(each, kept);
        List<Object> which = List.of(each.tenant(), each.id());
        List<Object> last = event(each);
        boolean isEvent = each.event().isPresent();
        boolean isDone =
            isEvent
                ? run(both, what, last, which, List.of(each.time(), last.get(1)))
                : run(state, what, which, List.of(each.time()));
        if (!isDone && !run(insert, what, last, which) && isEvent) {
          // the table has the device, and either the new state or the new event is older
          run(state, what, which, List.of(each.time()));
          run(event, last, which, List.of(last.get(1)));
        }
      }
    }
  }

  /** Returns whether it changed a row. */
  @SafeVarargs
  private static boolean run(PreparedStatement statement, List<Object>... values)
      throws SQLException {
    int at = 1;
    for (List<Object> some : values) {
      for (Object value : some) {
        bind(statement, at, value);
        at++;
      }
    }
    return statement.executeUpdate() > 0;
  }

  private static List<Object> state(DeviceState state, Set<DeviceField> kept) {
    List<Object> values = new ArrayList<>(4 + kept.size());
    values.add(state.os().orElse(null));
    values.add(state.status().orElse(null));
    values.add(state.compliant().map(DeviceTable::flag).orElse(null));
    values.add(state.time());
    for (DeviceField field : kept) {
      Object value = state.fields().get(field);
      values.add(value instanceof Boolean is ? flag(is) : value);
    }
    return values;
  }

  private static List<Object> event(DeviceState state) {
    return state
        .event()
        .map(event -> List.<Object>of(event.type(), event.time(), event.received()))
        .orElseGet(() -> Collections.nCopies(3, null));
  }

  private static void bind(PreparedStatement statement, int at, Object value) throws SQLException {
    if (value instanceof String text) {
      statement.setString(at, text);
    } else if (value instanceof Long number) {
      statement.setLong(at, number);
    } else if (value instanceof Integer number) {
      statement.setInt(at, number);
    } else {
      statement.setNull(at, Types.NULL);
    }
  }

  private static Integer flag(boolean is) {
    return is ? 1 : 0;
  }

  /** Removes the values of all other fields. */
  static void erase(Connection connection, Collection<DeviceField> others) throws SQLException {
    if (others.isEmpty()) {
      return;
    }
    String set =
        others.stream().map(f -> f.fieldName() + " = NULL").collect(Collectors.joining(", "));
    String where =
        others.stream()
            .map(f -> f.fieldName() + " IS NOT NULL")
            .collect(Collectors.joining(" OR "));
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("UPDATE device SET " + set + " WHERE " + where);
    }
  }

  /** Receives the time of each device's last event. */
  interface Times {
    void add(String tenant, String id, long time);
  }

  static void times(Connection connection, Times sink) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT tenant, id, eventTime FROM device")) {
      while (rows.next()) {
        long time = rows.getLong(3);
        sink.add(rows.getString(1), rows.getString(2), rows.wasNull() ? DeviceTimes.NONE : time);
      }
    }
  }

  /**
   * @param order SQL of the order
   */
  static List<Device> list(Connection connection, SqlCondition condition, String order, int limit)
      throws SQLException {
    List<Device> devices = new ArrayList<>();
    try (PreparedStatement query =
            prepare(
                connection,
                "SELECT * FROM device" + condition.where() + " ORDER BY " + order + " LIMIT ?",
                condition.valuesAnd(limit));
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        devices.add(device(rows));
      }
    }
    return devices;
  }

  private static Device device(ResultSet row) throws SQLException {
    Map<DeviceField, Object> fields = new EnumMap<>(DeviceField.class);
    for (DeviceField field : FIELDS) {
      value(row, field).ifPresent(value -> fields.put(field, value));
    }
    return new Device(
        row.getLong("row"),
        row.getString("tenant"),
        row.getString("id"),
        Optional.ofNullable(row.getString("os")),
        Optional.ofNullable(row.getString("status")),
        number(row, "compliant").map(value -> value != 0),
        fields,
        Instant.ofEpochMilli(row.getLong("stateTime")),
        lastEvent(row));
  }

  private static Optional<Device.LastEvent> lastEvent(ResultSet row) throws SQLException {
    String type = row.getString("eventType");
    return type == null
        ? Optional.empty()
        : Optional.of(
            new Device.LastEvent(
                type,
                Instant.ofEpochMilli(row.getLong("eventTime")),
                Instant.ofEpochMilli(row.getLong("received"))));
  }

  private static Optional<Object> value(ResultSet row, DeviceField field) throws SQLException {
    return switch (field.kind()) {
      case TEXT -> Optional.ofNullable(row.getString(field.fieldName()));
      case FLAG -> number(row, field.fieldName()).map(value -> value != 0);
      case TIME -> number(row, field.fieldName()).map(value -> value);
    };
  }

  private static Optional<Long> number(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? Optional.empty() : Optional.of(value);
  }

  /** Numbers of devices by tenant, platform, status and compliance. */
  static List<Devices.Count> counts(Connection connection) throws SQLException {
    List<Devices.Count> counts = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT tenant, os, status, compliant, count(*) AS devices FROM device"
                    + " GROUP BY tenant, os, status, compliant LIMIT 10000")) {
      while (rows.next()) {
        counts.add(
            new Devices.Count(
                rows.getString("tenant"),
                Optional.ofNullable(rows.getString("os")),
                Optional.ofNullable(rows.getString("status")),
                number(rows, "compliant").map(value -> value != 0),
                rows.getLong("devices")));
      }
    }
    return counts;
  }

  /** Returns false if there is no such device. */
  static boolean delete(Connection connection, String tenant, String id) throws SQLException {
    try (PreparedStatement delete =
        prepare(connection, "DELETE FROM device WHERE tenant = ? AND id = ?", tenant, id)) {
      return delete.executeUpdate() > 0;
    }
  }
}
