package io.ensrelay.spool.kafka;

import java.nio.charset.StandardCharsets;

/** Texts as the bytes of Kafka's records. */
final class Utf8 {
  private Utf8() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A record without such a part has an empty text. */
  static String text(byte[] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }
}
