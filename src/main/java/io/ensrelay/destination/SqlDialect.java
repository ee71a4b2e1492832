package io.ensrelay.destination;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The differences between databases: the statement that inserts an event once, the options with
 * which a driver has time-outs, the library with the driver, and error codes that do not come with
 * the SQL state of the standard. Recognized by the JDBC URL. Immutable.
 */
enum SqlDialect {
  POSTGRESQL(
      "org.postgresql:postgresql:42.7.14",
      Map.of(
          "connectTimeout", "10",
          "loginTimeout", "10",
          "socketTimeout", "30",
          "tcpKeepAlive", "true",
          "ApplicationName", "ens-relay",
          // the detail of an error holds the row
          "logServerErrorDetail", "false"),
      Map.of()) {
    @Override
    String insert(String table) {
      return insertInto(table) + " ON CONFLICT (event_id) DO NOTHING";
    }
  },
  MYSQL("com.mysql:mysql-connector-j:9.7.0", Options.MYSQL, Codes.MYSQL) {
    @Override
    String insert(String table) {
      return onDuplicateKey(table);
    }
  },
  MARIADB("org.mariadb.jdbc:mariadb-java-client:3.5.11", Options.MYSQL, Codes.MYSQL) {
    @Override
    String insert(String table) {
      return onDuplicateKey(table);
    }
  },
  SQLSERVER(
      "com.microsoft.sqlserver:mssql-jdbc:13.6.1.jre11",
      Map.of("loginTimeout", "10", "socketTimeout", "30000", "applicationName", "ens-relay"),
      Codes.SQLSERVER) {
    @Override
    String insert(String table) {
      return merge(table + " WITH (HOLDLOCK) AS t", "(SELECT 1 AS one) AS s") + ";";
    }
  },
  ORACLE(
      "com.oracle.database.jdbc:ojdbc17:23.9.0.25.07",
      Map.of("oracle.net.CONNECT_TIMEOUT", "10000", "oracle.jdbc.ReadTimeout", "30000"),
      Codes.ORACLE) {
    @Override
    String insert(String table) {
      return merge(table + " t", "dual");
    }
  },
  H2("com.h2database:h2:2.4.240", Map.of(), Map.of()) {
    @Override
    String insert(String table) {
      return merge(table + " t", "(SELECT 1) s");
    }
  },
  SQLITE("org.xerial:sqlite-jdbc", Map.of("busy_timeout", "10000"), Codes.SQLITE) {
    @Override
    String insert(String table) {
      return insertInto(table) + " ON CONFLICT (event_id) DO NOTHING";
    }
  },
  OTHER("", Map.of(), Map.of()) {
    @Override
    String insert(String table) {
      return "";
    }
  };

  private static final String COLUMNS =
      "event_id, event_type, event_key, tenant, device_id, device_os, device_status,"
          + " device_compliant, event_time, event_json";
  private static final String VALUES =
      ":eventId, :eventType, :eventKey, :tenant, :deviceId, :deviceOs, :deviceStatus,"
          + " :deviceCompliant, :eventTime, :json";

  private final String library;
  private final Map<String, String> options;
  private final Map<Integer, String> states;

  SqlDialect(String library, Map<String, String> options, Map<Integer, String> states) {
    this.library = library;
    this.options = options;
    this.states = states;
  }

  static SqlDialect of(String url) {
    String start = url.toLowerCase(Locale.ROOT);
    return Stream.of(values())
        .filter(each -> start.startsWith("jdbc:" + each.name().toLowerCase(Locale.ROOT) + ":"))
        .findFirst()
        .orElse(OTHER);
  }

  /**
   * The statement that inserts an event, and changes nothing if the table has its id already; empty
   * for {@link #OTHER}.
   */
  abstract String insert(String table);

  /** The library with the driver, as {@code ens-relay add} takes it; empty for {@link #OTHER}. */
  String library() {
    return library;
  }

