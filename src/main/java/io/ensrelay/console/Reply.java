package io.ensrelay.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An answer with all of its body.
 *
 * @param status the HTTP status
 * @param type the media type
 * @param headers those it has besides
 */
record Reply(int status, String type, byte[] body, Map<String, String> headers) {
  private static final ObjectMapper JSON = new ObjectMapper();

  Reply(int status, String type, byte[] body) {
    this(status, type, body, Map.of());
  }

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

  /** The same answer with a header more. */
  Reply with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Reply(status, type, body, more);
  }

  /** Content as JSON in UTF-8, on one line. */
  static byte[] bytes(Object content) {
    try {
      return JSON.writeValueAsBytes(content);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer could not be written as JSON", e);
    }
  }
}
