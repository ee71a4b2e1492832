package io.ensrelay.faults;

import io.ensrelay.base.JavaCommand;
import io.ensrelay.destination.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.h2.tools.Server;

/** A database; its table is missing at first. */
abstract class SqlReceiver implements Receiver {
  private final String url;
  private final String table;

  /**
   * @param types of a text, of a JSON text, and of a number that counts by itself
   */
  private SqlReceiver(String url, String... types) {
    this.url = url;
    table =
        """
        CREATE TABLE ens_events (
          place %3$s,
          event_id varchar(32) PRIMARY KEY, event_type %1$s NOT NULL, event_key %1$s,
          tenant %1$s NOT NULL, device_id %1$s, device_os %1$s,
          device_status %1$s CHECK (device_status <> 'BAD'), device_compliant boolean,
          event_time timestamp(3) with time zone NOT NULL, event_json %2$s NOT NULL)
        """
            .formatted((Object[]) types);
  }

  /**
   * H2 in a process of its own. It is killed, because H2 commits the rest of a transaction that it
   * rolls back while it is asked to stop, if the transaction's statements are still under way.
   */
  static SqlReceiver h2(Path dir) throws IOException {
    int port = Brokers.freePort();
    ServerProcess server = new ServerProcess(dir);
    return new SqlReceiver(
        "jdbc:h2:tcp://127.0.0.1:" + port + "/./events;WRITE_DELAY=0",
        "varchar(200)",
        "clob",
        "bigint GENERATED ALWAYS AS IDENTITY") {
      @Override
      public void start() throws IOException {
        List<String> command =
            JavaCommand.of(
                "-Xmx128m",
                "-cp",
                Path.of(Server.class.getProtectionDomain().getCodeSource().getLocation().getPath())
                    .toString(),
                Server.class.getName(),
                "-tcp",
                "-tcpPort",
                Integer.toString(port),
                "-ifNotExists",
                "-baseDir",
                server.dir().toString());
        server.start(port, Map.of(), command);
      }

      @Override
      public void stop() throws InterruptedException {
        server.kill();
      }
    };
  }

  /** PostgreSQL in processes of its own. */
  static SqlReceiver postgres() throws Exception {
    PostgresServer server = PostgresServer.create();
    return new SqlReceiver(server.url(), "text", "jsonb", "bigserial") {
      @Override
      public void start() throws Exception {
        server.start();
      }

      @Override
      public void stop() throws Exception {
        server.stop();
      }

      @Override
      public void close() throws Exception {
        server.close();
      }
    };
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(url, "ens", "secret");
  }

  @Override
  public Map<String, Object> settings() {
    return Map.of("url", url, "username", "ens", "password", "secret");
  }

  @Override
  public void accept() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(table);
    }
  }

  @Override
  public long count() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM ens_events")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  @Override
  public Account account() throws SQLException {
    Account account = new Account();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT event_json FROM ens_events ORDER BY place")) {
      while (rows.next()) {
        account.add(rows.getString(1).getBytes(StandardCharsets.UTF_8));
      }
    }
    return account;
  }
}
