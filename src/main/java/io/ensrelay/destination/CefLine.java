package io.ensrelay.destination;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.Printable;
import io.ensrelay.base.Version;
import io.ensrelay.event.Event;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.apache.camel.Exchange;

/**
 * Replaces an event by one line of the Common Event Format (CEF:0), without a line end.
 *
 * <p>Texts of a device can't end the line, begin a field or control a terminal: {@code \} and
 * {@code |} are escaped in the header, {@code \}, {@code =} and line ends in the extension, and a
 * question mark replaces other control characters. A long text is cut. Threads: safe.
 */
public final class CefLine {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TYPE = "text/plain; charset=utf-8";
  private static final String UNKNOWN = "unknown";
  private static final int USUAL = 3;
  private static final Map<String, Integer> SEVERITIES =
      Map.ofEntries(
          Map.entry("device.check_in", 1),
          Map.entry("device.app_inventory", 1),
          Map.entry("device.cert_inventory", 1),
          Map.entry("device.profile_inventory", 1),
          Map.entry("device.compliant", 2),
          Map.entry("device.enrolled", 3),
          Map.entry("device.not_compliant", 5),
          Map.entry("device.retired", 6),
          Map.entry("device.wiped", 7),
          Map.entry(Event.GAP, 8),
          Map.entry(Event.SNAPSHOT, 1),
          Map.entry(Event.MISSING, 6),
          Map.entry(Event.RESYNC_STARTED, 1),
          Map.entry(Event.RESYNC_FINISHED, 1));

  private static final int TYPE_LENGTH = 100;
  private static final int ID_LENGTH = 255;
  private static final int USER_LENGTH = 1023;
  private static final int TEXT_LENGTH = 4000;

  private final String version = Version.packaged().orElse(UNKNOWN);

  /**
   * @throws com.fasterxml.jackson.core.JacksonException if the body is not a JSON object
   */
  public void format(Exchange exchange) throws IOException {
    byte[] event = exchange.getMessage().getBody(byte[].class);
    Envelope.put(exchange, of(event == null ? new byte[0] : event), TYPE);
  }

  String of(byte[] json) throws IOException {
    JsonNode event = JSON.readTree(json);
    if (!event.isObject()) {
      // also says that it is no JSON at all
      CloudEventJson.of(json);
    }
    JsonNode device = event.path("data").path("device");
    String type = text(event, "type");
    StringBuilder line = new StringBuilder("CEF:0|Ivanti|ENS|");
    line.append(header(version)).append('|');
    line.append(header(type.isEmpty() ? UNKNOWN : type)).append('|');
    line.append(header(name(type))).append('|');
    line.append(SEVERITIES.getOrDefault(type, USUAL)).append('|');
    int head = line.length();
    add(line, "rt", time(event), ID_LENGTH);
    add(line, "deviceExternalId", text(event, "subject"), ID_LENGTH);
    add(line, "dvcmac", text(device, "macAddress"), ID_LENGTH);
    add(line, "duser", text(device, "userId"), USER_LENGTH);
    custom(line, "cs1", "os", text(device, "os"));
    custom(line, "cs2", "serialNumber", text(device, "serialNumber"));
    custom(line, "cs3", "status", text(device, "status"));
    custom(line, "cs4", "compliant", text(device, "compliant"));
    custom(line, "cs5", "tenant", text(event, "source").replaceFirst("^/ens/", ""));
    custom(line, "cs6", "model", text(device, "model"));
    add(line, "externalId", text(event, "id"), ID_LENGTH);
    if (line.length() > head) {
      // the blank before the first field
      line.deleteCharAt(head);
    }
    return line.toString();
  }

  /** {@code device.not_compliant}: Device not compliant. */
  private static String name(String type) {
    String words = type.replace('.', ' ').replace('_', ' ').strip();
    return words.isEmpty()
        ? "Event"
        : words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }

  private static String time(JsonNode event) {
    try {
      return Long.toString(Instant.parse(text(event, "time")).toEpochMilli());
    } catch (DateTimeException | ArithmeticException e) {
      return "";
    }
  }

  private static String text(JsonNode object, String name) {
    JsonNode value = object.path(name);
    return value.isValueNode() && !value.isNull() ? value.asText() : "";
  }

  private static void custom(StringBuilder line, String name, String label, String value) {
    if (!value.isEmpty()) {
      add(line, name + "Label", label, ID_LENGTH);
      add(line, name, value, TEXT_LENGTH);
    }
  }

  private static void add(StringBuilder line, String name, String value, int longest) {
    if (!value.isEmpty()) {
      line.append(' ').append(name).append('=').append(extension(value, longest));
    }
  }

  /** A header can't have line ends, not even escaped ones. */
  private static String header(String text) {
    return Printable.line(Printable.begin(text, TYPE_LENGTH))
        .replace("\\", "\\\\")
        .replace("|", "\\|");
  }

  private static String extension(String text, int longest) {
    String escaped =
        Printable.begin(text, longest)
            .replace("\\", "\\\\")
            .replace("=", "\\=")
            .replace("\r\n", "\\n")
            .replace("\n", "\\n")
            .replace("\r", "\\r");
    return Printable.line(escaped);
  }
}
