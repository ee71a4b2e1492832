package io.ensrelay.config;

import java.nio.charset.StandardCharsets;

/** A topic or a client id, as it stands in a packet of MQTT. */
public final class MqttText {
  private static final int LONGEST_BYTES = 65_535;

  /** Paho 1.2.5 takes all from here on for characters that Unicode has not, private ones too. */
  private static final char FIRST_REFUSED = 0xFDD0;

  private MqttText() {}

  /**
   * Whether it can be sent: 65,535 bytes of UTF-8 at most (MQTT 3.1.1, 1.5.3), without the
   * characters that Paho refuses. It would do so while sending, and close the connection.
   */
  public static boolean canBeSent(String text) {
    return text.chars()
            .noneMatch(
                c ->
                    Character.isISOControl(c)
                        || Character.isSurrogate((char) c)
                        || c >= FIRST_REFUSED)
        && text.getBytes(StandardCharsets.UTF_8).length <= LONGEST_BYTES;
  }
}
