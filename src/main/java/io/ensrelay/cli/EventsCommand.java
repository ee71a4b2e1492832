package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.console.RelayAccess;
import io.ensrelay.destination.ReadableLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Follows events through the running relay, never by a second subscription. */
@Command(
    name = "events",
    mixinStandardHelpOptions = true,
    description = {
      "Prints events as the running relay stores them, until Ctrl-C.",
      "Reads from the relay: a second subscription would take events away from it."
    })
public final class EventsCommand extends DataCommand implements Callable<Integer> {
  private static final ReadableLine LINE = new ReadableLine();

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "Only of these event types or metadata keys.")
  private List<String> types = List.of();

  @Option(names = "--tenant", paramLabel = "NAME", description = "Only of this tenant.")
  private String tenant;

  @Option(names = "--device", paramLabel = "ID", description = "Only of this device.")
  private String device;

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description = "Only events that contain this text.")
  private String text;

  @Option(
      names = "--last",
      paramLabel = "N",
      defaultValue = "0",
      description = "Begins with the last N events, up to 200.")
  private int last;

  @Override
  public Integer call() throws IOException {
    try (RelayAccess relay = RelayAccess.open(settings())) {
      if (!relay.isRunning()) {
        return noRelay();
      }
      ObjectMapper mapper = new ObjectMapper();
      try (Stream<String> lines = relay.lines(query())) {
        Iterator<String> each = lines.iterator();
        // a closed pipe is seen as an error of the output
        while (!out().checkError() && each.hasNext()) {
          String line = each.next();
          if (!line.isBlank()) {
            out().println(json ? line : readable(mapper.readTree(line)));
          }
        }
      } catch (UncheckedIOException e) {
        // the relay has ended
      }
      err().println("ens-relay: the relay has ended");
      return 1;
    }
  }

  private String query() {
    StringBuilder query = new StringBuilder("/api/events?last=" + last);
    types.forEach(type -> query.append("&type=").append(encoded(type)));
    if (tenant != null) {
      query.append("&tenant=").append(encoded(tenant));
    }
    if (device != null) {
      query.append("&device=").append(encoded(device));
    }
    if (text != null) {
      query.append("&text=").append(encoded(text));
    }
    return query.toString();
  }

  private static Long time(String text) {
    try {
      return Instant.parse(text).toEpochMilli();
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static String readable(JsonNode json) {
    if (json.has("skipped")) {
      return "(" + json.get("skipped").asLong() + " events left out: too many to follow)";
    }
    JsonNode device = json.path("data").path("device");
    return LINE.of(
        time(json.path("time").asText()),
        json.path("type").asText(null),
        device.path("os").asText(null),
        device.path("status").asText(null),
        json.path("subject").asText(null));
  }
}
