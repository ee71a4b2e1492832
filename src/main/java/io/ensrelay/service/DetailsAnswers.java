package io.ensrelay.service;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Splits an answer into the JSON of each device, unchanged but on one line. An element belongs to
 * the device whose name is one of its texts; elements about other devices are left out. Threads:
 * stateless.
 */
final class DetailsAnswers {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  private static final String APPLICATIONS = "applications";
  private static final byte[] NONE = {'[', ']'};

  private final DetailsCall call;
  private final byte[] json;
  private final Map<String, DeviceName> asked = new HashMap<>();
  private final Map<DeviceName, byte[]> found = new HashMap<>();

  private DetailsAnswers(DetailsCall call, Collection<DeviceName> devices, byte[] json) {
    this.call = call;
    this.json = json;
    devices.forEach(device -> asked.put(plain(device.id()), device));
  }

  /**
   * @return the JSON of each device that the answer mentions
   * @throws IOException if it is not a JSON array of objects, or mentions only other devices
   */
  static Map<DeviceName, byte[]> of(DetailsCall call, Collection<DeviceName> asked, byte[] answer)
      throws IOException {
    // replaces bytes that are not UTF-8
    String text = new String(answer, StandardCharsets.UTF_8).replace("\uFEFF", "");
    if (text.isBlank() && call == DetailsCall.APPLICATIONS) {
      // by an empty answer the service says that there are no applications
      return Map.of();
    }
    return new DetailsAnswers(call, asked, text.getBytes(StandardCharsets.UTF_8)).read();
  }

  private Map<DeviceName, byte[]> read() throws IOException {
    int elements = 0;
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new JsonParseException(parser, "the answer is no JSON array of devices");
      }
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        elements++;
        element(parser);
      }
      if (parser.currentToken() != JsonToken.END_ARRAY || parser.nextToken() != null) {
        throw new JsonParseException(parser, "the answer is no JSON array of devices");
      }
    }
    if (found.isEmpty() && elements > 0) {
      throw new IOException("the answer is about other devices than those that were asked for");
    }
    return found;
  }

  private void element(JsonParser parser) throws IOException {
    int from = (int) parser.currentTokenLocation().getByteOffset();
    List<String> texts = new ArrayList<>();
    Optional<byte[]> applications = Optional.empty();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.VALUE_STRING && parser.getTextLength() <= DeviceName.LONGEST) {
        texts.add(plain(parser.getText()));
      } else if (name.equals(APPLICATIONS) && value == JsonToken.START_ARRAY) {
        int begin = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        applications = Optional.of(line(begin, (int) parser.currentLocation().getByteOffset()));
      } else {
        parser.skipChildren();
      }
    }
    byte[] value =
        call == DetailsCall.DEVICE
            ? line(from, (int) parser.currentLocation().getByteOffset())
            : applications.orElse(NONE);
    texts.stream()
        .filter(asked::containsKey)
        .findFirst()
        .ifPresent(name -> found.putIfAbsent(asked.get(name), value));
  }

  /** The service may write a name in upper or lower case. */
  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** A line break in JSON is always between two tokens. */
  private byte[] line(int from, int to) {
    byte[] line = new byte[to - from];
    for (int i = from; i < to; i++) {
      line[i - from] = json[i] == '\n' || json[i] == '\r' ? (byte) ' ' : json[i];
    }
    return line;
  }
}
