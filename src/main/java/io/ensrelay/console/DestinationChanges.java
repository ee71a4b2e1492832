package io.ensrelay.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.Printable;
import io.ensrelay.config.ValueRules;
import io.ensrelay.spool.SpoolView;
import io.ensrelay.spool.log.Place;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The calls that change one destination: {@code POST /api/destinations/NAME/}{@code rewind}, {@code
 * skip}, {@code pause}, {@code resume} and {@code forget}. Threads: safe.
 */
final class DestinationChanges implements Api.Calls {
  private static final String PATH = "/api/destinations/";
  private static final int LONGEST_ID = 200;
  private static final String COUNT = "count";
  private static final String REWIND =
      "give one of {\"since\":\"2h\"}, {\"from\":\"2026-02-27T09:36:13Z\"}, {\"event\":\"<id>\"},"
          + " {\"all\":true}; with \"count\":true nothing is done";
  private static final String SKIP =
      "give one of {\"until\":\"2026-02-27T09:36:13Z\"}, {\"all\":true}; with \"count\":true"
          + " nothing is done";

  private final SpoolView view;

  DestinationChanges(SpoolView view) {
    this.view = view;
  }

  @Override
  public Optional<Reply> answer(Call call) throws IOException {
    int end = call.path().lastIndexOf('/');
    if (!call.method().equals("POST") || !call.path().startsWith(PATH) || end < PATH.length()) {
      return Optional.empty();
    }
    String destination = call.path().substring(PATH.length(), end);
    switch (call.path().substring(end + 1)) {
      case "rewind":
        return Optional.of(rewind(call, destination));
      case "skip":
        return Optional.of(skip(call, destination));
      case "pause":
        return Optional.of(pause(call, destination, true));
      case "resume":
        return Optional.of(pause(call, destination, false));
      case "forget":
        return Optional.of(forget(call, destination));
      default:
        return Optional.empty();
    }
  }

  private Reply rewind(Call call, String destination) throws IOException {
    JsonNode wanted = call.json();
    String by = theOnly(wanted, List.of("since", "from", "event", "all"), REWIND);
    Place place =
        switch (by) {
          case "since" -> Place.at(Instant.now().minus(duration(wanted)));
          case "from" -> Place.at(time(wanted, by));
          case "event" -> Place.of(text(wanted, by, LONGEST_ID));
          default -> Place.END;
        };
    return moved(
        call,
        wanted,
        new AuditEntry("rewound", "event", " of " + destination + which(wanted, by)),
        onlyCount -> known(destination, view.rewind(destination, place, onlyCount)));
  }

  private Reply skip(Call call, String destination) throws IOException {
    JsonNode wanted = call.json();
    String by = theOnly(wanted, List.of("until", "all"), SKIP);
    Place place = by.equals("until") ? Place.at(time(wanted, by)) : Place.END;
    return moved(
        call,
        wanted,
        new AuditEntry("skipped", "event", " of " + destination + which(wanted, by)),
        onlyCount -> known(destination, view.skip(destination, place, onlyCount)));
  }

  private static String which(JsonNode wanted, String by) {
    return by.equals("all") ? " (all)" : " (%s %s)".formatted(by, wanted.path(by).asText());
  }

  /** Moves a destination, or counts the events of such a move. */
  private interface Move {
    long make(boolean onlyCount) throws IOException;
  }

  private static Reply moved(Call call, JsonNode wanted, AuditEntry change, Move move)
      throws IOException {
    Move sound =
        onlyCount -> {
          try {
            return move.make(onlyCount);
          } catch (IllegalArgumentException e) {
            throw new BadCallException(400, e.getMessage());
          }
        };
    return wanted.path(COUNT).asBoolean()
        ? Reply.json(200, Map.of("events", sound.make(true)))
        : change.make(call, () -> sound.make(false));
  }

  private Reply pause(Call call, String destination, boolean pauses) throws IOException {
    if (!call.json().isEmpty()) {
      throw new BadCallException(400, "the body must be {}");
    }
    if (!view.pause(destination, pauses)) {
      throw unknown(destination);
    }
    AuditEntry.say(call, (pauses ? "Paused " : "Resumed ") + destination);
    return Reply.json(200, Map.of("paused", pauses));
  }

  private Reply forget(Call call, String destination) throws IOException {
    try {
      return new AuditEntry("forgotten", "event", " that waited for " + destination)
          .make(call, () -> known(destination, view.forget(destination)));
    } catch (IllegalStateException e) {
      throw new BadCallException(409, e.getMessage());
    }
  }

  private static long known(String destination, Optional<Long> count) {
    return count.orElseThrow(() -> unknown(destination));
  }

  static BadCallException unknown(String destination) {
    return new BadCallException(404, "there is no destination " + Printable.line(destination));
  }

  /**
   * The only one of these fields that the body has, beside {@code count}. A call must name all
   * events, so that nobody moves them by mistake.
   */
  private static String theOnly(JsonNode wanted, List<String> fields, String possible) {
    TreeSet<String> given = new TreeSet<>();
    wanted.fieldNames().forEachRemaining(given::add);
    boolean counts = given.remove(COUNT);
    if (given.size() != 1
        || !fields.contains(given.first())
        || (counts && !wanted.path(COUNT).isBoolean())
        || (given.contains("all") && !wanted.path("all").asBoolean())) {
      throw new BadCallException(400, possible);
    }
    return given.first();
  }

  private static String text(JsonNode wanted, String field, int longest) {
    String text = wanted.path(field).asText();
    if (!wanted.path(field).isTextual() || text.isEmpty() || text.length() > longest) {
      throw new BadCallException(
          400, field + " must be a text of 1 to %s characters".formatted(longest));
    }
    return text;
  }

  private static Instant time(JsonNode wanted, String field) {
    return Call.time(field, Optional.of(wanted.path(field).asText())).orElseThrow();
  }

  private static Duration duration(JsonNode wanted) {
    try {
      return ValueRules.duration("since", wanted.path("since").asText());
    } catch (ConfigurationException e) {
      throw new BadCallException(400, "since must be a time such as 30m, 2h or 7d");
    }
  }
}
