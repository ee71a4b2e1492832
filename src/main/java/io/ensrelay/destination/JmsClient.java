package io.ensrelay.destination;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import java.util.Map;

/** How a kind of broker is connected to, and what a message for it is. Threads: safe. */
interface JmsClient {
  Connection connection() throws JMSException;

  Message message(Session session, OutgoingEvent event) throws JMSException;

  JmsSender.Way way();

  static void putAttributes(OutgoingEvent event, Message message) throws JMSException {
    for (Map.Entry<String, Object> each : event.attributes().entrySet()) {
      message.setObjectProperty(each.getKey(), each.getValue());
    }
  }
}
