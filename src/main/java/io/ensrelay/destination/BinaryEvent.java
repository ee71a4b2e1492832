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
 * A CloudEvent taken apart for the binary mode of a transport. The bytes of {@code data} are those
 * of the event, unchanged.
 *
 * @param attributes the context attributes as text, without {@code datacontenttype}
 */
record BinaryEvent(Map<String, String> attributes, Optional<String> contentType, byte[] data) {
  private static final JsonFactory JSON = new JsonFactory();

  /**
   * @throws JsonParseException if the bytes are no CloudEvent in JSON
   */
  static BinaryEvent of(byte[] event) throws IOException {
    Map<String, String> attributes = new LinkedHashMap<>();
    byte[] data = {};
    try (JsonParser json = JSON.createParser(event)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new JsonParseException(json, "not a CloudEvent: not a JSON object");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (name.equals("data")) {
          data = bytes(json, event);
        } else if (name.equals("data_base64")) {
          data = json.getBinaryValue();
        } else if (value.isScalarValue() && value != JsonToken.VALUE_NULL) {
          attributes.put(name, json.getText());
        } else {
          json.skipChildren();
        }
      }
      for (String name : new String[] {"specversion", "id", "source", "type"}) {
        if (!attributes.containsKey(name)) {
          throw new JsonParseException(json, "not a CloudEvent: has no " + name);
        }
      }
    }
    return new BinaryEvent(
        attributes, Optional.ofNullable(attributes.remove("datacontenttype")), data);
  }

  private static byte[] bytes(JsonParser json, byte[] event) throws IOException {
    int from = (int) json.currentTokenLocation().getByteOffset();
    json.skipChildren();
    json.finishToken();
    int to = (int) json.currentLocation().getByteOffset();
    return Arrays.copyOfRange(event, from, to);
  }
}
