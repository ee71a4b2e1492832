package io.ensrelay.spool;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;

/**
 * A condition on rows, as SQL. Values are bound and never part of the text.
 *
 * @param sql a condition with a question mark for each value
 * @param values texts and whole numbers
 */
record SqlCondition(String sql, List<Object> values) {
  static final SqlCondition ANY = new SqlCondition("TRUE", List.of());

  SqlCondition {
    values = List.copyOf(values);
  }

  /** Combines this condition with another one by AND. */
  SqlCondition and(String more, Object... itsValues) {
    return new SqlCondition(sql + " AND " + more, List.of(valuesAnd(itsValues)));
  }

  /** The WHERE clause of a statement. */
  String where() {
    return " WHERE " + sql;
  }

  /** The values of this condition, then those of the rest of the statement. */
  Object[] valuesAnd(Object... more) {
    return Stream.concat(values.stream(), Stream.of(more)).toArray();
  }

  /** The number of rows of a table that meet this condition. */
  long count(Connection connection, String table) throws SQLException {
    try (PreparedStatement query =
            prepare(connection, "SELECT count(*) FROM " + table + where(), values.toArray());
        ResultSet row = query.executeQuery()) {
      return row.getLong(1);
    }
  }

  /** A statement with its values. */
  static PreparedStatement prepare(Connection connection, String sql, Object... values)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    bind(statement, values);
    return statement;
  }

  /** Sets the values of a statement; a null is a NULL. */
  static void bind(PreparedStatement statement, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
  }
}
