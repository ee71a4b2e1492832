package io.ensrelay.cli;

import io.ensrelay.spool.Spool;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A choice of dead letters by filters. */
final class DeadChoice {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--destination",
      paramLabel = "NAME",
      description =
          "Only dead letters of this destination, or of '"
              + Spool.INTAKE
              + "' (malformed messages).")
  private String destination;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "Only of this event type or metadata key.")
  private String type;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Only if the reason contains this text, in any case.")
  private String reason;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Not older than that: 2h or 3d ago, or 2026-02-27T09:36:13Z.")
  private String since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      description = "Older than that, in the same form.")
  private String until;

  /** The given filters, by their names in the API. */
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
