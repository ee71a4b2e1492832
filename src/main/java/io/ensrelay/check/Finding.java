package io.ensrelay.check;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * What came of trying one thing.
 *
 * @param what it is called
 * @param said what was found, and after a failure what to do, on one line
 */
public record Finding(String what, Level level, String said) {
  /** How good that is. */
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

  static Finding ok(String what, String said) {
    return new Finding(what, Level.OK, said);
  }

  static Finding warning(String what, String said) {
    return new Finding(what, Level.WARNING, said);
  }

  static Finding failed(String what, String said) {
    return new Finding(what, Level.FAILED, said);
  }
}
