package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.base.Printable;
import io.ensrelay.console.ApiRequest;
import io.ensrelay.console.RelayAccess;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Shows the last known state of each device, from the running relay or from the data directory. */
@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    description = {
      "Lists devices with what was last seen of each, in the order of their first events.",
      "Needs ens.devices.enabled=true."
    },
    subcommands = {DevicesCommand.Show.class, DevicesCommand.Forget.class})
public final class DevicesCommand extends DataCommand implements Callable<Integer> {
  private static final int PAGE = 1000;
  private static final int USUAL = 100;

  /** Signs that begin a formula in a spreadsheet, also in their full-width forms. */
  private static final String FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20";

  private static final List<String> COLUMNS =
      List.of(
          "tenant",
          "id",
          "os",
          "osVersion",
          "status",
          "compliant",
          "quarantined",
          "blocked",
          "compromised",
          "manufacturer",
          "model",
          "serialNumber",
          "macAddress",
          "identifier",
          "iosUdid",
          "userId",
          "userUuid",
          "registrationTime",
          "lastCheckInTime",
          "lastSeen",
          "stateTime",
          "lastEvent",
          "lastEventTime",
          "lastEventReceived");

  @Option(names = "--tenant", paramLabel = "NAME", description = "Only of this tenant.")
  private String tenant;

