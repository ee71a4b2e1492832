package io.ensrelay.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A call of the API.
 *
 * @param method {@code GET} also for {@code HEAD}, which gets the same without its body
 * @param query the parameters, each with all of its values
 * @param caller for the log; empty: a command, in its own process
 */
record Call(
    String method,
    String path,
    Map<String, List<String>> query,
    byte[] body,
    Optional<String> caller) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Call of(Request request, String caller) {
    return new Call(
        request.isReading() ? "GET" : request.method(),
        request.path(),
        query(request.uri().getRawQuery()),
        request.body(),
        Optional.of(caller));
  }

  static Call of(String method, URI uri, byte[] body) {
    return new Call(method, uri.getPath(), query(uri.getRawQuery()), body, Optional.empty());
  }

  static Map<String, List<String>> query(String raw) {
    Map<String, List<String>> query = new LinkedHashMap<>();
    for (String part : raw == null ? new String[0] : raw.split("&")) {
      String[] pair = part.split("=", 2);
      String value = pair.length == 2 ? decoded(pair[1]) : "";
      if (!value.isEmpty()) {
        query.computeIfAbsent(decoded(pair[0]), name -> new ArrayList<>()).add(value);
      }
    }
    return query;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new BadCallException(400, "the query is not encoded as it should be");
    }
  }

  List<String> all(String name) {
    return query.getOrDefault(name, List.of());
  }

  Optional<String> one(String name) {
    return all(name).stream().findFirst();
  }

  int number(String name, int least, int most, int usual) {
    try {
      return Math.max(least, Math.min(most, one(name).map(Integer::parseInt).orElse(usual)));
    } catch (NumberFormatException e) {
      throw new BadCallException(400, name + " must be a number");
    }
  }

  static Optional<Instant> time(String name, Optional<String> text) {
    try {
      return text.map(Instant::parse);
    } catch (DateTimeException e) {
      throw new BadCallException(400, name + " must be a time such as 2026-02-27T09:36:13Z");
    }
  }

  /** The body, which must be a JSON object. */
  JsonNode json() {
    try {
      JsonNode node = JSON.readTree(body);
      if (node != null && node.isObject()) {
        return node;
      }
    } catch (IOException e) {
      // reported below
    }
    throw new BadCallException(400, "the body must be a JSON object");
  }
}
