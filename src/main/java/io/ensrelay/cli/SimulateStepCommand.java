package io.ensrelay.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lets something happen in a simulation that runs in another process. */
@Command(
    name = "step",
    description = "Changes the running simulator: its rate, a compliance sweep, an event.",
    mixinStandardHelpOptions = true)
public final class SimulateStepCommand implements Callable<Integer> {
  @ArgGroup(multiplicity = "1")
  private What what;

  /** One of the four. */
  private static final class What {
    @Option(names = "--state", description = "Shows the state of the simulation.")
    private boolean state;

    @Option(names = "--rate", description = "Messages per second from now on.")
    private Double rate;

    @Option(names = "--sweep", description = "Begins a compliance sweep.")
    private boolean sweep;

    @Option(
        names = "--event",
        paramLabel = "KEY",
        description = "Publishes an event with this metadata key, such as device_retired.")
    private String event;
  }

  @Option(names = "--count", description = "Number of events (default: 1).")
  private Integer count;

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "--event: the tenant it happens to (default: the tenants take turns).")
  private String tenant;

  @Mixin private SimulatorControl control;

  @Override
  public Integer call() throws IOException, InterruptedException {
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
    Map<String, Object> step = new LinkedHashMap<>(Map.of("event", what.event));
    Optional.ofNullable(count).ifPresent(given -> step.put("count", given));
    Optional.ofNullable(tenant).ifPresent(given -> step.put("tenant", given));
    return step;
  }
}
