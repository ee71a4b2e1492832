package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FilePermissions;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.delivery.BatchSender.Item;
import io.ensrelay.delivery.StandIn;
import io.ensrelay.spool.SqliteNative;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Service;

/**
 * Inserts events into a table of a database, or runs statements of the user for each.
 *
 * <p>The events of a lane's batch are one transaction: it is committed as a whole, or rolled back
 * and tried again. The statement of each database ignores an event whose id is in the table. Order:
 * the events of a device are inserted in theirs. Errors: the {@link SQLException} of the database,
 * with the SQL state of the standard where the driver has another one.
 *
 * <p>Threads: set up by one, then used by all lanes, each with a connection of its own.
 */
public final class SqlSink implements CamelContextAware, Service {
  private static final int MOST_EVENTS = 500;
  private static final long MOST_BYTES = 4 << 20;
  private static final int READ_MILLIS = 30_000;
  private static final String TABLE = "[A-Za-z_][\\w$]*(\\.[A-Za-z_][\\w$]*){0,2}";

  private final BatchSender batches =
      new BatchSender(
          items -> this.receiver.send(items), MOST_EVENTS, MOST_BYTES, Duration.ZERO, false);

  private CamelContext camel;
  private String prefix = "ens.destination.sql";
  private String url = "";
  private String username = "";
  private String password = "";
  private String driverClass = "";
  private String table = "ens_events";
  private String statement = "";
  private SqlDialect dialect = SqlDialect.OTHER;
  private SqlValues values = new SqlValues(dialect);
  private List<NamedStatement> statements = List.of();
  private volatile SqlConnections connections;
  private volatile BatchSender.Receiver receiver = this::insertAll;

  /** Sets the prefix of the keys that messages name. */
  public void setPrefix(String prefix) {
    this.prefix = prefix;
  }

  /** Sets the JDBC URL. */
  public void setUrl(String url) {
    this.url = given(url);
  }

  /** Sets the user of the database; blank: as the URL says. */
  public void setUsername(String username) {
    this.username = given(username);
  }

  public void setPassword(String password) {
    this.password = Optional.ofNullable(password).orElse("");
  }

  /** Sets the class of the driver; blank: the one that knows the URL. */
  public void setDriver(String name) {
    driverClass = given(name);
  }

  /** Sets the table of the statement that each database has. */
  public void setTable(String name) {
    table = given(name).isEmpty() ? table : given(name);
  }

  /** Sets statements that replace that one; blank: none. */
  public void setStatement(String text) {
    statement = given(text);
  }

  private static String given(String value) {
    return value == null ? "" : value.strip();
  }

  @Override
  public void setCamelContext(CamelContext context) {
    camel = context;
  }

  @Override
  public CamelContext getCamelContext() {
    return camel;
  }

  /**
   * Finds the driver and reads the statement; connects with the first event.
   *
   * @throws ConfigurationException if a setting can't work
   */
  @Override
  public synchronized void start() {
    if (connections != null) {
      return;
    }
    if (!url.startsWith("jdbc:")) {
      throw new ConfigurationException(
          prefix + ".url", url.isEmpty() ? "missing" : "is no JDBC URL", "give jdbc:...");
    }
    dialect = SqlDialect.of(url);
    values = new SqlValues(dialect);
    statements = statements();
    Optional<BatchSender.Receiver> standIn = StandIn.of(camel, "sql:" + table, this::shown);
    if (standIn.isPresent()) {
      receiver = standIn.get();
      return;
    }
    Driver driver = new SqlDriver(prefix, url, driverClass, dialect.library()).find();
    connections = new SqlConnections(() -> connect(driver), this::isRefusedLogin);
  }

  private List<NamedStatement> statements() {
    String text = statement;
    if (text.isEmpty()) {
      if (!table.matches(TABLE)) {
        throw new ConfigurationException(
            prefix + ".table", table, "is no name of a table", "give one such as ens_events");
      }
      text = dialect.insert(table);
    }
    String key = prefix + ".statement";
    if (text.isEmpty()) {
      throw new ConfigurationException(
          key, "missing, and there is none for this database", "give an INSERT with names");
    }
    try {
      List<NamedStatement> all = NamedStatement.all(text);
      for (NamedStatement each : all) {
        for (String name : each.names()) {
          if (!SqlValues.NAMES.contains(name)) {
            throw new ConfigurationException(
                key,
                "has the unknown name :" + name,
                "use :" + String.join(", :", SqlValues.NAMES.stream().sorted().toList()));
          }
        }
      }
      return all;
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(key, e.getMessage(), "correct it");
    }
  }

