package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.event.Event;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DestinationStatus.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.h2.tools.Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shipped sql destination with the real spool, and databases in this process. */
class SqlSinkTest {
  private static final String FILE = "routes/destinations/sql.camel.yaml";
  private static final String TABLE =
      """
      CREATE TABLE ens_events (
        event_id varchar(32) PRIMARY KEY, event_type varchar(100) NOT NULL,
        event_key varchar(100), tenant varchar(64) NOT NULL, device_id varchar(20),
        device_os varchar(50), device_status varchar(50), device_compliant boolean,
        event_time timestamp(3) with time zone NOT NULL, event_json clob NOT NULL,
        place bigint GENERATED ALWAYS AS IDENTITY)
      """;

  @TempDir Path data;
  private final String name = "t" + System.nanoTime();
  private final String url = "jdbc:h2:mem:" + name + ";DB_CLOSE_DELAY=-1";
  private Connection database;

  @BeforeEach
  void connect() throws SQLException {
    database = DriverManager.getConnection(url);
  }

  @AfterEach
  void drop() throws SQLException {
    if (!database.isClosed()) {
      run("SHUTDOWN");
      database.close();
    }
  }

  @Test
  void insertsEachEventWithItsAttributes() throws Exception {
    run(TABLE);
    try (RunningDestination relay = relay(Map.of())) {
      Event event =
          relay.event("d'1", 7, ",\"os\":\"IOS\",\"compliant\":true,\"status\":\"ACTIVE\"");
      relay.store(List.of(event, relay.event("plain", 8)));
      relay.awaitDelivered("sql", 2);

      try (Statement select = database.createStatement();
          ResultSet row = select.executeQuery("SELECT * FROM ens_events ORDER BY event_time")) {
        assertTrue(row.next());
        assertEquals(event.id(), row.getString("event_id"));
        assertEquals("device.check_in", row.getString("event_type"));
        assertEquals("device_check_in", row.getString("event_key"));
        assertEquals("default", row.getString("tenant"));
        assertEquals("d'1", row.getString("device_id"));
        assertEquals("IOS", row.getString("device_os"));
        assertEquals("ACTIVE", row.getString("device_status"));
        assertTrue(row.getBoolean("device_compliant"));
        assertEquals(
            RunningDestination.TIME + 7,
            row.getObject("event_time", OffsetDateTime.class).toInstant().toEpochMilli());
        assertEquals(new String(event.json(), StandardCharsets.UTF_8), row.getString("event_json"));
        assertTrue(row.next());
        assertEquals(null, row.getString("device_os"));
        assertFalse(row.getBoolean("device_compliant"));
        assertTrue(row.wasNull());
      }
    }
  }

  @Test
  void insertsManyInBatchesAndInOrderPerDevice() throws Exception {
    run(TABLE);
    try (RunningDestination relay = relay(Map.of())) {
      List<Event> events = relay.events(3000, 7);
      relay.store(events);
      relay.awaitDelivered("sql", 3000);

      assertEquals(ids(events), ids("event_time"));
      for (int device = 0; device < 7; device++) {
        String id = "device-" + device;
        assertEquals(
            ids(events.stream().filter(e -> e.device().id().orElseThrow().equals(id)).toList()),
            texts("SELECT event_id FROM ens_events WHERE device_id = '" + id + "' ORDER BY place"));
      }
    }
  }

