package io.ensrelay.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.simulator.Fault;
import io.ensrelay.simulator.FaultKind;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sets, lists and clears the faults of a simulation that runs in another process. */
@Command(
    name = "fault",
    description = "Sets, lists or clears faults of the running simulator.",
    mixinStandardHelpOptions = true)
public final class SimulateFaultCommand implements Callable<Integer> {
  private static final int WRONG_USE = 2;

  @ArgGroup(multiplicity = "1")
  private What what;

  /** One of the three. */
  private static final class What {
    @Parameters(
        paramLabel = "KIND",
        completionCandidates = Kinds.class,
        description = "The fault to set: ${COMPLETION-CANDIDATES}.")
    private String kind;

    @Option(names = "--list", description = "Lists the faults in force.")
    private boolean list;

    @Option(
        names = "--clear",
        paramLabel = "all|ID",
        description = "Ends all faults, or the one with this id.")
    private String clear;
  }

  @Option(names = "--status", description = "rest-status: the HTTP status, 400 to 599.")
  private Integer status;

  @Option(
      names = "--retry-after",
      paramLabel = "SECONDS",
      description = "rest-status: the header Retry-After.")
  private Integer retryAfter;

  @Option(
      names = "--delay",
      paramLabel = "TIME",
      description = "rest-slow: delay of the answer, such as 500ms or 30s (default: 10s).")
  private String delay;

  @Option(
      names = "--key",
      description = "metadata-new-key, metadata-missing-key: the key in the metadata.")
  private String key;

  @Option(names = "--code", description = "mqtt-refuse: the return code, 1 to 5 (default: 3).")
  private Integer code;

  @Option(
      names = "--path",
      description = "rest-...: affects only calls whose path contains this (default: all calls).")
  private String path;

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "Happens to this tenant only, such as tenant-007 (default: all tenants).")
  private String tenant;

  @Option(names = "--count", description = "Number of times it happens (default: until cleared).")
  private Integer count;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      description = "Time it lasts, such as 30s or 5m (default: until cleared).")
  private String duration;

  @Mixin private SimulatorControl control;

  static final class Kinds implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return List.of(FaultKind.values()).stream().map(FaultKind::text).iterator();
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (what.list) {
      return control.call("GET", "/faults", "");
    } else if (what.clear != null) {
      return what.clear.matches("all|\\d{1,18}")
          ? control.call(
              "DELETE", what.clear.equals("all") ? "/faults" : "/faults/" + what.clear, "")
          : control.fail(WRONG_USE, "--clear: must be all or an id");
    }
    Fault fault;
    try {
      fault =
          new Fault(what.kind, status, retryAfter, delay, key, code, path, tenant, count, duration);
    } catch (IllegalArgumentException e) {
      return control.fail(
          WRONG_USE,
          e.getMessage()
              .replaceFirst("^kind: ", "")
              .replaceFirst("^retryAfter:", "--retry-after:")
              .replaceFirst("^(status|delay|key|code|path|tenant|count|duration):", "--$1:"));
    }
    return control.call("POST", "/faults", new ObjectMapper().writeValueAsString(fault));
  }
}
