package io.ensrelay.service;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;

/** Makes the calls by the route {@code resync.call} of a tenant. Threads: one. */
public final class FleetRoutes implements FleetCalls {
  private static final byte[] NONE = {};

  private final ProducerTemplate routes;
  private final String endpoint;
  private final Set<String> ignored;
  private final Clock clock;

  /**
   * @param suffix what the names of the tenant's routes end with
   * @param ignored fields that do not count in the digests
   */
  public FleetRoutes(ProducerTemplate routes, String suffix, Set<String> ignored, Clock clock) {
    this.routes = routes;
    endpoint = "direct:resync.call" + suffix;
    this.ignored = Set.copyOf(ignored);
    this.clock = clock;
  }

  @Override
  public FleetPage page(String status, long offset, int limit) throws Exception {
    Instant asked = clock.instant();
    String query = "status=" + encoded(status) + "&offset=" + offset + "&limit=" + limit;
    return FleetAnswers.page(get("", query), asked, ignored);
  }

  @Override
  public OptionalLong count(String status) throws Exception {
    return FleetAnswers.count(get("/count", "status=" + encoded(status)));
  }

  @Override
  public FleetPage find(boolean areGuids, Collection<String> names) throws Exception {
    Instant asked = clock.instant();
    String body =
        names.stream()
            .map(
                name -> '"' + new String(JsonStringEncoder.getInstance().quoteAsString(name)) + '"')
            .collect(
                Collectors.joining(
                    ",",
                    "{\"identifiers\":[",
                    "],\"identifierType\":\"" + (areGuids ? "GUID" : "MDM_IDENTIFIER") + "\"}"));
    byte[] answer =
        call(
            body,
            Map.of(
                Exchange.HTTP_METHOD, "POST",
                Exchange.HTTP_PATH, "/uuid",
                Exchange.CONTENT_TYPE, "application/json"));
    return FleetAnswers.page(answer, asked, ignored);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private byte[] get(String path, String query) throws Exception {
    return call(
        null,
        Map.of(Exchange.HTTP_METHOD, "GET", Exchange.HTTP_PATH, path, Exchange.HTTP_QUERY, query));
  }

  private byte[] call(String body, Map<String, Object> headers) throws Exception {
    try {
      byte[] answer = routes.requestBodyAndHeaders(endpoint, body, headers, byte[].class);
      return answer == null ? NONE : answer;
    } catch (CamelExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : new IOException(e);
    }
  }
}
