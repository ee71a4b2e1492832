package io.ensrelay.cli;

import static java.util.Map.entry;

import io.ensrelay.config.Settings;
import io.ensrelay.runtime.Relay;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import io.ensrelay.simulator.SimulatorOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Plays the service and runs a relay on it, in one process, with nothing to configure. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Runs a simulated service with a small fleet, and a relay; needs no configuration.")
public final class DemoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--dir",
      defaultValue = "demo",
      description = "Folder for the files of the demo (default: ${DEFAULT-VALUE}).")
  private Path dir;

  @Option(
      names = "--devices",
      defaultValue = "20",
      description = "Size of the fleet (default: ${DEFAULT-VALUE}).")
  private int devices;

  @Option(
      names = "--rate",
      defaultValue = "3",
      description = "Messages per second (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Path absolute = dir.toAbsolutePath().normalize();
    SimulatorOptions options;
    try {
      options =
          SimulatorOptions.in(absolute.resolve("service"))
              .withPorts(0, 0)
              .withFleet(devices, rate, System.nanoTime());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--" + e.getMessage().replace("eventsPerSecond", "rate"));
    }
    try (Simulator service = Simulator.start(options)) {
      Settings settings = settings(service, absolute);
      settings.check();
      out.println("ens-relay demo: a simulated service with " + devices + " devices, and a relay.");
      out.println("  metadata  " + service.apiUrl() + "  (HTTPS, client certificate)");
      out.println("  events    " + service.mqttUrl() + "  (MQTT, client certificate, QoS 1)");
      out.println("  files     " + dir.resolve("events") + "  (one JSON line per event)");
      out.println(
          "Each line below is an event that was stored and delivered. Ctrl-C ends the demo.");
      out.println();
      out.flush();
      return new Relay(settings, true).run();
    }
  }

  private static Settings settings(Simulator service, Path dir) {
    SimulatorCertificates certificates = service.certificates();
    Properties given = new Properties();
    Map.ofEntries(
            entry("ens.tenant", "demo"),
            // not those of the working directory
            entry("ens.tenants.dir", dir.toString()),
            entry("ens.api.url", service.apiUrl()),
            entry("ens.mqtt.url", service.mqttUrl()),
            entry("ens.tls.keystore", certificates.client().toString()),
            entry("ens.tls.keystore-password", SimulatorCertificates.PASSWORD),
            entry("ens.tls.truststore", certificates.truststore().toString()),
            entry("ens.tls.truststore-password", SimulatorCertificates.PASSWORD),
            entry("ens.data.dir", dir.resolve("data").toString()),
            entry("ens.archive.dir", dir.resolve("events").toString()),
            entry("ens.http.port", "0"),
            entry("camel.management.port", "0"),
            entry("ens.destination.stdout.enabled", "true"),
            entry("ens.devices.enabled", "true"))
        .forEach(given::setProperty);
    return Settings.load(dir.resolve("none.properties"), Map.of(), given);
  }
}
