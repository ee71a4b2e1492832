package io.ensrelay.simulator;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * An HTTP call to the simulated service, its body already read.
 *
 * @param method such as GET
 * @param path without the query
 * @param query the parameters; the last value of a repeated one
 * @param body the bytes
 */
record HttpCall(String method, String path, Map<String, String> query, byte[] body) {

  /** The body of a call exceeds the limit. */
  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1;

    TooLongException(int longest) {
      super("The body must have %s bytes at most".formatted(longest));
    }
  }

  static HttpCall read(HttpExchange exchange, int longestBody) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(longestBody + 1);
    if (body.length > longestBody) {
      throw new TooLongException(longestBody);
    }
    return new HttpCall(
        exchange.getRequestMethod(),
        exchange.getRequestURI().getPath(),
        query(exchange.getRequestURI().getRawQuery()),
        body);
  }

  private static Map<String, String> query(String text) {
    Map<String, String> query = new HashMap<>();
    if (text != null) {
      for (String part : text.split("&")) {
        int sign = part.indexOf('=');
        query.put(
            decoded(sign < 0 ? part : part.substring(0, sign)),
            sign < 0 ? "" : decoded(part.substring(sign + 1)));
      }
    }
    return query;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}
