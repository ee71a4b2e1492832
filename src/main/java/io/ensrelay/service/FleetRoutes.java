package io.ensrelay.service;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;

/**
 * Makes the calls by the route {@code resync.call} of a tenant. Pages have the service's time, like
 * events: it comes from the header {@code Date} of the answers. Threads: one.
 */
public final class FleetRoutes implements FleetCalls {
  private static final byte[] NONE = {};
  private static final JsonStringEncoder QUOTED = JsonStringEncoder.getInstance();

  /** Clocks may differ by this much: the delay of the service's answers allows for it. */
  private static final Duration TOLERATED = Duration.ofSeconds(10);

  private final ProducerTemplate routes;
  private final String endpoint;
  private final Set<String> ignored;
  private final Clock clock;

  /**
   * @param suffix of the names of the tenant's routes
   * @param ignored fields that do not count in the digests
   */
  public FleetRoutes(ProducerTemplate routes, String suffix, Set<String> ignored, Clock clock) {
    this.routes = routes;
    endpoint = "direct:resync.call" + suffix;
    this.ignored = Set.copyOf(ignored);
    this.clock = clock;
  }

  /**
   * An answer.
   *
   * @param asked when it was asked for, by the clock of the service if that differs much from ours
   */
  private record Answer(byte[] body, Instant asked) {}

  @Override
  public FleetPage page(String status, long offset, int limit) throws Exception {
    String query = "status=" + encoded(status) + "&offset=" + offset + "&limit=" + limit;
    Answer answer = get("", query);
    return FleetAnswers.page(answer.body(), answer.asked(), ignored);
  }

  @Override
  public OptionalLong count(String status) throws Exception {
    return FleetAnswers.count(get("/count", "status=" + encoded(status)).body());
  }

  @Override
  public FleetPage find(boolean areGuids, Collection<String> names) throws Exception {
    String type = areGuids ? "GUID" : "MDM_IDENTIFIER";
    String body =
        names.stream()
            .map(name -> '"' + String.valueOf(QUOTED.quoteAsString(name)) + '"')
            .collect(
                Collectors.joining(
                    ",", "{\"identifiers\":[", "],\"identifierType\":\"" + type + "\"}"));
    Answer answer =
        call(
            body,
            Map.of(
                Exchange.HTTP_METHOD, "POST",
                Exchange.HTTP_PATH, "/uuid",
                Exchange.CONTENT_TYPE, "application/json"));
    return FleetAnswers.page(answer.body(), answer.asked(), ignored);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private Answer get(String path, String query) throws Exception {
    return call(
        null,
        Map.of(Exchange.HTTP_METHOD, "GET", Exchange.HTTP_PATH, path, Exchange.HTTP_QUERY, query));
  }

  private Answer call(String body, Map<String, Object> headers) throws Exception {
    Instant before = clock.instant();
    Exchange exchange =
        routes.request(
            endpoint,
            asking -> {
              asking.getMessage().setBody(body);
              asking.getMessage().setHeaders(new HashMap<>(headers));
            });
    if (exchange.getException() != null) {
      throw exchange.getException();
    }
    byte[] answer = exchange.getMessage().getBody(byte[].class);
    Duration elapsed = Duration.between(before, clock.instant());
    return new Answer(
        answer == null ? NONE : answer,
        date(exchange)
            .map(date -> date.minus(elapsed))
            .filter(asked -> Duration.between(asked, before).abs().compareTo(TOLERATED) > 0)
            .orElse(before));
  }

  /** The service's time when it answered. */
  private static Optional<Instant> date(Exchange exchange) {
    try {
      return Optional.ofNullable(exchange.getMessage().getHeader("Date", String.class))
          .map(date -> DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
