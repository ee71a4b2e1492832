package io.ensrelay.runtime;

import java.util.List;
import java.util.stream.Stream;

/** The route files and kamelets in the jar, with which a new folder {@code routes/} starts. */
public final class StarterRoutes {
  /** Listed one by one: for a pattern Camel reads the whole jar, which takes seconds. */
  static final List<String> ROUTES =
      List.of(
          "errors.camel.yaml",
          "intake.camel.yaml",
          "metadata.camel.yaml",
          "details.camel.yaml",
          "resync.camel.yaml",
          "destinations/amqp.camel.yaml",
          "destinations/archive.camel.yaml",
          "destinations/elastic.camel.yaml",
          "destinations/jms.camel.yaml",
          "destinations/kafka.camel.yaml",
          "destinations/splunk.camel.yaml",
          "destinations/sql.camel.yaml",
          "destinations/stdout.camel.yaml",
          "destinations/syslog.camel.yaml",
          "destinations/webhook.camel.yaml");

  /** Files that are used once for each tenant. */
  static final List<String> TENANTS =
      List.of(
          "metadata.camel.yaml", "details.camel.yaml", "intake.camel.yaml", "resync.camel.yaml");

  /** Kamelets, each read when a route uses it. */
  static final List<String> KAMELETS =
      List.of(
          "ens-amqp-sink.kamelet.yaml",
          "ens-cef-action.kamelet.yaml",
          "ens-data-only-action.kamelet.yaml",
          "ens-details-action.kamelet.yaml",
          "ens-elastic-sink.kamelet.yaml",
          "ens-events-source.kamelet.yaml",
          "ens-jms-sink.kamelet.yaml",
          "ens-kafka-sink.kamelet.yaml",
          "ens-splunk-hec-sink.kamelet.yaml",
          "ens-sql-sink.kamelet.yaml",
          "ens-syslog-sink.kamelet.yaml",
          "ens-webhook-sink.kamelet.yaml");

  private static final String TESTS_SCHEMA = "test.schema.json";

  private StarterRoutes() {}

  /** Returns the files that a new folder {@code routes/} starts with. */
  public static List<String> all() {
    return Stream.of(
            ROUTES.stream(),
            tests(),
            Stream.of(TESTS_SCHEMA),
            KAMELETS.stream().map(file -> "kamelets/" + file))
        .flatMap(files -> files)
        .toList();
  }

  /** The files of tests beside the destinations. */
  private static Stream<String> tests() {
    return ROUTES.stream()
        .filter(file -> file.startsWith("destinations/"))
        .map(file -> file.replace(DestinationTestFile.ROUTES, DestinationTestFile.ENDING));
  }
}
