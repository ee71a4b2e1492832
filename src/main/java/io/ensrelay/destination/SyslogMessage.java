package io.ensrelay.destination;

import io.ensrelay.base.Printable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes an event as a message of RFC 5424, without the framing of a transport. Data of a device is
 * in structured data and in the text only; it can't end the line. Immutable.
 *
 * @param facility 0 to 23
 * @param host of the relay
 * @param app the name of the sending program
 */
record SyslogMessage(int facility, String host, String app) {
  private static final int INFORMATIONAL = 6;
  private static final String NIL = "-";

  /** In the order of their numbers. */
  private static final List<String> FACILITIES =
      List.of(
          "kern",
          "user",
          "mail",
          "daemon",
          "auth",
          "syslog",
          "lpr",
          "news",
          "uucp",
          "cron",
          "authpriv",
          "ftp",
          "ntp",
          "audit",
          "alert",
          "clock",
          "local0",
          "local1",
          "local2",
          "local3",
          "local4",
          "local5",
          "local6",
          "local7");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /**
   * @throws IllegalArgumentException if there is no facility of that name
   */
  static SyslogMessage from(String facility, String app) {
    int number = FACILITIES.indexOf(facility.toLowerCase(Locale.ROOT));
    if (number < 0) {
      throw new IllegalArgumentException("is none of " + String.join(", ", FACILITIES));
    }
    return new SyslogMessage(number, field(localHost(), 255), field(app, 48));
  }

  private static String localHost() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return NIL;
    }
  }

  /**
   * @param text JSON or CEF
   */
  byte[] of(Map<String, Object> attributes, String text) {
    String head =
        "<%s>1 %s %s %s - %s [ens@32473 id=\"%s\" tenant=\"%s\" type=\"%s\"] "
            .formatted(
                facility * 8 + INFORMATIONAL,
                attributes.get("eventTime") instanceof Long millis
                    ? TIME.format(Instant.ofEpochMilli(millis))
                    : NIL,
                host,
                app,
                field(attribute(attributes, "eventType"), 32),
                parameter(attribute(attributes, "eventId")),
                parameter(attribute(attributes, "tenant")),
                parameter(attribute(attributes, "eventType")));
    return (head + oneLine(text)).getBytes(StandardCharsets.UTF_8);
  }

  private static String attribute(Map<String, Object> attributes, String name) {
    return String.valueOf(attributes.getOrDefault(name, ""));
  }

  /** Of the header: printable ASCII without spaces. */
  private static String field(String text, int longest) {
    String clean = text.replaceAll("[^!-~]", "_");
    return clean.isEmpty() ? NIL : clean.substring(0, Math.min(longest, clean.length()));
  }

  private static String parameter(String text) {
    return Printable.line(text).replace("\\", "\\\\").replace("\"", "\\\"").replace("]", "\\]");
  }

  /** Control characters of JSON are only between its values. */
  private static String oneLine(String text) {
    return text.replaceAll("[\\x00-\\x1f\\x7f]", " ");
  }
}
