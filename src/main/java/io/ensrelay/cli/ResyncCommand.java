package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.base.Printable;
import io.ensrelay.console.ApiRequest;
import io.ensrelay.console.RelayAccess;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Has the running relay read the present state of all devices from the service. */
@Command(
    name = "resync",
    mixinStandardHelpOptions = true,
    description = {
      "Reads the state of all devices from the service, and sends what has changed.",
      "The destinations that want snapshots get it. Needs a running relay."
    },
    subcommands = {ResyncCommand.Status.class, ResyncCommand.Stop.class})
public final class ResyncCommand extends DataCommand implements Callable<Integer> {
  private static final long LOOK_MILLIS = 1000;
  private static final long SAY_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final String CALL = "/api/resync";

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "Of this tenant; needed if there are several.")
  private String tenant;

  @Option(
      names = "--to",
      paramLabel = "DESTINATION",
      description =
          "Sends all devices to this destination alone, even if it does not want snapshots.")
  private String to;

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      split = ",",
      description =
          "Reads the devices with these statuses, such as ACTIVE,RETIRED; without it those of"
              + " ens.resync.statuses.")
  private List<String> statuses;

  @Option(names = "--all", description = "Sends the devices that are as they were last known, too.")
  private boolean all;

  @Option(names = "--follow", description = "Shows the progress until the end.")
  private boolean follow;

  @Override
  public Integer call() throws IOException {
    try (RelayAccess relay = RelayAccess.open(settings())) {
      if (!relay.isRunning()) {
        return noRelay();
      }
      JsonNode started =
          relay.post(
              CALL,
              new ApiRequest.StartResync(
                  Optional.ofNullable(tenant),
                  Optional.ofNullable(to),
                  Optional.ofNullable(statuses),
                  all ? Optional.of(true) : Optional.empty()));
      if (json && !follow) {
        print(started);
        return 0;
      }
      if (!json) {
        say(started);
      }
      return follow ? follow(relay, started) : 0;
    }
  }

  private void say(JsonNode started) {
    out().println("Started: a resync of the devices that are " + list(started.path("statuses")));
    String names = list(started.path("destinations"));
    out()
        .println(
            names.isEmpty()
                ? "No destination wants its events: set ens.destination.NAME.snapshots=true, or"
                    + " name one by --to"
                : "Its events go to " + names);
    if (!follow) {
      out().println("See how far it is: ens-relay resync status");
    }
    out().flush();
  }

  private static String list(JsonNode texts) {
    StringJoiner list = new StringJoiner(", ");
    texts.forEach(each -> list.add(Printable.line(each.asText())));
    return list.toString();
  }

  /** Returns 0 if all devices have been seen. */
  private int follow(RelayAccess relay, JsonNode started) throws IOException {
    String run = started.path("run").asText();
    JsonNode now = started;
    String phase = "";
    long said = System.nanoTime() - SAY_NANOS;
    while (!now.hasNonNull("finished")) {
      boolean isNew = !now.path("phase").asText().equals(phase);
      if (!json && (isNew || System.nanoTime() - said >= SAY_NANOS)) {
        out().println(progress(now));
        out().flush();
        phase = now.path("phase").asText();
        said = System.nanoTime();
      }
      pause();
      now = of(relay.get(CALL), started.path("tenant").asText());
      if (!now.path("run").asText().equals(run)) {
        throw new IOException("the relay knows nothing of this resync any more: see its log");
      }
    }
    if (json) {
      print(now);
    } else {
      out().println(end(now));
      out().flush();
    }
    return now.hasNonNull("incomplete") ? 1 : 0;
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The resync of a tenant in the list of all. */
  private static JsonNode of(JsonNode all, String tenant) {
    for (JsonNode each : all) {
      if (each.path("tenant").asText().equals(tenant)) {
        return each.path("resync");
      }
    }
    return all.path("none");
  }

  private static String progress(JsonNode run) {
    String read = number(run, "read");
    boolean isMore = run.path("expected").asLong() > run.path("read").asLong();
    String devices = isMore ? read + " of " + number(run, "expected") : read;
    return run.path("phase").asText()
        + (run.path("pass").asInt() > 1 ? ", pass " + run.path("pass").asInt() : "")
        + ": "
        + devices
        + " devices, "
        + number(run, "sent")
        + " sent"
        + (run.hasNonNull("leftSeconds")
            ? ", " + age(run.path("leftSeconds").asLong()) + " left"
            : "")
        + (run.hasNonNull("trouble")
            ? ", trying again: " + Printable.line(run.path("trouble").asText())
            : "");
  }

  private static String end(JsonNode run) {
    Duration took =
        Duration.between(
            Instant.parse(run.path("started").asText()),
            Instant.parse(run.path("finished").asText()));
    return (run.hasNonNull("incomplete")
            ? "Incomplete, " + Printable.line(run.path("incomplete").asText())
            : "Complete")
        + ": "
        + number(run, "read")
        + " devices, "
        + number(run, "sent")
        + " sent, "
        + number(run, "unchanged")
        + " unchanged, "
        + number(run, "dropped")
        + " overtaken by events, "
        + number(run, "missing")
        + " missing; "
        + number(run, "calls")
        + " calls in "
        + age(took.toSeconds());
  }

  private static String number(JsonNode run, String name) {
    return String.format(Locale.ROOT, "%,d", run.path(name).asLong());
  }

  /** How far it is. */
  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Shows the resync of each tenant, or how its last one ended.")
  static final class Status extends DataCommand implements Callable<Integer> {
    @Override
    public Integer call() throws IOException {
      try (RelayAccess relay = RelayAccess.open(settings())) {
        if (!relay.isRunning()) {
          return noRelay();
        }
        JsonNode all = relay.get(CALL);
        if (json) {
          print(all);
          return 0;
        }
        TextTable table = new TextTable("TENANT", "STARTED", "REASON", "SENT TO", "STATE");
        for (JsonNode each : all) {
          JsonNode run = each.path("resync");
          boolean known = run.isObject();
          String wanting = list(each.path("destinations"));
          table.row(
              each.path("tenant").asText(),
              known ? run.path("started").asText().replaceFirst("\\.\\d+Z$", "Z") : null,
              known ? run.path("reason").asText() : null,
              known && run.hasNonNull("to")
                  ? run.path("to").asText()
                  : wanting.isEmpty() ? null : wanting,
              state(each, run));
        }
        print(table, "There is no tenant.");
        return 0;
      }
    }

    private static String state(JsonNode tenant, JsonNode run) {
      if (!run.isObject()) {
        return tenant.path("here").asBoolean() ? "none yet" : "this relay does not take its events";
      }
      return run.hasNonNull("finished") ? end(run) : progress(run);
    }
  }

  /** Ends the present one. */
  @Command(
      name = "stop",
      mixinStandardHelpOptions = true,
      description = "Ends the resync that is under way; its last event says that it is incomplete.")
  static final class Stop extends DataCommand implements Callable<Integer> {
    @Option(
        names = "--tenant",
        paramLabel = "NAME",
        description = "Of this tenant; needed if there are several.")
    private String tenant;

    @Override
    public Integer call() throws IOException {
      try (RelayAccess relay = RelayAccess.open(settings())) {
        if (!relay.isRunning()) {
          return noRelay();
        }
        JsonNode answer =
            relay.post(CALL + "/stop", new ApiRequest.OneResync(Optional.ofNullable(tenant)));
        if (json) {
          print(answer);
        } else {
          out().println("Stopped. What it has sent stays sent.");
          out().flush();
        }
        return 0;
      }
    }
  }
}
