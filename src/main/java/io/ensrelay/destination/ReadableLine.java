package io.ensrelay.destination;

import io.ensrelay.base.Printable;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.apache.camel.Header;

/**
 * Formats an event for people: local time, type, platform, status, device. Texts from devices are
 * shown without control characters and cut to their column.
 */
public final class ReadableLine {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT)
          .withZone(ZoneId.systemDefault());
  private static final String MISSING = "-";

  public String of(
      @Header("eventTime") Long time,
      @Header("eventType") String type,
      @Header("deviceOs") String os,
      @Header("deviceStatus") String status,
      @Header("deviceId") String device) {
    return "%s  %-24s  %-8s  %-16s  %s"
        .formatted(
            TIME.format(Instant.ofEpochMilli(time == null ? 0 : time)),
            shown(type, 40),
            shown(os, 12),
            shown(status, 20),
            shown(device, 60));
  }

  /**
   * @throws IOException if the standard output takes nothing (a full disk, or no reader); Java then
   *     treats it as broken until the relay is restarted
   */
  public void requireTaken() throws IOException {
    if (System.out.checkError()) {
      throw new IOException("the standard output takes nothing; it is tried again after a restart");
    }
  }

  private static String shown(String text, int width) {
    if (text == null) {
      return MISSING;
    }
    String printable = Printable.line(text);
    return printable.length() > width ? printable.substring(0, width - 1) + "…" : printable;
  }
}