  /**
   * Takes the event into the lane's batch.
   *
   * @throws Exception when the relay stops, or an event that is sent at once fails
   */
  public void insert(Exchange exchange) throws Exception {
    start();
    String json = EventText.of(exchange);
    batches.collect(exchange, json, json.length());
  }

  private StandIn.Sent shown(Item item) {
    String text = statements.stream().map(NamedStatement::jdbc).collect(Collectors.joining("; "));
    Map<String, Object> headers = new LinkedHashMap<>(item.attributes());
    headers.keySet().retainAll(SqlValues.NAMES);
    headers.put("statement", text);
    return new StandIn.Sent(headers, ((String) item.payload()).getBytes(StandardCharsets.UTF_8));
  }

  private List<Optional<Exception>> insertAll(List<Item> items) throws Exception {
    SqlConnections open = connections;
    if (open == null) {
      throw new IOException("the destination is stopped");
    }
    try {
      open.inTransaction(connection -> run(connection, items));
    } catch (SQLException e) {
      throw telling(e);
    }
    return BatchSender.delivered(items);
  }

  private void run(Connection connection, List<Item> items) throws SQLException {
    for (NamedStatement each : statements) {
      try (PreparedStatement prepared = connection.prepareStatement(each.jdbc())) {
        for (Item item : items) {
          for (int i = 0; i < each.names().size(); i++) {
            values.bind(prepared, i + 1, each.names().get(i), item);
          }
          prepared.addBatch();
        }
        prepared.executeBatch();
      }
    }
  }

  /** The failure itself instead of that of the batch, which would show the event. */
  private SQLException telling(SQLException failure) {
    SQLException told = failure;
    if (failure instanceof BatchUpdateException) {
      if (failure.getNextException() != null) {
        told = failure.getNextException();
      } else if (failure.getCause() instanceof SQLException cause) {
        told = cause;
      }
    }
    String state = dialect.state(told.getSQLState(), told.getErrorCode());
    return Objects.equals(state, told.getSQLState())
        ? told
        : new SQLException(told.getMessage(), state, told.getErrorCode(), told);
  }

  private Connection connect(Driver driver) throws SQLException {
    if (dialect == SqlDialect.SQLITE) {
      prepareSqlite();
    }
    Properties options = new Properties();
    options.putAll(dialect.options(url));
    if (!username.isEmpty()) {
      options.setProperty("user", username);
      options.setProperty("password", password);
    }
    Connection connection = driver.connect(url, options);
    if (connection == null) {
      throw new SQLException("the driver does not know this URL", "08001");
    }
    if (dialect == SqlDialect.OTHER) {
      limitReads(connection);
    }
    return connection;
  }

  private boolean isRefusedLogin(SQLException failure) {
    String state = dialect.state(failure.getSQLState(), failure.getErrorCode());
    return state != null && state.startsWith("28");
  }

  private static void limitReads(Connection connection) {
    try {
      connection.setNetworkTimeout(Runnable::run, READ_MILLIS);
    } catch (SQLException | AbstractMethodError e) {
      // the driver has none
    }
  }

  /** Its library, and a file that only its owner can read. */
  private void prepareSqlite() throws SQLException {
    String data = camel.resolvePropertyPlaceholders("{{ens.data.dir:data}}");
    String name = url.substring("jdbc:sqlite:".length()).replaceFirst("\\?.*", "");
    try {
      SqliteNative.load(Path.of(data, "dead", "native").toAbsolutePath());
      boolean isFile = !name.isEmpty() && !name.startsWith(":") && !name.startsWith("file:");
      if (isFile && Files.notExists(Path.of(name))) {
        FilePermissions.OWNER.open(Path.of(name), StandardOpenOption.WRITE).close();
      }
    } catch (IOException | InvalidPathException e) {
      throw new SQLException(e.getMessage(), "58030", e);
    }
  }

  @Override
  public synchronized void stop() {
    if (connections != null) {
      connections.close();
      connections = null;
    }
  }

  /** Omits the credentials. */
  @Override
  public String toString() {
    return "SqlSink[" + dialect + "]";
  }
}
