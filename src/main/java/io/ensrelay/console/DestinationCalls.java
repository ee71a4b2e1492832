package io.ensrelay.console;

import io.ensrelay.base.FailureReason;
import io.ensrelay.base.Printable;
import io.ensrelay.delivery.DestinationControl;
import io.ensrelay.delivery.SentByHand;
import io.ensrelay.event.Event;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Selection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * The calls on one destination that need a running relay: {@code GET /api/destinations/NAME}, and
 * {@code POST} on its {@code retry} and {@code send}; {@code GET /api/history} of all. Threads:
 * safe.
 */
final class DestinationCalls implements Api.Calls {
  private static final String PATH = "/api/destinations/";

  private final Overview overview;
  private final StatusReport status;
  private final PastedEvent pasted;

  /**
   * The backlogs of the last hour.
   *
   * @param waiting by destination, a number for each minute, the oldest first
   */
  private record History(Map<String, List<Long>> waiting) {}

  /**
   * The details of a destination that its row in the table does not show.
   *
   * @param selection null: it has no cursor
   * @param route null: no route reads it
   * @param file where the route is written
   * @param failures the last failed tries, the newest first
   * @param lastEvent the newest stored event that it selects, as JSON text
   */
  private record Details(
      String name,
      Optional<Selection.Parts> selection,
      Optional<String> route,
      Optional<String> file,
      List<Failure> failures,
      Optional<String> lastEvent) {}

  private record Failure(
      Instant time, String reason, String detail, Optional<String> answer, boolean deadLetter) {
    static Failure of(DestinationStatus.FailedTry failed) {
      return new Failure(
          failed.time(),
          failed.why().reason(),
          failed.why().detail(),
          failed.answer(),
          failed.isDeadLetter());
    }
  }

  /**
   * @param lanes number of paused lanes, which try again now
   */
  private record Retried(int lanes) {}

  /**
   * The result of sending an event by hand.
   *
   * @param status of the HTTP answer
   * @param answer its first KB
   */
  private record Sent(
      boolean delivered,
      String event,
      String type,
      Optional<Integer> status,
      Optional<String> answer,
      Optional<String> reason,
      Optional<String> detail,
      long tookMillis) {}

  DestinationCalls(Overview overview, StatusReport status, String tenant) {
    this.overview = overview;
    this.status = status;
    pasted = new PastedEvent(tenant);
  }

  @Override
  public Optional<Reply> answer(Call call) throws IOException {
    String path = call.path();
    if (call.method().equals("GET") && path.equals("/api/history")) {
      return Optional.of(Reply.json(200, new History(overview.history().lastHour())));
    }
    if (!path.startsWith(PATH)) {
      return Optional.empty();
    }
    String rest = path.substring(PATH.length());
    if (call.method().equals("GET") && !rest.isEmpty() && rest.indexOf('/') < 0) {
      return Optional.of(Reply.json(200, details(rest)));
    }
    if (call.method().equals("POST") && rest.endsWith("/retry")) {
      return Optional.of(retry(call, name(rest)));
    }
    if (call.method().equals("POST") && rest.endsWith("/send")) {
      return Optional.of(send(call, name(rest)));
    }
    return Optional.empty();
  }

  private static String name(String rest) {
    return rest.substring(0, rest.lastIndexOf('/'));
  }

  private Details details(String name) throws IOException {
    Optional<Selection.Parts> selection = overview.view().selection(name);
    Optional<DestinationControl.Details> route = overview.control().details(name);
    if (selection.isEmpty() && route.isEmpty()) {
      throw DestinationChanges.unknown(name);
    }
    return new Details(
        name,
        selection,
        route.map(DestinationControl.Details::route),
        route.flatMap(DestinationControl.Details::file),
        route.map(each -> each.failures().stream().map(Failure::of).toList()).orElse(List.of()),
        overview.view().newest(name).map(json -> new String(json, StandardCharsets.UTF_8)));
  }

  private Reply retry(Call call, String name) throws IOException {
    if (!call.json().isEmpty()) {
      throw new BadCallException(400, "the body must be {}");
    }
    int lanes = overview.control().tryNow(name).orElseThrow(() -> notRead(name));
    if (lanes > 0) {
      AuditEntry.say(
          call, "Tried %s now, %s%s".formatted(name, lanes, lanes == 1 ? " lane" : " lanes"));
    }
    return Reply.json(200, new Retried(lanes));
  }

  private Reply send(Call call, String name) {
    Event event =
        pasted.of(
            call.body(),
            status.now().connection().map(Status.Connection::topics).orElse(List.of()));
    try {
      SentByHand sent = overview.control().send(name, event).orElseThrow(() -> notRead(name));
      String outcome =
          sent.delivered() ? "delivered" : "failed: " + sent.why().orElseThrow().reason();
      AuditEntry.say(call, "Sent event %s to %s by hand, %s".formatted(event.id(), name, outcome));
      return Reply.json(
          200,
          new Sent(
              sent.delivered(),
              event.id(),
              event.type(),
              sent.status(),
              sent.answer(),
              sent.why().map(FailureReason::reason),
              sent.why().map(FailureReason::detail),
              sent.took().toMillis()));
    } catch (IllegalStateException e) {
      throw new BadCallException(409, Printable.line(String.valueOf(e.getMessage())));
    } catch (TimeoutException e) {
      AuditEntry.say(
          call, "Sent event %s to %s by hand, without an end".formatted(event.id(), name));
      throw new BadCallException(504, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BadCallException(503, "the relay stops");
    }
  }

  private BadCallException notRead(String name) {
    return overview.contents().flatMap(all -> all.backlog(name)).isPresent()
        ? new BadCallException(409, "no route reads " + Printable.line(name))
        : DestinationChanges.unknown(name);
  }
}
