package io.ensrelay.spool;

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
}
