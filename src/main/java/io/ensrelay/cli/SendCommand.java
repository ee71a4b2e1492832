package io.ensrelay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.base.Printable;
import io.ensrelay.console.RelayAccess;
import io.ensrelay.simulator.EventKind;
import io.ensrelay.simulator.Fleet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Sends one event through one destination of the running relay, by hand. */
@Command(
    name = "send",
    mixinStandardHelpOptions = true,
    description = {
      "Sends one event to one destination, by its real route, and prints the answer.",
      "The relay sends the event once and outside the event log; it makes no dead letter.",
      "The event has the header eventTest. Needs a running relay."
    })
public final class SendCommand extends DataCommand implements Callable<Integer> {
  private static final int LARGEST = 1 << 20;
  private static final String SNAPSHOT = "snapshot";

  @Parameters(paramLabel = "DESTINATION", description = "Name of the destination.")
  private String destination;

  @ArgGroup(multiplicity = "1")
  private What what;

  /** Exactly one of them is given. */
  static final class What {
    @Option(
        names = "--sample",
        paramLabel = "TYPE",
        description = "A sample event of this type, such as not_compliant or check_in.")
    private String sample;

    @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "The event in this file: a CloudEvent, or a message with one device.")
    private Path file;
  }

  @Override
  public Integer call() throws IOException {
    byte[] event = what.file != null ? read(what.file) : sample(what.sample);
    try (RelayAccess relay = RelayAccess.open(settings())) {
      if (!relay.isRunning()) {
        return noRelay();
      }
      JsonNode sent = relay.post("/api/destinations/" + encoded(destination) + "/send", event);
      if (json) {
        print(sent);
      } else {
        say(sent);
      }
      return sent.path("delivered").asBoolean() ? 0 : 1;
    }
  }

  private void say(JsonNode sent) {
    String took = sent.path("tookMillis").asLong() + " ms";
    String type = Printable.line(sent.path("type").asText());
    if (!sent.path("delivered").asBoolean()) {
      out()
          .println("Not delivered: %s, %s: %s".formatted(type, took, sent.path("reason").asText()));
      if (!sent.path("detail").asText().equals(sent.path("reason").asText())) {
        out().println(sent.path("detail").asText());
      }
    } else if (sent.hasNonNull("status")) {
      out()
          .println(
              "Delivered: %s, %s, HTTP %s".formatted(type, took, sent.path("status").asText()));
    } else {
      out().println("Delivered: %s, %s, the route ended without an error".formatted(type, took));
    }
    if (sent.hasNonNull("answer")) {
      sent.get("answer")
          .asText()
          .lines()
          .map(Printable::line)
          .forEach(l -> out().println("  " + l));
    }
    out().flush();
  }

  private byte[] sample(String name) {
    String wanted = name.toLowerCase(Locale.ROOT).replaceFirst("^device[._]", "");
    if (wanted.equals(SNAPSHOT)) {
      return snapshot();
    }
    return Arrays.stream(EventKind.values())
        .filter(kind -> word(kind).equals(wanted) || kind.key().equals("device_" + wanted))
        .findFirst()
        .map(kind -> Fleet.sample(kind, Instant.now()).payload())
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(),
                    "--sample must be one of "
                        + Stream.concat(
                                Stream.of(SNAPSHOT),
                                Arrays.stream(EventKind.values()).map(SendCommand::word))
                            .sorted()
                            .collect(Collectors.joining(", "))));
  }

  /** A snapshot with the fields of a check-in. */
  private static byte[] snapshot() {
    Instant now = Instant.now();
    return new String(Fleet.sample(EventKind.CHECK_IN, now).payload(), StandardCharsets.UTF_8)
        .replaceFirst(
            "\"eventType\" *: *\"[^\"]*\"",
            "\"eventType\":\"device.snapshot\",\"resync\":\"0\",\"readAt\":\"" + now + "\"")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String word(EventKind kind) {
    return kind.topicTail().replaceFirst("^device/", "");
  }

  private byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] event = in.readNBytes(LARGEST + 1);
      if (event.length > LARGEST) {
        throw new ParameterException(spec.commandLine(), "--file must have 1 MB at most");
      }
      return event;
    } catch (NoSuchFileException e) {
      throw new ParameterException(spec.commandLine(), "--file: there is no file " + file);
    }
  }
}
