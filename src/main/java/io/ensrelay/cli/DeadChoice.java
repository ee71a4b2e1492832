package io.ensrelay.cli;

import io.ensrelay.spool.Spool;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
    put(filter, "since", since == null ? null : TimeOption.of(spec, "--since", since).toString());
    put(filter, "until", until == null ? null : TimeOption.of(spec, "--until", until).toString());
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
}
