package io.ensrelay.destination;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An event as the spool hands it to a destination: from a file, with its attributes as headers. */
public record SpooledEvent(byte[] body, Map<String, Object> headers) {
  private static final Path FOLDER = Path.of("src/test/resources/events");
  private static final ObjectMapper JSON = new ObjectMapper();

  public static SpooledEvent one() {
    return event(read("one.json"));
  }

  /** Three, of different devices. */
  static List<SpooledEvent> many() {
    return new String(read("many.jsonl"), StandardCharsets.UTF_8)
        .lines()
        .map(line -> event(line.getBytes(StandardCharsets.UTF_8)))
        .toList();
  }

  /** Without a device. */
  static SpooledEvent none() {
    return event(read("none.json"));
  }

  /** Over several lines. */
  static SpooledEvent pretty() {
    return event(read("pretty.json"));
  }

  /** Bytes that are neither JSON nor text. */
  static SpooledEvent malformed() {
    byte[] bytes = read("malformed.bin");
    return new SpooledEvent(
        bytes, Map.of("eventId", "000000000000000000000000000000ff", "eventType", "device.odd"));
  }

  /** With headers that would send it elsewhere. */
  public SpooledEvent hostile() {
    Map<String, Object> all = new HashMap<>(headers);
    all.put("CamelHttpUri", "http://localhost:1/stolen");
    all.put("CamelHttpPath", "/stolen");
    all.put("CamelHttpQuery", "stolen=true");
    all.put("CamelHttpMethod", "DELETE");
    all.put("CamelHttpBaseUri", "http://localhost:1/stolen");
    all.put("Host", "stolen.example");
    all.put("Content-Type", "text/stolen");
    all.put("Authorization", "stolen");
    all.put("CamelFileName", "../stolen");
    all.put("CamelOverruleFileName", "../stolen");
    all.put("CamelJmsDestinationName", "stolen");
    all.put("CamelJmsDestination", "stolen");
    all.put("JMSReplyTo", "stolen");
    all.put("JMSCorrelationID", "stolen");
    all.put("CamelBeanMethodName", "close");
    all.put("CamelCharsetName", "UTF-16");
    return new SpooledEvent(body, all);
  }

  SpooledEvent with(String header, Object value) {
    Map<String, Object> all = new HashMap<>(headers);
    all.put(header, value);
    return new SpooledEvent(body, all);
  }

  public String id() {
    return (String) headers.get("eventId");
  }

  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  private static SpooledEvent event(byte[] body) {
    try {
      JsonNode event = JSON.readTree(body);
      JsonNode data = event.get("data");
      JsonNode device = data.path("device");
      Map<String, Object> headers = new HashMap<>();
      headers.put("eventId", event.get("id").asText());
      headers.put("eventType", event.get("type").asText());
      headers.put("tenant", "default");
      headers.put("eventTime", data.get("timestamp").asLong());
      for (String[] name :
          List.of(
              new String[] {"deviceId", "deviceGuid"},
              new String[] {"deviceOs", "os"},
              new String[] {"deviceStatus", "status"})) {
        if (device.has(name[1])) {
          headers.put(name[0], device.get(name[1]).asText());
        }
      }
      if (device.has("compliant")) {
        headers.put("deviceCompliant", device.get("compliant").asBoolean());
      }
      return new SpooledEvent(body, headers);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] read(String file) {
    try {
      byte[] bytes = Files.readAllBytes(FOLDER.resolve(file));
      boolean line = file.endsWith(".json") && bytes[bytes.length - 1] == '\n';
      return line ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
