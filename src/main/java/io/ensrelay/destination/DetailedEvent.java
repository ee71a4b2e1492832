package io.ensrelay.destination;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ensrelay.service.DeviceName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A CloudEvent in JSON, its device, and the place for details in its {@code data}. No other byte of
 * it changes.
 *
 * @param device empty: the event has none that the service could know
 * @param from where the details begin
 * @param to where the event goes on behind them; details that are there already are replaced
 * @param isFirst whether no member of {@code data} stands before them
 */
record DetailedEvent(byte[] json, Optional<DeviceName> device, int from, int to, boolean isFirst) {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  private static final String DETAILS = "details";

  /**
   * @throws com.fasterxml.jackson.core.JacksonException if the text is no JSON object with an
   *     object {@code data}
   */
  static DetailedEvent of(byte[] json) throws IOException {
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          boolean isData = parser.currentName().equals("data");
          if (parser.nextToken() == JsonToken.START_OBJECT && isData) {
            return new Data(json, parser).read();
          }
          parser.skipChildren();
        }
      }
      throw new JsonParseException(
          parser,
          "there is no event with data to add details to: the step ens-details-action stands before"
              + " all that change the event");
    }
  }

  byte[] with(byte[] details) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + details.length + 16);
    out.write(json, 0, from);
    out.writeBytes(((isFirst ? "" : ",") + "\"details\":").getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(details);
    out.write(json, to, json.length - to);
    return out.toByteArray();
  }

  /** Reads the object {@code data}. */
  private static final class Data {
    private final byte[] json;
    private final JsonParser parser;
    private Optional<String> guid = Optional.empty();
    private Optional<String> identifier = Optional.empty();

    Data(byte[] json, JsonParser parser) {
      this.json = json;
      this.parser = parser;
    }

    DetailedEvent read() throws IOException {
      int from = -1;
      int to = -1;
      boolean isFirst = true;
      int end = place();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("device") && value == JsonToken.START_OBJECT) {
          device();
        } else {
          parser.skipChildren();
          parser.finishToken();
        }
        if (name.equals(DETAILS)) {
          // with the comma before them
          from = end;
          to = place();
          isFirst = json[end - 1] == '{';
        }
        end = place();
      }
      if (from < 0) {
        from = end;
        to = end;
        isFirst = json[end - 1] == '{';
      }
      return new DetailedEvent(
          json,
          guid.map(id -> new DeviceName(id, true))
              .or(() -> identifier.map(id -> new DeviceName(id, false))),
          from,
          to,
          isFirst);
    }

    /** Behind the present token. */
    private int place() {
      return (int) parser.currentLocation().getByteOffset();
    }

    private void device() throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (parser.nextToken() != JsonToken.VALUE_STRING) {
          parser.skipChildren();
        } else if (name.equals("deviceGuid")) {
          guid = name();
        } else if (name.equals("identifier")) {
          identifier = name();
        }
      }
    }

    private Optional<String> name() throws IOException {
      String text = parser.getText().strip();
      return text.isEmpty() || text.length() > DeviceName.LONGEST
          ? Optional.empty()
          : Optional.of(text);
    }
  }
}
