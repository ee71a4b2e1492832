package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Statements with names, and what differs between databases. */
class SqlPiecesTest {

  @Test
  void turnsNamesIntoQuestionMarksInTheirOrder() {
    NamedStatement one = NamedStatement.all("INSERT INTO t VALUES (:a,:b , :a::jsonb)").get(0);

    assertEquals("INSERT INTO t VALUES (?,? , ?::jsonb)", one.jdbc());
    assertEquals(List.of("a", "b", "a"), one.names());
  }

  @Test
  void leavesTextsQuotedNamesAndCommentsAlone() {
    String text = "SELECT 'it''s :a ?', \":b\", `:c` -- :d ?\n /* :e\n? */ , $1, :f";
    NamedStatement one = NamedStatement.all(text).get(0);

    assertEquals(text.replace(":f", "?"), one.jdbc());
    assertEquals(List.of("f"), one.names());
  }

  @Test
  void separatesStatementsByALineWithASemicolon() {
    assertEquals(
        List.of("A ?", "B; C"),
        NamedStatement.all("A :x\n ; \n\nB; C\n;\n").stream().map(NamedStatement::jdbc).toList());
  }

  @Test
  void refusesNoStatementAndQuestionMarks() {
    assertThrows(IllegalArgumentException.class, () -> NamedStatement.all(" \n;\n"));
    assertThrows(IllegalArgumentException.class, () -> NamedStatement.all("SELECT ?"));
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://h/d, POSTGRESQL",
    "jdbc:mysql://h/d, MYSQL",
    "jdbc:mariadb://h/d, MARIADB",
    "jdbc:sqlserver://h;databaseName=d, SQLSERVER",
    "jdbc:oracle:thin:@//h/s, ORACLE",
    "jdbc:h2:mem:x, H2",
    "jdbc:sqlite:x.db, SQLITE",
    "jdbc:db2://h/d, OTHER"
  })
  void recognizesTheDatabaseByTheUrl(String url, SqlDialect dialect) {
    assertEquals(dialect, SqlDialect.of(url));
    String insert = dialect.insert("ens_events");
    assertEquals(dialect == SqlDialect.OTHER, insert.isEmpty());
    if (!insert.isEmpty()) {
      List<String> names = NamedStatement.all(insert).get(0).names();
      assertTrue(SqlValues.NAMES.containsAll(names) && names.size() >= 10, insert);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SQLITE, , 1, 42000",
    "SQLITE, , 5, 40001",
    "SQLITE, , 19, 23000",
    "SQLSERVER, S0002, 208, 42S02",
    "SQLSERVER, S0001, 18456, 28000",
    "SQLSERVER, 23000, 2627, 23000",
    "ORACLE, 72000, 1017, 28000",
    "ORACLE, 72000, 12899, 22001",
    "ORACLE, 72000, 1653, 53100",
    "MYSQL, HY000, 1290, 57P03",
    "MARIADB, 22001, 1406, 22001",
    "POSTGRESQL, 25006, 0, 57P03",
    "POSTGRESQL, 23505, 0, 23505",
    "H2, 42S02, 42102, 42S02"
  })
  void knowsTheStateOfTheStandard(SqlDialect dialect, String state, int code, String standard) {
    assertEquals(standard, dialect.state(state, code));
  }

  @Test
  void leavesAnOptionOfTheUrlAlone() {
    assertEquals(
        Map.of("loginTimeout", "10", "applicationName", "ens-relay"),
        SqlDialect.SQLSERVER.options("jdbc:sqlserver://h;SocketTimeout=1"));
  }
}
