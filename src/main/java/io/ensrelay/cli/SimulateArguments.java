package io.ensrelay.cli;

import io.ensrelay.simulator.Durations;
import io.ensrelay.simulator.Profile;
import io.ensrelay.simulator.Refusal;
import io.ensrelay.simulator.Scenario;
import io.ensrelay.simulator.ServerCertificate;
import io.ensrelay.simulator.ServiceRules;
import io.ensrelay.simulator.SimulatorOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The options of the command {@code simulate}. */
final class SimulateArguments {
  @Option(
      names = "--profile",
      defaultValue = "neurons",
      paramLabel = "neurons|epmm",
      description = "The product to simulate (default: ${DEFAULT-VALUE}).")
  private String profile;

  @Option(
      names = "--tenant",
      defaultValue = SimulatorOptions.EXAMPLE_TENANT,
      paramLabel = "UUID",
      description = "The tenant in the topics of neurons (default: ${DEFAULT-VALUE}).")
  private String tenant;

  @Option(
      names = "--tenants",
      defaultValue = "0",
      paramLabel = "NUMBER",
      description =
          "Number of tenants at the same ports, each with its own topics, user, certificate and"
              + " fleet; needs neurons (default: one, for every client).")
  private int tenants;

  @Option(
      names = "--write-tenants",
      paramLabel = "DIR",
      description =
          "With --tenants: writes a file of relay settings for each tenant into this folder.")
  private Path tenantsFolder;

  @Option(
      names = "--devices",
      defaultValue = "100",
      paramLabel = "NUMBER",
      description = "Size of the fleet of each tenant (default: ${DEFAULT-VALUE}).")
  private int devices;

  @Option(
      names = "--rate",
      defaultValue = "1",
      paramLabel = "RATE",
      description =
          "Messages per second of all tenants together, 0 for silence (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "NUMBER",
      description = "The same seed gives the same events (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--enrolled",
      defaultValue = "0",
      paramLabel = "DEVICES",
      description = "Number of devices enrolled at the start (default: ${DEFAULT-VALUE}).")
  private int enrolled;

  @Option(
      names = "--sweep-every",
      defaultValue = "24h",
      paramLabel = "TIME",
      description = "Time between compliance sweeps, 0s for none (default: ${DEFAULT-VALUE}).")
  private String sweepEvery;

  @Option(
      names = "--retention",
      defaultValue = "180m",
      paramLabel = "TIME",
      description =
          "Time to keep messages while no client is connected (default: ${DEFAULT-VALUE}).")
  private String retention;

  @Option(
      names = "--connections",
      defaultValue = "15",
      paramLabel = "NUMBER",
      description = "Maximum number of MQTT connections of a tenant (default: ${DEFAULT-VALUE}).")
  private int connections;

  @Option(
      names = "--refusal",
      defaultValue = "unavailable",
      paramLabel = "unavailable|not-authorized|close",
      description = "Refusal of a surplus connection (default: ${DEFAULT-VALUE}).")
  private String refusal;

  @Option(
      names = "--api-lag",
      defaultValue = "5s",
      paramLabel = "TIME",
      description =
          "Delay until REST shows a change of compliance after its event (default:"
              + " ${DEFAULT-VALUE}).")
  private String apiLag;

  @Option(
      names = "--server-certificate",
      defaultValue = "good",
      paramLabel = "good|expired|wrong-host|unknown-ca",
      description = "Certificate of both sides (default: ${DEFAULT-VALUE}).")
  private String serverCertificate;

  @Option(
      names = "--scenario",
      paramLabel = "FILE",
      description = "File of timed steps, YAML or JSON.")
  private Path scenario;

  @Option(
      names = "--control-port",
      defaultValue = "8444",
      paramLabel = "PORT",
      description = "Port of the control API, 0 for a free one (default:" + " ${DEFAULT-VALUE}).")
  private int controlPort;

