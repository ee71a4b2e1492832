package io.ensrelay.check;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import io.ensrelay.base.ConfigurationException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The result of one check.
 *
 * @param what the name of the check
 * @param said the result and, after a failure, the advice, on one line
 * @param file the file with the mistake; empty if it is in none
 * @param line the line in that file, from 1; 0 without a file
 */
public record Finding(
    String what,
    Level level,
    String said,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) String file,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int line) {
  private static final Pattern PLACE = Pattern.compile("(\\S+\\.ya?ml)(?:, line (\\d{1,9}))?");

  /** The severity. */
  public enum Level {
    OK,
    WARNING,
    FAILED;

    /** In lower case, also in JSON. */
    @JsonValue
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Finding(String what, Level level, String said) {
    this(what, level, said, "", 0);
  }

  public static Finding of(String what, Mistake mistake) {
    return new Finding(
        what, mistake.level(), mistake.toString(), mistake.file().toString(), mistake.line());
  }

  /** A failure whose key may be a place, {@code file, line 3}. */
  public static Finding failed(String what, ConfigurationException problem) {
    Matcher place = PLACE.matcher(problem.key());
    return place.matches()
        ? new Finding(
            what,
            Level.FAILED,
            problem.getMessage(),
            place.group(1),
            place.group(2) == null ? 1 : Integer.parseInt(place.group(2)))
        : failed(what, problem.getMessage());
  }

  public static Finding ok(String what, String said) {
    return new Finding(what, Level.OK, said);
  }

  public static Finding warning(String what, String said) {
    return new Finding(what, Level.WARNING, said);
  }

  public static Finding failed(String what, String said) {
    return new Finding(what, Level.FAILED, said);
  }
}
