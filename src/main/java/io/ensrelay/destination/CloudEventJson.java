package io.ensrelay.destination;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A CloudEvent in JSON, taken apart. Nothing of {@code data} is read or changed.
 *
 * @param attributes the members of the event that are texts, numbers or booleans, as text
 * @param data the bytes of {@code data} as they stand; empty without one
 */
record CloudEventJson(Map<String, String> attributes, Optional<byte[]> data) {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  /**
   * @throws com.fasterxml.jackson.core.JacksonException if the text is not one JSON object: a
   *     mistake of this event, not of the destination
   */
  static CloudEventJson of(byte[] json) throws IOException {
    Map<String, String> attributes = new LinkedHashMap<>();
    Optional<byte[]> data = Optional.empty();
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new JsonParseException(parser, "the event is not a JSON object");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("data")) {
          int from = (int) parser.currentTokenLocation().getByteOffset();
          parser.skipChildren();
          parser.finishToken();
          data =
              Optional.of(
                  Arrays.copyOfRange(json, from, (int) parser.currentLocation().getByteOffset()));
        } else if (value.isScalarValue() && value != JsonToken.VALUE_NULL) {
          attributes.put(name, parser.getText());
        } else {
          parser.skipChildren();
        }
      }
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "there is something behind the event");
      }
    }
    return new CloudEventJson(attributes, data);
  }

  /**
   * @throws com.fasterxml.jackson.core.JacksonException if the event has no {@code data}
   */
  byte[] requireData() throws IOException {
    if (data.isEmpty()) {
      throw new JsonParseException(null, "the event has no data");
    }
    return data.get();
  }
}
