package io.ensrelay.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An HTTP answer of the simulated service.
 *
 * @param status the HTTP status
 * @param headers all but the length
 * @param body the bytes; empty: an answer without a body
 */
record HttpAnswer(int status, Map<String, String> headers, byte[] body) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] NOTHING = {};

  static HttpAnswer empty(int status) {
    return new HttpAnswer(status, Map.of(), NOTHING);
  }

  static HttpAnswer empty(int status, String header, String value) {
    return new HttpAnswer(status, Map.of(header, value), NOTHING);
  }

  static HttpAnswer json(int status, Object content) {
    try {
      return new HttpAnswer(
          status,
          Map.of("Content-Type", "application/json;charset=UTF-8"),
          JSON.writeValueAsBytes(content));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("An answer could not be written as JSON", e);
    }
  }

  static HttpAnswer html(int status, String page) {
    return new HttpAnswer(
        status,
        Map.of("Content-Type", "text/html;charset=UTF-8"),
        page.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns an error answer with one line that says what was wrong. */
  static HttpAnswer error(int status, String message) {
    return json(status, Map.of("error", message));
  }

  void send(HttpExchange exchange) throws IOException {
    announce(exchange);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  /** Announces all of the body, sends half of it and closes the connection. */
  void sendHalf(HttpExchange exchange) throws IOException {
    announce(exchange);
    OutputStream out = exchange.getResponseBody();
    out.write(body, 0, body.length / 2);
    out.flush();
    exchange.close();
  }

  private void announce(HttpExchange exchange) throws IOException {
    headers.forEach(exchange.getResponseHeaders()::set);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
  }
}
