package io.ensrelay.cli;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.ValueRules;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Times as options give them: with a zone, or so long ago. */
final class TimeOption {
  private TimeOption() {}

  /**
   * @throws ParameterException when it is none
   */
  static Instant of(CommandSpec command, String option, String text) {
    try {
      if (text.matches("(\\d+[dhms])+")) {
        return Instant.now().minus(ValueRules.duration(option, text));
      }
      return Instant.parse(text);
    } catch (DateTimeParseException | ConfigurationException e) {
      throw new ParameterException(
          command.commandLine(), option + " must be such as 2h, 3d or 2026-02-27T09:36:13Z");
    }
  }
}
