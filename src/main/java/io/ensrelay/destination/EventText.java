package io.ensrelay.destination;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import org.apache.camel.Exchange;

/** The body of an exchange as text, also after a step with jq. Threads: stateless. */
final class EventText {
  private EventText() {}

  /**
   * @throws IllegalArgumentException if there is no body
   */
  static String of(Exchange exchange) {
    Object body = exchange.getMessage().getBody();
    if (body instanceof JsonNode node) {
      return node.toString();
    }
    byte[] bytes = exchange.getMessage().getBody(byte[].class);
    if (bytes == null) {
      throw new IllegalArgumentException("there is no body to send");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
