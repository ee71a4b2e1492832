package io.ensrelay.console;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DeadLetterFilter;
import io.ensrelay.spool.DeadLetters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The calls on dead letters: {@code GET /api/dead}, {@code GET /api/dead/ID}, {@code POST} on
 * {@code replay} and {@code drop}. Threads: safe.
 */
final class DeadLetterCalls implements Api.Calls {
  /** Most ids named in a line of the log. */
  private static final int NAMED = 5;

  private static final int LONGEST_PAGE = 1000;
  private static final int USUAL_PAGE = 100;
  private static final String DEAD = "/api/dead/";

  private final DeadLetters letters;

  private record Page(long total, List<Letter> items) {}

  /** A dead letter in the list. */
  private record Letter(
      String id,
      String destination,
      Object tenant,
      Object type,
      Object key,
      Object device,
      Object eventId,
      Instant time,
      int attempts,
      String reason,
      int bytes,
      Optional<String> topic) {

    static Letter of(DeadLetter letter) {
      Map<String, Object> attributes = letter.attributes();
      return new Letter(
          letter.id(),
          letter.destination(),
          attributes.get("tenant"),
          attributes.get("eventType"),
          attributes.get("eventKey"),
          attributes.get("deviceId"),
          attributes.get("eventId"),
          letter.time(),
          letter.attempts(),
          letter.reason(),
          letter.bytes(),
          letter.topic());
    }
  }

  /**
   * A dead letter with all of its parts.
   *
   * @param body empty: it is not UTF-8
   */
  private record WholeLetter(
      @JsonUnwrapped Letter letter,
      Optional<String> route,
      Optional<String> exception,
      Optional<String> stack,
      Optional<String> answer,
      Optional<String> body,
      String base64,
      Map<String, Object> attributes) {}

  DeadLetterCalls(DeadLetters letters) {
    this.letters = letters;
  }

  @Override
  public Optional<Reply> answer(Call call) throws IOException {
    String path = call.path();
    switch (call.method() + " " + path) {
      case "GET /api/dead":
        return Optional.of(list(call));
      case "POST /api/dead/replay":
        return Optional.of(replay(call));
      case "POST /api/dead/drop":
        return Optional.of(drop(call));
      default:
        return call.method().equals("GET") && path.startsWith(DEAD)
            ? Optional.of(show(path.substring(DEAD.length())))
            : Optional.empty();
    }
  }

  private Reply list(Call call) throws IOException {
    DeadLetterFilter filter =
        new DeadLetterFilter(
            call.one("destination"),
            call.one("tenant"),
            call.one("type"),
            call.one("reason"),
            Call.time("since", call.one("since")),
            Call.time("until", call.one("until")));
    int offset = call.number("offset", 0, Integer.MAX_VALUE, 0);
    int limit = call.number("limit", 1, LONGEST_PAGE, USUAL_PAGE);
    DeadLetters.Page page =
        isNewestFirst(call)
            ? letters.newest(filter, offset, limit)
            : letters.list(filter, offset, limit);
    return Reply.json(200, new Page(page.total(), page.items().stream().map(Letter::of).toList()));
  }

  private static boolean isNewestFirst(Call call) {
    return switch (call.one("order").orElse("oldest")) {
      case "oldest" -> false;
      case "newest" -> true;
      default -> throw new BadCallException(400, "order must be oldest or newest");
    };
  }

  private Reply show(String id) throws IOException {
    DeadLetter.Full full =
        letters
            .get(id)
            .orElseThrow(() -> new BadCallException(404, "there is no dead letter of this id"));
    return Reply.json(
        200,
        new WholeLetter(
            Letter.of(full.letter()),
            full.route(),
            full.exception(),
            full.stack(),
            full.answer(),
            text(full.body()),
            Base64.getEncoder().encodeToString(full.body()),
            full.letter().attributes()));
  }

  private Reply replay(Call call) throws IOException {
    JsonNode wanted = call.json();
    Optional<String> to = text(wanted, "to");
    List<String> ids = ids(wanted);
    String which = " (" + which(wanted) + to.map(name -> ", to " + name).orElse("") + ")";
    return new AuditEntry("replayed", "dead letter", which)
        .make(
            call,
            () -> ids.isEmpty() ? letters.replay(filter(wanted), to) : letters.replay(ids, to));
  }

  private Reply drop(Call call) throws IOException {
    JsonNode wanted = call.json();
    List<String> ids = ids(wanted);
    return new AuditEntry("dropped", "dead letter", " (" + which(wanted) + ")")
        .make(call, () -> ids.isEmpty() ? letters.drop(filter(wanted)) : letters.drop(ids));
  }

  /** The selection in words. */
  private static String which(JsonNode wanted) {
    List<String> ids = ids(wanted);
    if (!ids.isEmpty()) {
      return ids.size() <= NAMED
          ? String.join(", ", ids)
          : String.join(", ", ids.subList(0, NAMED)) + " and " + (ids.size() - NAMED) + " more";
    }
    JsonNode filter = wanted.path("filter");
    return filter.isEmpty() ? "all" : "those with " + filter;
  }

  /** The given ids; empty: the caller means a filter. */
  private static List<String> ids(JsonNode wanted) {
    List<String> ids = new ArrayList<>();
    wanted.path("ids").forEach(id -> ids.add(id.asText()));
    return ids;
  }

  /** The filter, which must be given even if it is empty: nobody means all by mistake. */
  private static DeadLetterFilter filter(JsonNode wanted) {
    JsonNode filter = wanted.path("filter");
    if (!filter.isObject()) {
      throw new BadCallException(400, "give the ids, or a filter ({} for all)");
    }
    filter
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!List.of("destination", "tenant", "type", "reason", "since", "until")
                  .contains(name)) {
                throw new BadCallException(400, "a filter has no " + name);
              }
            });
    return new DeadLetterFilter(
        text(filter, "destination"),
        text(filter, "tenant"),
        text(filter, "type"),
        text(filter, "reason"),
        Call.time("since", text(filter, "since")),
        Call.time("until", text(filter, "until")));
  }

  private static Optional<String> text(JsonNode object, String name) {
    return Optional.of(object.path(name).asText()).filter(text -> !text.isEmpty());
  }

  /** Empty: the bytes are not UTF-8. */
  private static Optional<String> text(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
