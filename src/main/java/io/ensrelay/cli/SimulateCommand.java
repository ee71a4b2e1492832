package io.ensrelay.cli;

import io.ensrelay.simulator.Profile;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import io.ensrelay.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Runs the simulated service until the process is ended, and prints what a relay needs to connect
 * to it. Exit code 1 when it can't start, 2 when an option is wrong.
 */
@Command(
    name = "simulate",
    description =
        "Plays the event notification service on this machine: metadata over HTTPS, events over"
            + " MQTT, a fleet of devices that makes them.",
    mixinStandardHelpOptions = true)
public final class SimulateCommand implements Callable<Integer> {
  private static final int FAILED = 1;
  private static final int WRONG_USE = 2;

  @Spec private CommandSpec spec;

  @Option(
      names = "--profile",
      defaultValue = "neurons",
      paramLabel = "neurons|epmm",
      description = "The product to play (default: ${DEFAULT-VALUE}).")
  private String profile;

  @Option(
      names = "--tenant",
      defaultValue = SimulatorOptions.EXAMPLE_TENANT,
      paramLabel = "UUID",
      description = "The tenant in the topics of neurons (default: ${DEFAULT-VALUE}).")
  private String tenant;

  @Option(
      names = "--devices",
      defaultValue = "100",
      description = "Size of the fleet (default: ${DEFAULT-VALUE}).")
  private int devices;

  @Option(
      names = "--rate",
      defaultValue = "1",
      description = "Messages per second, 0 for silence (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "The same seed gives the same events (default: ${DEFAULT-VALUE}).")
  private long seed;

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
      description = "Where certificates and messages are kept (default: ${DEFAULT-VALUE}).")
  private Path dir;

  @Option(
      names = "--username",
      defaultValue = "ens",
      description = "User of Basic authentication (default: ${DEFAULT-VALUE}).")
  private String username;

  @Option(
      names = "--password",
      defaultValue = "ens",
      description = "Password of Basic authentication (default: ${DEFAULT-VALUE}).")
  private String password;

  @Override
  public Integer call() {
    SimulatorOptions options;
    try {
      options = options();
    } catch (IllegalArgumentException e) {
      return fail(WRONG_USE, inOptionNames(e.getMessage()));
    }
    try (Simulator simulator = Simulator.start(options)) {
      Thread stop = new Thread(simulator::close, "ens-simulator-stop");
      Runtime.getRuntime().addShutdownHook(stop);
      print(simulator);
      waitForInterrupt();
      Runtime.getRuntime().removeShutdownHook(stop);
      return 0;
    } catch (IOException e) {
      return fail(FAILED, inOptionNames(e.getMessage()));
    }
  }

  private static void waitForInterrupt() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private SimulatorOptions options() {
    return new SimulatorOptions(
        dir, profile(), tenant, apiPort, mqttPort, devices, rate, seed, username, password);
  }

  private Profile profile() {
    return switch (profile) {
      case "neurons" -> Profile.NEURONS;
      case "epmm" -> Profile.EPMM;
      default ->
          throw new IllegalArgumentException(
              "profile: %s must be neurons or epmm".formatted(profile));
    };
  }

  /** The simulator names its options as Java does, the user as the command line does. */
  private static String inOptionNames(String message) {
    return message
        .replaceFirst("^apiPort:", "--api-port:")
        .replaceFirst("^mqttPort:", "--mqtt-port:")
        .replaceFirst("^eventsPerSecond:", "--rate:")
        .replaceFirst("^(profile|tenant|devices|dir|username|password):", "--$1:");
  }

  private int fail(int exitCode, String message) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("simulate: " + message);
    err.flush();
    return exitCode;
  }

  private void print(Simulator simulator) {
    SimulatorCertificates certificates = simulator.certificates();
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        """
        The simulated service (%s) is up: %d devices, %s messages per second.
          metadata  %s/msa/v1/cps/event/$metadata
          events    %s

        Connect a relay with these lines in its application.properties:

        ens.api.url=%s
        # in place of the client certificate, for the metadata only:
        #ens.api.username=%s
        #ens.api.password=%s
        ens.mqtt.url=%s
        ens.tls.keystore=%s
        ens.tls.keystore-password=%s
        ens.tls.truststore=%s
        ens.tls.truststore-password=%s

        Ctrl+C ends it.
        """,
        profile,
        devices,
        BigDecimal.valueOf(rate).stripTrailingZeros().toPlainString(),
        simulator.apiUrl(),
        simulator.mqttUrl(),
        simulator.apiUrl(),
        username,
        password,
        simulator.mqttUrl(),
        inProperties(certificates.client()),
        certificates.password(),
        inProperties(certificates.truststore()),
        certificates.password());
    out.flush();
  }

  /** With slashes, which are right on every system: a backslash is an escape in such a file. */
  private static String inProperties(Path file) {
    return file.toAbsolutePath().normalize().toString().replace('\\', '/');
  }
}
