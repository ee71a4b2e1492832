package io.ensrelay.cli;

import io.ensrelay.spool.Spool;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.util.TimeUtils;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which dead letters are meant. */
final class DeadChoice {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--destination",
      paramLabel = "NAME",
      description = "Of this destination, or '" + Spool.INTAKE + "'.")
  private String destination;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "Of this event type or metadata key.")
  private String type;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "With this in their reason, whatever the case.")
  private String reason;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Given up since then: 2h, 3d, or 2026-02-27T09:36:13Z.")
  private String since;

  @Option(names = "--until", paramLabel = "TIME", description = "Given up before then.")
  private String until;

  /** By the names of the API; what is not given is left out. */
  Map<String, String> filter() {
    Map<String, String> filter = new LinkedHashMap<>();
    put(filter, "destination", destination);
    put(filter, "type", type);
    put(filter, "reason", reason);
    put(filter, "since", since == null ? null : time("--since", since));
    put(filter, "until", until == null ? null : time("--until", until));
    return filter;
  }

  private static void put(Map<String, String> filter, String name, String value) {
    if (value != null) {
      filter.put(name, value);
    }
  }

  String query() {
    return filter().entrySet().stream()
        .map(entry -> "&" + entry.getKey() + "=" + DataCommand.encoded(entry.getValue()))
        .collect(Collectors.joining());
  }

  private String time(String option, String text) {
    try {
      if (text.matches("(\\d+[dhms])+")) {
        Duration ago = Duration.ofMillis(TimeUtils.toMilliSeconds(text));
        return Instant.now().minus(ago).toString();
      }
      return Instant.parse(text).toString();
    } catch (DateTimeParseException | IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), option + " must be such as 2h, 3d or 2026-02-27T09:36:13Z");
    }
  }
}
