package io.ensrelay.destination;

import java.io.IOException;
import org.apache.camel.Exchange;

/**
 * Replaces an event by its {@code data}: the service's own JSON, byte for byte, as {@code
 * application/json}. Threads: stateless.
 */
public final class DataOnly {

  /**
   * @throws com.fasterxml.jackson.core.JacksonException if the body is not a CloudEvent with data
   */
  public void unwrap(Exchange exchange) throws IOException {
    byte[] event = exchange.getMessage().getBody(byte[].class);
    Envelope.put(
        exchange,
        CloudEventJson.of(event == null ? new byte[0] : event).requireData(),
        Envelope.JSON);
  }
}
