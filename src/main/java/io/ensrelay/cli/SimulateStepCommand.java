package io.ensrelay.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lets something happen in a simulation that runs in another process. */
@Command(
    name = "step",
    description = "Lets something happen in the simulated service that runs already.",
    mixinStandardHelpOptions = true)
public final class SimulateStepCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  private What what;

  /** One of the four. */
  private static final class What {
    @Option(names = "--state", description = "Tells how the simulation is.")
    private boolean state;

    @Option(names = "--rate", description = "Messages per second from now on.")
    private Double rate;

    @Option(names = "--sweep", description = "Begins a compliance sweep.")
    private boolean sweep;

    @Option(
        names = "--event",
        paramLabel = "KEY",
        description = "Makes an event, named as in the metadata, such as device_retired.")
    private String event;
  }

  @Option(names = "--count", description = "How many events (default: 1).")
  private Integer count;

  @Option(
      names = "--control-port",
      defaultValue = "8444",
      paramLabel = "PORT",
      description = "Where the simulation is steered (default: ${DEFAULT-VALUE}).")
  private int controlPort;

  @Override
  public Integer call() throws IOException, InterruptedException {
    SimulatorControl control = new SimulatorControl(spec, controlPort);
    if (what.state) {
      return control.call("GET", "/status", "");
    }
    return control.call("POST", "/steps", new ObjectMapper().writeValueAsString(step()));
  }

  private Map<String, Object> step() {
    if (what.rate != null) {
      return Map.of("rate", what.rate);
    } else if (what.sweep) {
      return Map.of("sweep", true);
    }
    return count == null
        ? Map.of("event", what.event)
        : Map.of("event", what.event, "count", count);
  }
}
