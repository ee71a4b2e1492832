package io.ensrelay.console;

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
  Reply(int status, String type, byte[] body) {
    this(status, type, body, Map.of());
  }

  static Reply json(int status, Object content) {
    return new Reply(status, "application/json", Json.bytes(content));
  }

  static Reply text(int status, String type, String text) {
    return new Reply(status, type, text.getBytes(StandardCharsets.UTF_8));
  }

  /** An error; the line says what was wrong and what to do. */
  static Reply error(int status, String line) {
    return json(status, Map.of("error", line));
  }

  /** The same answer with a header more. */
  Reply with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Reply(status, type, body, more);
  }
}
