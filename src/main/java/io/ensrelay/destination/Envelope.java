package io.ensrelay.destination;

import java.util.Optional;
import org.apache.camel.Exchange;

/** How the body of an exchange is to be labelled after a step has changed its form. */
final class Envelope {
  static final String JSON = "application/json";

  /** Not a header: device data can't set it. */
  private static final String TYPE = "ensContentType";

  private Envelope() {}

  static void put(Exchange exchange, Object body, String contentType) {
    exchange.getMessage().setBody(body);
    exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, contentType);
    exchange.setProperty(TYPE, contentType);
  }

  /** The media type of a changed body; empty: it is the CloudEvent. */
  static Optional<String> of(Exchange exchange) {
    return Optional.ofNullable(exchange.getProperty(TYPE, String.class));
  }
}
