package io.ensrelay.cli;

import io.ensrelay.simulator.ControlApi;
import io.ensrelay.simulator.Scenario;
import io.ensrelay.simulator.ScenarioPlayer;
import io.ensrelay.simulator.SimulatedTenant;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
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
      if (simulator.hasTenants()) {
        prepareTenants(simulator);
      }
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

  /** The client certificate of each tenant; its settings too if there is a folder for them. */
  private void prepareTenants(Simulator simulator) throws IOException {
    simulator
        .certificates()
        .makeTenants(simulator.tenants().stream().map(SimulatedTenant::name).toList());
    if (arguments.tenantsFolder().isPresent()) {
      new TenantFiles(simulator).write(arguments.tenantsFolder().get());
    }
  }

  private void print(SimulatorOptions options, Simulator simulator, ControlApi control)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    TenantFiles settings = new TenantFiles(simulator);
    out.printf(
        """
        The simulated service (%s) is up: %s%s devices, %s messages per second.
          metadata  %s/msa/v1/cps/event/$metadata
          events    %s
          control   http://localhost:%s  (simulate fault, simulate step)
          files     %s  (certificates, good ones and bad ones)

        %s
        Ctrl-C ends it.
        """,
        SimulateArguments.name(options.profile()),
        simulator.hasTenants() ? options.tenants() + " tenants, each with " : "",
        options.fleet().devices(),
        BigDecimal.valueOf(options.fleet().eventsPerSecond()).stripTrailingZeros().toPlainString(),
        simulator.apiUrl(),
        simulator.mqttUrl(),
        control.port(),
        TenantFiles.inProperties(simulator.certificates().dir()),
        simulator.hasTenants() ? connectTenants(simulator, settings) : connect(options, settings));
    out.flush();
  }

  private static String connect(SimulatorOptions options, TenantFiles settings) {
    return """
        Connect a relay with these lines in its application.properties:

        %s"""
        .formatted(settings.ofAll(options.username(), options.password()));
  }

  private String connectTenants(Simulator simulator, TenantFiles settings) throws IOException {
    if (arguments.tenantsFolder().isPresent()) {
      return "Connect a relay with these files, one for each tenant: %s/\n"
          .formatted(TenantFiles.inProperties(arguments.tenantsFolder().get()));
    }
    SimulatedTenant first = simulator.tenants().get(0);
    return """
        Connect a relay with a file like this for each tenant (--write-tenants DIR writes all):

        # tenants/%s.properties
        %s"""
        .formatted(first.name(), settings.of(first));
  }
}
