package io.ensrelay.check;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

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