  @Option(names = "--os", paramLabel = "OS", description = "Only of this platform, such as IOS.")
  private String os;

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description = "Only with this status, such as ACTIVE or RETIRED.")
  private String status;

  @Option(
      names = "--compliant",
      paramLabel = "true|false",
      arity = "1",
      description = "Only compliant devices, or only others.")
  private Boolean compliant;

  @Option(
      names = "--user",
      paramLabel = "TEXT",
      description = "Only if the user contains this text, in any case.")
  private String user;

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description = "Only if id, user, model, manufacturer or serial number contain this text.")
  private String text;

  @Option(
      names = "--seen-before",
      paramLabel = "TIME",
      description = "Last seen before that: 7d ago, or 2026-02-27T09:36:13Z.")
  private String seenBefore;

  @Option(
      names = "--seen-since",
      paramLabel = "TIME",
      description = "Last seen since then, in the same form.")
  private String seenSince;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "N devices at most; without it " + USUAL + " as a table, all as JSON or CSV.")
  private Long limit;

  @Option(names = "--csv", description = "Prints CSV instead of a table.")
  private boolean csv;

  /** Receives each device. */
  private interface Sink {
    void add(JsonNode device);
  }

  @Override
  public Integer call() throws IOException {
    if (limit != null && limit < 1) {
      throw new ParameterException(spec.commandLine(), "--limit must be 1 or more");
    }
    if (csv && json) {
      throw new ParameterException(spec.commandLine(), "give one of --csv and --json");
    }
    try (RelayAccess relay = RelayAccess.open(settings())) {
      if (csv) {
        out().println(String.join(",", COLUMNS));
        each(relay, device -> out().println(csvLine(device)));
        out().flush();
      } else if (json) {
        printJson(relay);
      } else {
        printTable(relay);
      }
      return 0;
    }
  }

  private void printJson(RelayAccess relay) throws IOException {
    String[] before = {"["};
    each(
        relay,
        device -> {
          out().print(before[0] + System.lineSeparator() + device);
          before[0] = ",";
        });
    out().println(before[0].equals("[") ? "[]" : System.lineSeparator() + "]");
    out().flush();
  }

  private void printTable(RelayAccess relay) throws IOException {
    TextTable table =
        new TextTable(
            "DEVICE", "OS", "STATUS", "COMPLIANT", "MODEL", "USER", "LAST SEEN", "LAST EVENT");
    long total =
        each(
            relay,
            device ->
                table.row(
                    cell(device, "id"),
                    cell(device, "os"),
                    cell(device, "status"),
                    cell(device, "compliant"),
                    cell(device, "model"),
                    cell(device, "userId"),
                    seconds(device.path("lastSeen").asText()),
                    cell(device, "lastEvent")));
    print(table, "The table has no such device.");
    long shown = Math.min(total, limit());
    if (shown < total) {
      err().println(shown + " of " + total + "; see --limit, --csv");
    }
  }

  private long limit() {
    return limit != null ? limit : csv || json ? Long.MAX_VALUE : USUAL;
  }

  /** Returns how many devices fit; passes up to the limit to the sink. */
  private long each(RelayAccess relay, Sink sink) throws IOException {
    String filter = query();
    long left = limit();
    long total = 0;
    Optional<String> after = Optional.of("");
    while (left > 0 && after.isPresent()) {
      JsonNode page =
          relay.get("/api/devices?limit=" + Math.min(PAGE, left) + filter + after.get());
      page.path("items").forEach(sink::add);
      left -= page.path("items").size();
      total = page.hasNonNull("total") ? page.path("total").asLong() : total;
      after =
          page.hasNonNull("next")
              ? Optional.of("&after=" + page.path("next").asText())
              : Optional.empty();
    }
    return total;
  }

  private String query() {
    return part("tenant", tenant)
        + part("os", os)
        + part("status", status)
        + part("compliant", compliant == null ? null : compliant.toString())
        + part("user", user)
        + part("text", text)
        + part("seenBefore", time("--seen-before", seenBefore))
        + part("seenSince", time("--seen-since", seenSince));
  }

  private String time(String option, String given) {
    return given == null ? null : TimeOption.of(spec, option, given).toString();
  }

  private static String part(String name, String value) {
    return value == null ? "" : "&" + name + "=" + encoded(value);
  }

  private static Object cell(JsonNode device, String name) {
    return device.hasNonNull(name) ? device.get(name).asText() : null;
  }

  private static String seconds(String time) {
    return time.replaceFirst("\\.\\d+Z$", "Z");
  }

  private static String csvLine(JsonNode device) {
    return COLUMNS.stream()
        .map(name -> csvValue(device.path(name).asText()))
        .collect(Collectors.joining(","));
  }

  /**
   * A value in quotes if it needs them. A device chooses some of the values: one that a spreadsheet
   * would take for a formula gets an apostrophe before it.
   */
  static String csvValue(String value) {
    String line = Printable.line(value);
    String begins = line.strip();
    boolean isFormula = !begins.isEmpty() && FORMULA.indexOf(begins.charAt(0)) >= 0;
    String safe = isFormula ? "'" + line : line;
    boolean needsQuotes = safe.chars().anyMatch(c -> c == ',' || c == '"' || c == '\'' || c == ';');
    return needsQuotes ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
  }

  /** A command about one device. */
  private abstract static class OfDevice extends DataCommand {
    @Parameters(paramLabel = "ID", description = "Id of the device, from the list.")
    String id;

    @Option(
        names = "--tenant",
        paramLabel = "NAME",
        description = "Its tenant, if several have it.")
    String tenant;
  }

  /** One device with its events in the log. */
  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows a device and its newest events in the event log.")
  static final class Show extends OfDevice implements Callable<Integer> {
    @Option(
        names = "--events",
        paramLabel = "N",
        defaultValue = "20",
        description = "N events at most, up to 200 (default: ${DEFAULT-VALUE}).")
    private int events;

    @Override
    public Integer call() throws IOException {
      try (RelayAccess relay = RelayAccess.open(settings())) {
        JsonNode device =
            relay.get("/api/devices/" + path(id) + "?events=" + events + part("tenant", tenant));
        if (json) {
          print(device);
          return 0;
        }
        COLUMNS.stream()
            .filter(device::hasNonNull)
            .forEach(name -> out().printf("%-18s %s%n", name, line(device, name)));
        out().println();
        TextTable table = new TextTable("TIME", "RECEIVED", "LATE", "TYPE", "EVENT ID");
        for (JsonNode event : device.path("events")) {
          table.row(
              event.path("time").asText(),
              event.path("received").asText(),
              event.path("late").asBoolean() ? "late" : "",
              event.path("type").asText(),
              event.path("id").asText());
        }
        print(table, "The event log has no event of this device any more.");
        return 0;
      }
    }

    private static String line(JsonNode device, String name) {
      return Printable.line(device.get(name).asText());
    }
  }

  /** Deletes one device. */
  @Command(
      name = "forget",
      mixinStandardHelpOptions = true,
      description = {
        "Deletes a device from the table, after a confirmation.",
        "Its next event or snapshot adds it again.",
        "Its events stay in the event log, in dead letters and in the archive; the answer says so."
      })
  static final class Forget extends OfDevice implements Callable<Integer> {
    private static final String ELSEWHERE =
        """
        The table no longer has it. Its events may still be in
          the event log      until they are delivered and older than ens.spool.keep
          the dead letters   until you drop them: ens-relay dead list
          the archive        %s, if you keep one
          other destinations what they got before
        Its next event or snapshot adds it to the table again: retire it in the service first.""";

    @Option(names = "--yes", description = "Deletes it without asking.")
    private boolean yes;

    @Override
    public Integer call() throws IOException {
      confirm(yes, "The table will forget this device.");
      try (RelayAccess relay = RelayAccess.open(settings())) {
        JsonNode answer =
            relay.post(
                "/api/devices/forget", new ApiRequest.OneDevice(id, Optional.ofNullable(tenant)));
        if (json) {
          print(answer);
          return 0;
        }
        String archive = settings().get("ens.archive.dir").orElse("events");
        out().println(ELSEWHERE.formatted(archive));
        out().flush();
        return 0;
      }
    }
  }

  /** For a path: a blank is not a plus there. */
  private static String path(String id) {
    return encoded(id).replace("+", "%20");
  }
}
