package io.ensrelay.cli;

import io.ensrelay.console.ApiRequest;
import io.ensrelay.spool.Spool;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
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

  @Option(names = "--tenant", paramLabel = "NAME", description = "Only of this tenant.")
  private String tenant;

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

  /** As the API wants it. */
  ApiRequest.Filter filter() {
    return new ApiRequest.Filter(
        Optional.ofNullable(destination),
        Optional.ofNullable(tenant),
        Optional.ofNullable(type),
        Optional.ofNullable(reason),
        time("--since", since),
        time("--until", until));
  }

  private Optional<String> time(String option, String text) {
    return Optional.ofNullable(text).map(given -> TimeOption.of(spec, option, given).toString());
  }

  /** Whether any of the options is there. */
  boolean isGiven() {
    return Stream.of(destination, tenant, type, reason, since, until).anyMatch(Objects::nonNull);
  }

  String query() {
    ApiRequest.Filter filter = filter();
    return part("destination", filter.destination())
        + part("tenant", filter.tenant())
        + part("type", filter.type())
        + part("reason", filter.reason())
        + part("since", filter.since())
        + part("until", filter.until());
  }

  private static String part(String name, Optional<String> value) {
    return value.map(given -> "&" + name + "=" + DataCommand.encoded(given)).orElse("");
  }
}
