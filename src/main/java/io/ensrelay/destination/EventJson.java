package io.ensrelay.destination;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An event's body, checked to be one JSON object, on one line, and what the sinks need to know of
 * it. Immutable, provided that nobody changes the bytes.
 *
 * @param bytes UTF-8, from the opening to the closing brace
 * @param texts the scalar values that were asked for, by their path
 * @param isEmpty whether the object has no field
 */
record EventJson(byte[] bytes, Map<String, String> texts, boolean isEmpty) {
  private static final JsonFactory JSON = new JsonFactory();

  /**
   * Reads a body.
   *
   * @param paths of wanted scalar values, such as {@code data.device.serialNumber}
   * @throws JsonParseException when it is not one JSON object
   */
  static EventJson of(byte[] body, List<String> paths) throws IOException {
    try (JsonParser parser = JSON.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new JsonParseException(parser, "the body is not a JSON object");
      }
      int from = (int) parser.currentTokenLocation().getByteOffset();
      if (from < 0) {
        throw new JsonParseException(parser, "the body is not UTF-8");
      }
      Texts texts = new Texts(parser, paths);
      boolean isEmpty = texts.read();
      int to = (int) parser.currentLocation().getByteOffset();
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "the body has something after the JSON object");
      }
      return new EventJson(onOneLine(body, from, to), texts.found(), isEmpty);
    }
  }

  Optional<String> text(String path) {
    return Optional.ofNullable(texts.get(path));
  }

  /** Writes the object with a text field before the others. */
  void writeWith(String name, String value, ByteArrayOutputStream out) {
    String field = "{" + quoted(name) + ":" + quoted(value) + (isEmpty ? "" : ",");
    out.writeBytes(field.getBytes(StandardCharsets.UTF_8));
    out.write(bytes, 1, bytes.length - 1);
  }

  static String quoted(String text) {
    return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  /** A line break in JSON is always between two tokens. */
  private static byte[] onOneLine(byte[] body, int from, int to) {
    byte[] line = new byte[to - from];
    for (int i = from; i < to; i++) {
      line[i - from] = body[i] == '\n' || body[i] == '\r' ? (byte) ' ' : body[i];
    }
    return line;
  }

  /** Walks through an object and collects texts. */
  private static final class Texts {
    private final JsonParser parser;
    private final List<String> paths;
    private final Map<String, String> found = new HashMap<>();

    Texts(JsonParser parser, List<String> paths) {
      this.parser = parser;
      this.paths = paths;
    }

    Map<String, String> found() {
      return Map.copyOf(found);
    }

    /** Reads to the end of the object; returns whether it was empty. */
    boolean read() throws IOException {
      return read("");
    }

    private boolean read(String prefix) throws IOException {
      boolean isEmpty = true;
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        isEmpty = false;
        String path = prefix + parser.currentName();
        JsonToken value = parser.nextToken();
        boolean leadsOn =
            value == JsonToken.START_OBJECT
                && paths.stream().anyMatch(p -> p.startsWith(path + "."));
        if (leadsOn) {
          read(path + ".");
        } else if (value.isScalarValue() && paths.contains(path)) {
          found.put(path, parser.getText());
        } else {
          parser.skipChildren();
        }
      }
      return isEmpty;
    }
  }
}
