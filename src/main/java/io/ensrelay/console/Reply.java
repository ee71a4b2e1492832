package io.ensrelay.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An answer with all of its body.
 *
 * @param status the HTTP status
 * @param type the media type
 */
record Reply(int status, String type, byte[] body) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Reply json(int status, Object content) {
    return new Reply(status, "application/json", bytes(content));
  }

  static Reply text(int status, String type, String text) {
    return new Reply(status, type, text.getBytes(StandardCharsets.UTF_8));
  }

  /** What was wrong, and what to do, on one line. */
  static Reply error(int status, String line) {
    return json(status, Map.of("error", line));
  }

  /** Content as JSON in UTF-8, on one line. */
  static byte[] bytes(Object content) {
    try {
      return JSON.writeValueAsBytes(content);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer could not be written as JSON", e);
    }
  }

  void send(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
    if (!head && body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }
}
