package io.ensrelay.destination;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A SQL statement with named parameters ({@code :eventId}), as JDBC wants it.
 *
 * <p>Texts in quotes, quoted names, comments and the casts of PostgreSQL ({@code ::jsonb}) stay as
 * they are. Immutable.
 *
 * @param jdbc with a question mark for each parameter
 * @param names of the parameters, in the order of the question marks
 */
record NamedStatement(String jdbc, List<String> names) {
  private static final Pattern SEPARATOR = Pattern.compile("(?m)^[ \t]*;[ \t]*$");

  /** The first alternatives are copied, so that nothing within them counts. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\\n]*|(?s:/\\*.*?\\*/)|::"
              + "|(?<mark>\\?)|:(?<name>[A-Za-z]\\w*)");

  NamedStatement {
    names = List.copyOf(names);
  }

  /**
   * Reads one statement or several, separated by a line that holds only a semicolon.
   *
   * @throws IllegalArgumentException without a statement, or with a question mark as a parameter
   */
  static List<NamedStatement> all(String text) {
    List<NamedStatement> all =
        SEPARATOR
            .splitAsStream(text)
            .map(String::strip)
            .filter(one -> !one.isEmpty())
            .map(NamedStatement::of)
            .toList();
    if (all.isEmpty()) {
      throw new IllegalArgumentException("holds no statement");
    }
    return all;
  }

  private static NamedStatement of(String text) {
    List<String> names = new ArrayList<>();
    Matcher tokens = TOKEN.matcher(text);
    StringBuilder jdbc = new StringBuilder();
    while (tokens.find()) {
      if (tokens.group("mark") != null) {
        throw new IllegalArgumentException(
            "has a '?': write the name of a value, such as :eventId");
      }
      if (tokens.group("name") != null) {
        names.add(tokens.group("name"));
        tokens.appendReplacement(jdbc, "?");
      } else {
        tokens.appendReplacement(jdbc, Matcher.quoteReplacement(tokens.group()));
      }
    }
    return new NamedStatement(tokens.appendTail(jdbc).toString(), names);
  }
}
