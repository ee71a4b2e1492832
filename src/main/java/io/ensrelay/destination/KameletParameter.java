package io.ensrelay.destination;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A parameter as a kamelet hands it to its bean: Camel 4.17 encodes it like a part of a URL. */
final class KameletParameter {
  private KameletParameter() {}

  /** The text as the user wrote it, empty if it is blank. */
  static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank()).map(KameletParameter::text);
  }

  private static String text(String value) {
    try {
      return URLDecoder.decode(value, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return value;
    }
  }
}
