package io.ensrelay.cli;

import io.ensrelay.simulator.ControlApi;
import io.ensrelay.simulator.Scenario;
import io.ensrelay.simulator.ScenarioPlayer;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import io.ensrelay.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Runs the simulated service until the process is ended, and prints what a relay needs to connect
 * to it. Exit code 1 when it can't start, 2 when an option is wrong.
 */
@Command(
    name = "simulate",
    description =
        "Simulates the event notification service on this machine: a fleet of devices, metadata"
            + " over HTTPS, events over MQTT.",
    mixinStandardHelpOptions = true,
    subcommands = {SimulateFaultCommand.class, SimulateStepCommand.class})
public final class SimulateCommand implements Callable<Integer> {
  private static final int FAILED = 1;
  private static final int WRONG_USE = 2;

  @Spec private CommandSpec spec;

  @Mixin private SimulateArguments arguments;

  @Override
  public Integer call() {
    SimulatorOptions options;
    Optional<Scenario> played;
    try {
      options = arguments.options();
      played = arguments.scenario();
    } catch (IllegalArgumentException e) {
      return fail(WRONG_USE, SimulateArguments.inOptionNames(e.getMessage()));
    }
    try (Simulator simulator = Simulator.start(options);
        ControlApi control = ControlApi.start(simulator, arguments.controlPort())) {
      simulator.certificates().makeAll();
      Thread stop = new Thread(simulator::close, "ens-simulator-stop");
      Runtime.getRuntime().addShutdownHook(stop);
      print(options, simulator, control);
      if (played.isPresent()) {
        play(played.get(), simulator);
      } else {
        waitForInterrupt();
      }
      Runtime.getRuntime().removeShutdownHook(stop);
      return 0;
    } catch (IOException e) {
      return fail(FAILED, SimulateArguments.inOptionNames(e.getMessage()));
    }
  }

  /** Until interrupted: the simulation goes on after the last step. */
  private static void play(Scenario scenario, Simulator simulator) {
    ScenarioPlayer player = ScenarioPlayer.start(scenario, simulator);
    try {
      waitForInterrupt();
    } finally {
      player.close();
    }
  }

  private static void waitForInterrupt() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int fail(int exitCode, String message) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("simulate: " + message);
    err.flush();
    return exitCode;
  }

  private void print(SimulatorOptions options, Simulator simulator, ControlApi control) {
    SimulatorCertificates certificates = simulator.certificates();
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        """
        The simulated service (%s) is up: %s devices, %s messages per second.
          metadata  %s/msa/v1/cps/event/$metadata
          events    %s
          control   http://localhost:%s  (simulate fault, simulate step)
          files     %s  (certificates, good ones and bad ones)

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
        SimulateArguments.name(options.profile()),
        options.devices(),
        BigDecimal.valueOf(options.eventsPerSecond()).stripTrailingZeros().toPlainString(),
        simulator.apiUrl(),
        simulator.mqttUrl(),
        control.port(),
        inProperties(certificates.dir()),
        simulator.apiUrl(),
        options.username(),
        options.password(),
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
