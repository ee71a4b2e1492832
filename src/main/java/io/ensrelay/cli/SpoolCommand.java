package io.ensrelay.cli;

import io.ensrelay.base.Printable;
import io.ensrelay.console.RelayAccess;
import io.ensrelay.spool.log.Damage;
import io.ensrelay.spool.log.LogView;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The event log as it lies on disk, also beside a running relay. */
@Command(
    name = "spool",
    mixinStandardHelpOptions = true,
    description = "Reads the event log on disk, also while a relay runs; changes nothing.",
    subcommands = {SpoolCommand.Info.class, SpoolCommand.Cat.class, SpoolCommand.Verify.class})
public final class SpoolCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "give a subcommand: info, cat or verify");
  }

  private static String bytes(long bytes) {
    if (bytes < 1 << 10) {
      return bytes + " B";
    }
    int power = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
    return String.format(
        Locale.ROOT, "%.1f %sB", bytes / Math.pow(1 << 10, power), "kMGTPE".charAt(power - 1));
  }

  private static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  private static String text(Optional<Instant> time) {
    return time.map(Instant::toString).orElse(null);
  }

  /** Files, times and destinations. */
  @Command(
      name = "info",
      mixinStandardHelpOptions = true,
      description = "Shows files, times of receipt, and the backlog of each destination.")
  static final class Info extends DataCommand implements Callable<Integer> {

    @Override
    public Integer call() throws IOException {
      LogView.Content content = RelayAccess.log(settings()).content();
      if (json) {
        print(LogInfo.of(content));
        return 0;
      }
      TextTable files = new TextTable("FILE", "FIRST EVENT", "EVENTS", "SIZE", "OLDEST", "NEWEST");
      for (LogView.SegmentSummary file : content.files()) {
        files.row(
            file.name(),
            file.first(),
            count(file.events()),
            bytes(file.bytes()),
            text(file.oldest()),
            text(file.newest()));
      }
      print(files, "There is no file of events yet.");
      out().println(summary(content));
      if (content.damaged() > 0) {
        out().println(events(content.damaged()) + " can't be read: see 'spool verify'.");
      }
      out().println();
      TextTable destinations =
          new TextTable("DESTINATION", "POSITION", "BEHIND", "OLDEST", "STATE");
      for (LogView.Destination each : content.destinations()) {
        destinations.row(
            each.name(),
            each.position(),
            count(each.behind()),
            each.oldest().map(oldest -> age(seconds(oldest))).orElse(null),
            each.paused() ? "paused" : null);
      }
      print(destinations, "There is no destination yet.");
      return 0;
    }

    private static String summary(LogView.Content content) {
      String what =
          "%s in %s, %s"
              .formatted(
                  events(content.events()),
                  content.files().size() == 1 ? "1 file" : content.files().size() + " files",
                  bytes(content.bytes()));
      return content.oldest().isEmpty()
          ? what
          : what
              + ", received from %s to %s"
                  .formatted(content.oldest().get(), content.newest().orElseThrow());
    }

    private static long seconds(Instant time) {
      return Math.max(0, Duration.between(time, Instant.now()).toSeconds());
    }

    /** The output of {@code --json}: {@code next} is the number of the next event. */
    private record LogInfo(
        long next,
        long events,
        long bytes,
        Optional<Instant> oldest,
        Optional<Instant> newest,
        long damaged,
        List<LogView.SegmentSummary> files,
        List<Place> destinations) {
      static LogInfo of(LogView.Content content) {
        return new LogInfo(
            content.end(),
            content.events(),
            content.bytes(),
            content.oldest(),
            content.newest(),
            content.damaged(),
            content.files(),
            content.destinations().stream().map(Place::of).toList());
      }
    }

    private record Place(
        String name,
        long position,
        long behind,
        Optional<Instant> oldest,
        Optional<Long> oldestSeconds,
        boolean paused) {
      static Place of(LogView.Destination each) {
        return new Place(
            each.name(),
            each.position(),
            each.behind(),
            each.oldest(),
            each.oldest().map(Info::seconds),
            each.paused());
      }
    }
  }

  /** The events themselves. */
  @Command(
      name = "cat",
      mixinStandardHelpOptions = true,
      description = {
        "Prints whole events as JSON lines, oldest first.",
        "All times are times of receipt."
      })
  static final class Cat implements Callable<Integer> {
    /** A closed pipe is looked for at each so many lines. */
    private static final int LOOK = 256;

    private static final boolean UNICODE = Charset.defaultCharset().equals(StandardCharsets.UTF_8);

    @Spec private CommandSpec spec;

    @Option(
        names = {"--since", "--from"},
        paramLabel = "TIME",
        description = "Received since that time: 2h or 3d ago, or 2026-02-27T09:36:13Z.")
    private String from;

    @Option(
        names = "--until",
        paramLabel = "TIME",
        description = "Received before that time, in the same form.")
    private String until;

    @Option(
        names = "--type",
        paramLabel = "TYPE",
        split = ",",
        description = "Only of these event types or metadata keys, comma separated.")
    private List<String> types = List.of();

    @Option(names = "--device", paramLabel = "ID", description = "Only of this device.")
    private String device;

    @Option(names = "--limit", paramLabel = "N", description = "N events at most.")
    private Long limit;

    private long printed;

    @Override
    public Integer call() throws IOException {
      if (limit != null && limit < 1) {
        throw new ParameterException(spec.commandLine(), "--limit must be 1 or more");
      }
      LogView.Wanted wanted =
          new LogView.Wanted(
              Optional.ofNullable(from).map(text -> TimeOption.of(spec, "--since", text)),
              Optional.ofNullable(until).map(text -> TimeOption.of(spec, "--until", text)),
              this::fits);
      PrintWriter out = spec.commandLine().getOut();
      RelayAccess.log(DataCommand.settings())
          .events(
              wanted,
              event -> {
                out.write(line(event.body()));
                out.write('\n');
                printed++;
                return !isEnough() && (printed % LOOK != 0 || !out.checkError());
              });
      out.flush();
      return 0;
    }

    private boolean isEnough() {
      return limit != null && printed >= limit;
    }

    private boolean fits(Map<String, Object> attributes) {
      return (types.isEmpty()
              || types.contains(attributes.get("eventType"))
              || types.contains(attributes.get("eventKey")))
          && (device == null || device.equals(attributes.get("deviceId")));
    }

    /** Escapes characters that the terminal may not have or may take for a command. */
    private static String line(byte[] json) {
      String text = new String(json, StandardCharsets.UTF_8);
      if (text.chars().allMatch(Cat::isPlain)) {
        return text;
      }
      StringBuilder line = new StringBuilder(text.length() + 50);
      text.chars()
          .forEach(
              c -> {
                if (isPlain(c)) {
                  line.append((char) c);
                } else {
                  line.append(String.format(Locale.ROOT, "\\u%04x", c));
                }
              });
      return line.toString();
    }

    private static boolean isPlain(int c) {
      return c < 0x7f || (c > 0x9f && UNICODE);
    }
  }

  /** Every checksum. */
  @Command(
      name = "verify",
      mixinStandardHelpOptions = true,
      description = {
        "Reads all events and verifies their checksums.",
        "Prints a line with file and position for each unreadable place; the exit code is then 1."
      })
  static final class Verify extends DataCommand implements Callable<Integer> {

    private final List<Damaged> damage = new ArrayList<>();
    private boolean damaged;

    private record Damaged(String place, long first, long events) {}

    /** The output of {@code --json}. */
    private record Verification(
        long events, long bytes, long unfinishedBytes, List<Damaged> damage) {}

    @Override
    public Integer call() throws IOException {
      LogView.Verified verified = RelayAccess.log(settings()).verify(this::found);
      if (json) {
        print(new Verification(verified.events(), verified.bytes(), verified.unfinished(), damage));
        return damaged ? 1 : 0;
      }
      if (verified.unfinished() > 0) {
        out()
            .println(
                "The last %s of the newest file are an incomplete event: it is being written, or a power"
                        .formatted(bytes(verified.unfinished()))
                    + " cut came before (then the next start cuts it off).");
      }
      out()
          .println(
              "%s in %s read: %s."
                  .formatted(
                      events(verified.events()),
                      bytes(verified.bytes()),
                      damaged ? "see above for what is wrong" : "every checksum is right"));
      out().flush();
      return damaged ? 1 : 0;
    }

    private void found(Damage place) {
      damaged = true;
      if (json) {
        damage.add(new Damaged(place.file(), place.from(), place.events()));
        return;
      }
      String lost =
          place.events() == 0
              ? ""
              : ": " + events(place.events()) + " can't be read, from number " + place.from();
      out().println(Printable.line(place.file()) + lost);
      out().flush();
    }
  }
}
