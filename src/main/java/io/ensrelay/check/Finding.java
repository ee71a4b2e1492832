package io.ensrelay.check;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * The result of one check.
 *
 * @param what the name of the check
 * @param said the result and, after a failure, the advice, on one line
 */
public record Finding(String what, Level level, String said) {
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
