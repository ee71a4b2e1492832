package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ensrelay.event.Event;
import io.ensrelay.spool.DestinationStatus.State;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sql destination with a real PostgreSQL, if it is installed, and what its page shows. */
class PostgresTest {
  private static final String FILE = "routes/destinations/sql.camel.yaml";
  private static PostgresServer server;

  @TempDir Path data;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(PostgresServer.isInstalled());
    server = PostgresServer.create().start();
  }

  @AfterAll
  static void close() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void createTheTable() throws Exception {
    run("DROP TABLE IF EXISTS ens_events, device; " + blocks("sql").get(0));
  }

  @Test
  void insertsIntoTheTableOfThePage() throws Exception {
    try (RunningDestination relay = relay(Map.of())) {
      relay.store(relay.events(2000, 7));
      relay.awaitDelivered("sql", 2000);

      assertEquals("2000", text("SELECT count(*) FROM ens_events"));
      assertEquals(
          "7 device-0 2020-02-27 09:36:13.236+00",
          text(
              "SET timezone = 'UTC'; SELECT concat_ws(' ', event_json->'data'->>'seq',"
                  + " device_id, event_time) FROM ens_events ORDER BY event_time OFFSET 7"));
    }
  }

  @Test
  void keepsOnlyTheEventsThatJsonbCannotHold() throws Exception {
    try (RunningDestination relay = relay(Map.of())) {
      List<Event> events = new ArrayList<>(relay.events(100, 5));
      Event wrong = relay.event("nul", 1000, ",\"model\":\"\\u0000\"");
      events.add(42, wrong);
      relay.store(events);
      relay.awaitDelivered("sql", 100);
      await().atMost(RunningDestination.SOON).until(() -> relay.deadLetters().size() == 1);

      assertEquals(wrong.id(), relay.deadLetters().get(0).letter().attributes().get("eventId"));
      assertEquals("100", text("SELECT count(*) FROM ens_events"));
    }
  }

  @Test
  void keepsTheLastStateOfEachDeviceByTheStatementsOfThePage() throws Exception {
    run(
        "CREATE TABLE device (device_guid text PRIMARY KEY, os text, status text,"
            + " compliant boolean, event_time timestamptz NOT NULL)");
    Properties shown = new Properties();
    for (String block : blocks("properties")) {
      shown.load(new StringReader(block));
    }
    String key = "ens.destination.sql.statement";
    try (RunningDestination relay = relay(Map.of(key, shown.getProperty(key)))) {
      relay.store(
          List.of(
              relay.event("a", 5, ",\"compliant\":true"),
              relay.event("a", 3, ",\"compliant\":false"),
              relay.event("b", 1, ",\"os\":\"IOS\"")));
      relay.awaitDelivered("sql", 3);

      assertEquals("3", text("SELECT count(*) FROM ens_events"));
      assertEquals(
          "a t b IOS",
          text(
              "SELECT string_agg(concat_ws(' ', device_guid, os, compliant), ' ' ORDER BY"
                  + " device_guid) FROM device"));
    }
  }

  @Test
  void deliversAllWhenTheDatabaseIsBackAfterACrash() throws Exception {
    try (RunningDestination relay = relay(Map.of())) {
      relay.store(relay.events(500, 7));
      relay.awaitDelivered("sql", 500);
      server.stop();
      List<Event> more = new ArrayList<>();
      for (int seq = 500; seq < 800; seq++) {
        more.add(relay.event("device-" + seq % 7, seq));
      }
      relay.store(more);
      relay.awaitState("sql", State.STALLED);
      server.start();
      relay.awaitDelivered("sql", 800);

      assertEquals("800", text("SELECT count(*) FROM ens_events"));
      assertEquals(0, relay.deadLetters().size());
    }
  }

  @Test
  void refusesWithoutTheRightToInsert() throws Exception {
    run("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN");
    try (RunningDestination relay = relay(Map.of("ens.destination.sql.username", "reader"))) {
      relay.store(relay.events(5, 5));
      relay.awaitState("sql", State.REFUSED);
      assertTrue(relay.status("sql").trouble().orElseThrow().contains("permission denied"));

      run("GRANT SELECT, INSERT ON ens_events TO reader");
      relay.awaitDelivered("sql", 5);
      assertEquals(0, relay.deadLetters().size());
    }
  }

  private RunningDestination relay(Map<String, String> more) throws Exception {
    Map<String, String> settings =
        new HashMap<>(
            Map.of(
                "ens.destination.sql.enabled", "true",
                "ens.destination.sql.url", server.url(),
                "ens.destination.sql.username", "ens",
                "ens.destination.sql.password", "not asked for"));
    settings.putAll(more);
    return new RunningDestination(data, List.of(FILE), settings);
  }

  private static void run(String sql) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first column of the first row of the last statement. */
  private static String text(String sql) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      boolean isResult = statement.execute(sql);
      while (!isResult) {
        isResult = statement.getMoreResults();
      }
      try (ResultSet rows = statement.getResultSet()) {
        rows.next();
        return rows.getString(1);
      }
    }
  }

  private static List<String> blocks(String language) throws IOException {
    return Pattern.compile("(?s)```" + language + "\\n(.*?)```")
        .matcher(Files.readString(Path.of("docs/destinations/sql.md")))
        .results()
        .map((MatchResult found) -> found.group(1))
        .toList();
  }
}
