package io.ensrelay.spool;

import static io.ensrelay.spool.SqlCondition.prepare;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The devices of a tenant as a resync knows them, in {@code data/resync/fleet.db}: names, statuses
 * and digests, and no other data of a device.
 *
 * <p>Every method but {@link #close} may throw an IOException; its message says in one line what to
 * do. Changes are on disk when a method returns. Threads: safe.
 */
public final class KnownFleet implements Closeable {
  private static final String CREATE =
      """
      CREATE TABLE device (
        id TEXT PRIMARY KEY,
        guid INTEGER NOT NULL,
        status TEXT NOT NULL,
        digest INTEGER NOT NULL,
        time INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        absent INTEGER NOT NULL,
        again INTEGER NOT NULL) WITHOUT ROWID""";

  private static final String PUT =
      """
      INSERT OR REPLACE INTO device (id, guid, status, digest, time, seen, absent, again)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""";

  private final DatabaseFile file;

  /**
   * @param file in a folder of its own
   */
  public KnownFleet(Path file) {
    this.file = new DatabaseFile("devices of resyncs", file, new Tables(), Clock.systemUTC());
  }

  private static final class Tables implements DatabaseFile.Schema {
    @Override
    public List<String> settings() {
      // 16 MB, beside the heap
      return List.of("PRAGMA cache_size = -16000");
    }

    @Override
    public int format() {
      return 1;
    }

    @Override
    public void create(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute(CREATE);
      }
    }
  }

  /** The known ones of these devices, by id. */
  public Map<String, KnownDevice> get(Collection<String> ids) throws IOException {
    return file.write(
        connection -> {
          Map<String, KnownDevice> found = new HashMap<>();
          try (PreparedStatement query =
              connection.prepareStatement("SELECT * FROM device WHERE id = ?")) {
            for (String id : ids) {
              query.setString(1, id);
              try (ResultSet row = query.executeQuery()) {
                if (row.next()) {
                  found.put(id, device(row));
                }
              }
            }
          }
          return found;
        });
  }

  private static KnownDevice device(ResultSet row) throws SQLException {
    return new KnownDevice(
        row.getString("id"),
        row.getBoolean("guid"),
        row.getString("status"),
        row.getLong("digest"),
        row.getLong("time"),
        row.getLong("seen"),
        row.getLong("absent"),
        row.getLong("again"));
  }

  /**
   * Replaces some devices, and forgets others.
   *
   * @param gone ids
   */
  public void put(Collection<KnownDevice> devices, Collection<String> gone) throws IOException {
    file.write(
        connection -> {
          put(connection, devices);
          try (PreparedStatement delete =
              connection.prepareStatement("DELETE FROM device WHERE id = ?")) {
            for (String id : gone) {
              delete.setString(1, id);
              delete.executeUpdate();
            }
          }
          return 0;
        });
  }

  private static void put(Connection connection, Collection<KnownDevice> devices)
      throws SQLException {
    try (PreparedStatement put = connection.prepareStatement(PUT)) {
      for (KnownDevice device : devices) {
        put.setString(1, device.id());
        put.setBoolean(2, device.isGuid());
        put.setString(3, device.status());
        put.setLong(4, device.digest());
        put.setLong(5, device.time());
        put.setLong(6, device.seen());
        put.setLong(7, device.absent());
        put.setLong(8, device.again());
        put.executeUpdate();
      }
    }
  }

  /**
   * Forgets which devices were absent and which must be asked for again: both concern one run only.
   */
  public void beginRun() throws IOException {
    change("UPDATE device SET absent = 0, again = 0 WHERE absent <> 0 OR again <> 0");
  }

  /** Forgets all states, so that the next description of every device counts as a change. */
  public void forgetStates() throws IOException {
    change("UPDATE device SET digest = 0");
  }

  /** Forgets devices that have none of these statuses and no newer state. */
  public void forgetOthers(Collection<String> statuses, long before) throws IOException {
    SqlCondition condition = statuses(SqlCondition.ANY.and("time < ?", before), "NOT IN", statuses);
    file.write(
        connection -> {
          try (PreparedStatement delete =
              prepare(
                  connection,
                  "DELETE FROM device" + condition.where(),
                  condition.values().toArray())) {
            return delete.executeUpdate();
          }
        });
  }

  private void change(String sql) throws IOException {
    file.write(
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
          }
        });
  }

  /** The number of devices that a pass has found and that may still have these statuses. */
  public long seenBy(long pass, Collection<String> statuses) throws IOException {
    return count(statuses(SqlCondition.ANY.and("seen = ?", pass), "IN", statuses));
  }

  /** The number of devices that a pass has found and that have left these statuses since a time. */
  public long leftSince(long time, long pass, Collection<String> statuses) throws IOException {
    SqlCondition late = SqlCondition.ANY.and("seen = ?", pass).and("time > ?", time);
    return count(statuses(late, "NOT IN", statuses));
  }

  /** The number of absent devices that are not reported as missing yet. */
  public long absent(Collection<String> statuses) throws IOException {
    return count(statuses(SqlCondition.ANY.and("absent > ?", 0), "IN", statuses));
  }

  /** A device with an unknown status counts for every status. */
  private static SqlCondition statuses(
      SqlCondition condition, String in, Collection<String> statuses) {
    return condition.and(
        "status " + in + " (''" + ", ?".repeat(statuses.size()) + ")", statuses.toArray());
  }

  private long count(SqlCondition condition) throws IOException {
    return file.write(connection -> condition.count(connection, "device"));
  }

  /**
   * Devices that may have these statuses and that a pass did not find, ordered by id.
   *
   * @param after only ids behind this one
   */
  public List<KnownDevice> unseenBy(long pass, Collection<String> statuses, String after, int limit)
      throws IOException {
    SqlCondition unseen = SqlCondition.ANY.and("id > ?", after).and("seen <> ?", pass);
    return list(statuses(unseen, "IN", statuses), "id", limit);
  }

  /** Devices to ask for again, in the order of the times to ask. */
  public List<KnownDevice> again(int limit) throws IOException {
    return list(SqlCondition.ANY.and("again > ?", 0), "again, id", limit);
  }

  private List<KnownDevice> list(SqlCondition condition, String order, int limit)
      throws IOException {
    return file.write(
        connection -> {
          List<KnownDevice> devices = new ArrayList<>();
          try (PreparedStatement query =
                  prepare(
                      connection,
                      "SELECT * FROM device"
                          + condition.where()
                          + " ORDER BY "
                          + order
                          + " LIMIT ?",
                      condition.valuesAnd(limit));
              ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
              devices.add(device(rows));
            }
          }
          return devices;
        });
  }

  /** Forgets all devices. */
  public void clear() throws IOException {
    change("DELETE FROM device");
  }

  @Override
  public void close() {
    file.close();
  }
}
