package io.ensrelay.spool;

import io.ensrelay.event.Event;
import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;

/**
 * An event as it lies in the spool; the exchange keeps it to its end, so that a dead letter is the
 * event as it came, whatever the steps of the route have made of it. Threads: one at a time.
 */
record StoredEvent(Message message) {
  private static final String PROPERTY = "ensStoredEvent";

  /** The event of this exchange; null for an exchange that does not come from the spool. */
  static StoredEvent of(Exchange exchange) {
    return exchange.getProperty(PROPERTY, StoredEvent.class);
  }

  /** Makes this event the body and the headers of an exchange. */
  void putInto(Exchange exchange) throws JMSException {
    exchange.setProperty(PROPERTY, this);
    exchange.getIn().setBody(body());
    for (String name : Event.ATTRIBUTES) {
      Object value = message.getObjectProperty(name);
      if (value != null) {
        exchange.getIn().setHeader(name, value);
      }
    }
  }

  Map<String, Object> attributes() throws JMSException {
    Map<String, Object> attributes = new HashMap<>();
    for (String name : Event.ATTRIBUTES) {
      Object value = message.getObjectProperty(name);
      if (value != null) {
        attributes.put(name, value);
      }
    }
    return attributes;
  }

  byte[] body() throws JMSException {
    if (message instanceof BytesMessage bytes) {
      bytes.reset();
      byte[] body = new byte[Math.toIntExact(bytes.getBodyLength())];
      bytes.readBytes(body);
      return body;
    }
    if (message instanceof TextMessage text && text.getText() != null) {
      return text.getText().getBytes(StandardCharsets.UTF_8);
    }
    return new byte[0];
  }
}
