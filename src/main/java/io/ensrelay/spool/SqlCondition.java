package io.ensrelay.spool;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a row has to fulfil, as SQL. The values are bound and never part of the text.
 *
 * @param sql a condition with a question mark for each value
 * @param values texts and whole numbers
 */
record SqlCondition(String sql, List<Object> values) {
  static final SqlCondition ANY = new SqlCondition("TRUE", List.of());

  SqlCondition {
    values = List.copyOf(values);
  }

  /** This one and another. */
  SqlCondition and(String more, Object... itsValues) {
    return new SqlCondition(sql + " AND " + more, List.of(valuesAnd(itsValues)));
  }

  /** The clause of a statement. */
  String where() {
    return " WHERE " + sql;
  }

  /** The values, and those of what follows in a statement. */
  Object[] valuesAnd(Object... more) {
    return Stream.concat(values.stream(), Stream.of(more)).toArray();
  }
}