  @Option(
      names = "--api-port",
      defaultValue = "8443",
      paramLabel = "PORT",
      description = "Port of the REST side, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int apiPort;

  @Option(
      names = "--mqtt-port",
      defaultValue = "8883",
      paramLabel = "PORT",
      description = "Port of the MQTT side, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int mqttPort;

  @Option(
      names = "--dir",
      defaultValue = "simulator",
      paramLabel = "DIR",
      description = "Folder for certificates and messages (default: ${DEFAULT-VALUE}).")
  private Path dir;

  @Option(
      names = "--username",
      defaultValue = "ens",
      paramLabel = "NAME",
      description = "User of Basic authentication (default: ${DEFAULT-VALUE}).")
  private String username;

  @Option(
      names = "--password",
      defaultValue = "ens",
      paramLabel = "PASSWORD",
      description = "Password of Basic authentication (default: ${DEFAULT-VALUE}).")
  private String password;

  /** The folder for files of relay settings. */
  Optional<Path> tenantsFolder() {
    return Optional.ofNullable(tenantsFolder);
  }

  int controlPort() {
    return controlPort;
  }

  /** The scenario, read. */
  Optional<Scenario> scenario() {
    return Optional.ofNullable(scenario).map(SimulateArguments::read);
  }

  /**
   * The options of the simulation.
   *
   * @throws IllegalArgumentException with one line that starts with the option's name as Java has
   *     it
   */
  SimulatorOptions options() {
    if (controlPort < 0 || controlPort > 65_535) {
      throw new IllegalArgumentException(
          "controlPort: %s must be from 0 (a free one) to 65535".formatted(controlPort));
    }
    if (tenantsFolder != null && tenants == 0) {
      throw new IllegalArgumentException("tenantsFolder: needs --tenants");
    }
    return new SimulatorOptions(
        dir,
        choice("profile", profile, Profile.values(), SimulateArguments::name),
        tenant,
        new SimulatorOptions.Ports(apiPort, mqttPort),
        username,
        password,
        new SimulatorOptions.FleetOptions(
            devices, rate, seed, enrolled, span("sweepEvery", sweepEvery)),
        new ServiceRules(
            span("retention", retention),
            connections,
            choice("refusal", refusal, Refusal.values(), Refusal::text),
            span("apiLag", apiLag),
            choice(
                "serverCertificate",
                serverCertificate,
                ServerCertificate.values(),
                ServerCertificate::text)),
        tenants);
  }

  static String name(Profile profile) {
    return profile.name().toLowerCase(Locale.ROOT);
  }

  private static <T> T choice(String option, String given, T[] known, Function<T, String> name) {
    return Arrays.stream(known)
        .filter(each -> name.apply(each).equals(given))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s: %s must be one of %s"
                        .formatted(
                            option,
                            given,
                            Arrays.stream(known).map(name).collect(Collectors.joining(", ")))));
  }

  private static Duration span(String option, String given) {
    try {
      return Durations.parse(given);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
    }
  }

  /** The simulator names its options as Java does, the user as the command line does. */
  static String inOptionNames(String message) {
    return message
        .replaceFirst("^apiPort:", "--api-port:")
        .replaceFirst("^mqttPort:", "--mqtt-port:")
        .replaceFirst("^controlPort:", "--control-port:")
        .replaceFirst("^eventsPerSecond:", "--rate:")
        .replaceFirst("^tenantsFolder:", "--write-tenants:")
        .replaceFirst("^sweepEvery:", "--sweep-every:")
        .replaceFirst("^apiLag:", "--api-lag:")
        .replaceFirst("^serverCertificate:", "--server-certificate:")
        .replaceFirst(
            "^(profile|tenant|tenants|devices|enrolled|dir|username|password|retention|connections|refusal"
                + "|scenario):",
            "--$1:");
  }

  private static Scenario read(Path file) {
    try {
      return Scenario.read(file);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("scenario: " + e.getMessage(), e);
    }
  }
}