  /** Options of a connection, without those that the URL sets itself. */
  Map<String, String> options(String url) {
    String given = url.toLowerCase(Locale.ROOT);
    return options.entrySet().stream()
        .filter(each -> !given.contains(each.getKey().toLowerCase(Locale.ROOT) + "="))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /**
   * The state of the standard for an error.
   *
   * @param state what the driver says; null if it says nothing
   */
  String state(String state, int code) {
    String known = states.get(code);
    if (known != null) {
      return known;
    }
    // a standby: it becomes the primary, or the name leads to another one
    return this == POSTGRESQL && "25006".equals(state) ? "57P03" : state;
  }

  private static String insertInto(String table) {
    return "INSERT INTO " + table + " (" + COLUMNS + ") VALUES (" + VALUES + ")";
  }

  /** Unlike {@code INSERT IGNORE}, refuses a row that does not fit. */
  private static String onDuplicateKey(String table) {
    return insertInto(table) + " ON DUPLICATE KEY UPDATE event_id = event_id";
  }

  private static String merge(String into, String one) {
    return "MERGE INTO "
        + into
        + " USING "
        + one
        + " ON (t.event_id = :eventId) WHEN NOT MATCHED THEN INSERT ("
        + COLUMNS
        + ") VALUES ("
        + VALUES
        + ")";
  }

  private static final class Options {
    static final Map<String, String> MYSQL =
        Map.of("connectTimeout", "10000", "socketTimeout", "30000", "tcpKeepAlive", "true");
  }

  /** By what is known of each error: who refuses, what passes, what is about one row. */
  private static final class Codes {
    private static final String AWAY = "08006";
    private static final String BUSY = "40001";
    private static final String FULL = "53100";
    private static final String LOGIN = "28000";
    private static final String NO_DATABASE = "3D000";
    private static final String DENIED = "42501";
    private static final String NO_TABLE = "42S02";
    private static final String READ_ONLY = "57P03";
    private static final String TOO_LONG = "22001";
    private static final String CONSTRAINT = "23000";

    /** SQLite's primary result codes; its driver gives no SQL state. */
    static final Map<Integer, String> SQLITE =
        codes(
            Map.of(
                // a missing table, a statement that can't be read
                "42000",
                Set.of(1),
                DENIED,
                Set.of(3, 8, 14, 23),
                BUSY,
                Set.of(5, 6, 9, 15, 17),
                "53200",
                Set.of(7),
                "58030",
                Set.of(10, 11, 26),
                FULL,
                Set.of(13),
                TOO_LONG,
                Set.of(18, 20, 25),
                CONSTRAINT,
                Set.of(19)));

    static final Map<Integer, String> MYSQL =
        codes(
            Map.of(
                // lock wait time-out, deadlock
                BUSY,
                Set.of(1205, 1213),
                // disk full, table full
                FULL,
                Set.of(1021, 1114),
                READ_ONLY,
                Set.of(1290, 1836, 3100),
                // too many connections, of a user, of the server
                "53300",
                Set.of(1040, 1203, 1226),
                DENIED,
                Set.of(1044, 1142, 1143, 1370),
                NO_DATABASE,
                Set.of(1049),
                // a value that its column can't hold
                TOO_LONG,
                Set.of(1264, 1292, 1366, 1406, 3140, 3141),
                CONSTRAINT,
                Set.of(1048, 1364, 3819, 4025)));

    static final Map<Integer, String> SQLSERVER =
        codes(
            Map.of(
                BUSY,
                Set.of(1205, 1222),
                FULL,
                Set.of(1105, 9002),
                "53200",
                Set.of(701, 802, 8645, 10928, 10929, 40501, 49918, 49919, 49920),
                AWAY,
                Set.of(40197, 40540, 40613, 983),
                LOGIN,
                Set.of(18456, 18452, 18470, 18486, 18487, 18488),
                NO_DATABASE,
                Set.of(4060, 911),
                NO_TABLE,
                Set.of(207, 208, 229, 230, 2812),
                READ_ONLY,
                Set.of(3906, 978),
                TOO_LONG,
                Set.of(220, 241, 242, 245, 248, 2628, 8114, 8115, 8152),
                CONSTRAINT,
                Set.of(515, 547, 2601, 2627)));

    static final Map<Integer, String> ORACLE =
        codes(
            Map.of(
                BUSY,
                Set.of(54, 60, 8177),
                FULL,
                Set.of(1536, 1652, 1653, 1654, 1658, 1691, 257),
                "53300",
                Set.of(18, 20, 2391),
                AWAY,
                Set.of(1033, 1034, 1089, 3113, 3114, 3135, 12514, 12516, 12520, 12541),
                LOGIN,
                Set.of(1017, 28000, 28001, 1045),
                NO_TABLE,
                Set.of(904, 942, 1031, 4043),
                READ_ONLY,
                Set.of(16000),
                TOO_LONG,
                Set.of(1401, 1438, 1461, 12899, 1722, 1843, 1861),
                CONSTRAINT,
                Set.of(1, 1400, 2290, 2291)));

    private static Map<Integer, String> codes(Map<String, Set<Integer>> byState) {
      return byState.entrySet().stream()
          .flatMap(each -> each.getValue().stream().map(code -> Map.entry(code, each.getKey())))
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }
  }
}