  @Test
  void ignoresARepetition() throws Exception {
    run(TABLE);
    try (RunningDestination relay = relay(Map.of())) {
      List<Event> events = relay.events(20, 3);
      run(
          "INSERT INTO ens_events (event_id, event_type, tenant, event_time, event_json)"
              + " VALUES ('"
              + events.get(4).id()
              + "', 'earlier', 'x', now(), '{}')");
      relay.store(events);
      relay.awaitDelivered("sql", 20);

      assertEquals(20, texts("SELECT event_id FROM ens_events").size());
      assertEquals(
          List.of("earlier"),
          texts("SELECT event_type FROM ens_events WHERE event_id = '" + events.get(4).id() + "'"));
      assertEquals(0, relay.deadLetters().size());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {JmsBroker.ODD, "p&s+%2B #x?a=b;{y}$1\"z", "RAW(x)", "x\\y\\", "\\", "#x"})
  void logsInWithAnyPassword(String password) throws Exception {
    run(TABLE);
    run("CREATE USER relay PASSWORD '" + password + "' ADMIN");
    try (RunningDestination relay =
        relay(
            Map.of(
                "ens.destination.sql.username",
                "relay",
                "ens.destination.sql.password",
                password))) {
      relay.store(relay.events(1, 1));
      relay.awaitDelivered("sql", 1);
    }
  }

  @Test
  void closesItsConnectionsAtTheEnd() throws Exception {
    run(TABLE);
    try (RunningDestination relay = relay(Map.of())) {
      relay.store(relay.events(20, 10));
      relay.awaitDelivered("sql", 20);
      assertTrue(sessions() > 1);
    }

    assertEquals(1, sessions());
  }

  private int sessions() throws SQLException {
    return texts("SELECT session_id FROM information_schema.sessions").size();
  }

  @Test
  void refusesWhileTheTableIsMissing() throws Exception {
    try (RunningDestination relay = relay(Map.of())) {
      relay.store(relay.events(50, 5));
      relay.awaitState("sql", State.REFUSED);
      assertTrue(
          relay.status("sql").trouble().orElseThrow().toLowerCase().contains("ens_events"),
          () -> relay.status("sql").toString());

      run(TABLE);
      relay.awaitDelivered("sql", 50);

      assertEquals(0, relay.deadLetters().size());
      relay.awaitState("sql", State.OK);
    }
  }

  @Test
  void deliversAllWhenTheDatabaseIsBack() throws Exception {
    run(TABLE);
    Server server = server("0");
    String port = String.valueOf(server.getPort());
    try (RunningDestination relay =
        relay(
            Map.of(
                "ens.destination.sql.url", "jdbc:h2:tcp://localhost:" + port + "/mem:" + name))) {
      relay.store(relay.events(100, 5));
      relay.awaitDelivered("sql", 100);
      server.stop();
      relay.store(IntStream.range(100, 200).mapToObj(seq -> event(relay, seq)).toList());
      relay.awaitState("sql", State.STALLED);

      server = server(port);
      relay.awaitDelivered("sql", 200);

      assertEquals(200, texts("SELECT event_id FROM ens_events").size());
      assertEquals(0, relay.deadLetters().size());
    } finally {
      server.stop();
    }
  }

  @Test
  void keepsOnlyTheEventThatDoesNotFit() throws Exception {
    run(TABLE);
    try (RunningDestination relay = relay(Map.of())) {
      List<Event> events = new ArrayList<>(relay.events(300, 5));
      Event wrong = relay.event("a device with too long an id", 1000);
      events.add(137, wrong);
      relay.store(events);
      relay.awaitDelivered("sql", 300);
      await().atMost(RunningDestination.SOON).until(() -> relay.deadLetters().size() == 1);

      DeadLetter letter = relay.deadLetters().get(0).letter();
      assertEquals(wrong.id(), letter.attributes().get("eventId"));
      assertEquals(300, texts("SELECT event_id FROM ens_events").size());
    }
  }

  @Test
  void runsStatementsOfTheUserInOneTransaction() throws Exception {
    run(TABLE);
    run("CREATE TABLE device (device_guid varchar(50) PRIMARY KEY, seen bigint NOT NULL)");
    String statement =
        """
        INSERT INTO ens_events (event_id, event_type, tenant, event_time, event_json)
          VALUES (:eventId, 'it''s :eventType', :tenant, :eventTime, :json) -- :comment
        ;
        MERGE INTO device USING (SELECT 1) ON device_guid = :deviceId
          WHEN MATCHED AND seen <= :eventTimeMillis THEN UPDATE SET seen = :eventTimeMillis
          WHEN NOT MATCHED THEN INSERT (device_guid, seen) VALUES (:deviceId, :eventTimeMillis)
        """;
    try (RunningDestination relay =
        relay(
            Map.of("ens.destination.sql.statement", statement, "ens.destination.sql.lanes", "2"))) {
      relay.store(relay.events(40, 4));
      relay.awaitDelivered("sql", 40);

      assertEquals(List.of("it's :eventType"), texts("SELECT DISTINCT event_type FROM ens_events"));
      assertEquals(
          IntStream.range(36, 40)
              .mapToObj(i -> String.valueOf(RunningDestination.TIME + i))
              .toList(),
          texts("SELECT seen FROM device ORDER BY device_guid"));
    }
  }

  @Test
  void insertsIntoSqliteWhoseDriverIsInTheJar() throws Exception {
    Path file = data.resolve("events.db");
    String sqlite = "jdbc:sqlite:" + file;
    try (RunningDestination relay = relay(Map.of("ens.destination.sql.url", sqlite))) {
      List<Event> events = relay.events(200, 5);
      relay.store(events);
      relay.awaitState("sql", State.REFUSED);
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
      try (Connection other = DriverManager.getConnection(sqlite);
          Statement create = other.createStatement()) {
        create.execute(shown(5));
      }
      relay.awaitDelivered("sql", 200);

      try (Connection other = DriverManager.getConnection(sqlite);
          Statement select = other.createStatement();
          ResultSet row = select.executeQuery("SELECT count(*), min(event_time) FROM ens_events")) {
        row.next();
        assertEquals(200, row.getInt(1));
        assertEquals("2020-02-27T09:36:13.229Z", row.getString(2));
      }
      assertEquals(0, relay.deadLetters().size());
    }
  }

  @Test
  void insertsIntoTheTableOfThePageForH2() throws Exception {
    run(shown(4));
    try (RunningDestination relay = relay(Map.of())) {
      relay.store(relay.events(10, 2));
      relay.awaitDelivered("sql", 10);

      assertEquals(10, texts("SELECT event_id FROM ens_events").size());
    }
  }

  /** A statement of the page, by its place. */
  private static String shown(int place) throws IOException {
    return Pattern.compile("(?s)```sql\\n(.*?)```")
        .matcher(Files.readString(Path.of("docs/destinations/sql.md")))
        .results()
        .toList()
        .get(place)
        .group(1);
  }

  @Test
  void servesASecondDestinationOfTheUser() throws Exception {
    run(TABLE.replace("ens_events", "audit"));
    Path file =
        Files.writeString(
            data.resolve("audit.camel.yaml"),
            """
            - route:
                id: destination.audit
                from:
                  uri: kamelet:ens-events-source
                  parameters:
                    destination: audit
                  steps:
                    - to:
                        uri: kamelet:ens-sql-sink
                        parameters:
                          destination: audit
            """);
    run(TABLE);
    Map<String, String> settings = new HashMap<>(settings());
    settings.put("ens.destination.audit.url", url);
    settings.put("ens.destination.audit.table", "audit");
    try (RunningDestination relay =
        new RunningDestination(data, List.of(FILE, file.toString()), settings)) {
      relay.store(relay.events(10, 2));
      relay.awaitDelivered("sql", 10);
      relay.awaitDelivered("audit", 10);

      assertEquals(
          ids("place").stream().sorted().toList(),
          texts("SELECT event_id FROM audit ORDER BY event_id"));
    }
  }

  @Test
  void doesNotRepeatARefusedLoginInOtherLanes() {
    AtomicInteger logins = new AtomicInteger();
    SqlConnections connections =
        new SqlConnections(
            () -> {
              logins.incrementAndGet();
              throw new SQLException("no", "28P01");
            },
            failure -> failure.getSQLState().startsWith("28"));
    for (int i = 0; i < 4; i++) {
      SQLException refused =
          assertThrows(SQLException.class, () -> connections.inTransaction(each -> {}));
      assertEquals("28P01", refused.getSQLState());
    }
    assertEquals(1, logins.get());
    connections.close();
  }

  @Test
  void endsTheStartWhenTheDriverIsMissing() {
    String said =
        problem(Map.of("ens.destination.sql.url", "jdbc:mariadb://localhost/x?password=x"));

    assertTrue(
        said.startsWith(
            "ens.destination.sql.url: no driver for jdbc:mariadb; get it by: ens-relay add"
                + " org.mariadb.jdbc:mariadb-java-client:"),
        said);
  }

  @Test
  void endsTheStartWhenTheStatementHasAnUnknownName() {
    String said =
        problem(Map.of("ens.destination.sql.statement", "INSERT INTO t VALUES (:evntId)"));

    assertTrue(
        said.startsWith("ens.destination.sql.statement: has the unknown name :evntId; use :device"),
        said);
  }

  private String problem(Map<String, String> settings) {
    Throwable failure = assertThrows(Exception.class, () -> relay(settings).close());
    while (!(failure instanceof ConfigurationException)) {
      failure = failure.getCause();
    }
    return failure.getMessage();
  }

  private static Event event(RunningDestination relay, int seq) {
    try {
      return relay.event("device-" + seq % 5, seq);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Server server(String port) throws SQLException {
    return Server.createTcpServer("-tcpPort", port).start();
  }

  private Map<String, String> settings() {
    return Map.of("ens.destination.sql.enabled", "true", "ens.destination.sql.url", url);
  }

  private RunningDestination relay(Map<String, String> more) throws Exception {
    Map<String, String> settings = new HashMap<>(settings());
    settings.putAll(more);
    return new RunningDestination(data, List.of(FILE), settings);
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = database.createStatement()) {
      statement.execute(sql);
    }
  }

  private List<String> texts(String query) throws SQLException {
    try (Statement select = database.createStatement();
        ResultSet rows = select.executeQuery(query)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        all.add(rows.getString(1));
      }
      return all;
    }
  }

  private List<String> ids(String order) throws SQLException {
    return texts("SELECT event_id FROM ens_events ORDER BY " + order);
  }

  private static List<String> ids(List<Event> events) {
    return events.stream().map(Event::id).collect(Collectors.toList());
  }
}
