package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.tls.TlsMaterial;
import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import java.util.Optional;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.apache.qpid.jms.message.JmsMessage;
import org.apache.qpid.jms.provider.amqp.message.AmqpJmsMessageFacade;
import org.apache.qpid.proton.amqp.Symbol;

/**
 * Connections by Qpid JMS, and its messages. Each connection uses the current certificates and
 * verifies the host name. Threads: one at a time.
 */
final class AmqpConnections {
  private static final Symbol CLOUD_EVENT =
      Symbol.valueOf("application/cloudevents+json; charset=UTF-8");
  private static final long CALL_MILLIS = 15_000;
  private static final long CLOSE_MILLIS = 3000;

  private final JmsConnectionFactory factory;
  private final TlsMaterial tls;

  /**
   * @throws ConfigurationException if the address can't be used
   */
  AmqpConnections(String settings, String url, TlsMaterial tls) {
    this.tls = tls;
    try {
      factory = new JmsConnectionFactory(url);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          settings + ".url", url, "is no address of AMQP", "give amqp://host:5672");
    }
    factory.setConnectTimeout(CALL_MILLIS);
    factory.setRequestTimeout(CALL_MILLIS);
    factory.setSendTimeout(CALL_MILLIS);
    factory.setCloseTimeout(CLOSE_MILLIS);
  }

  Connection connection(Optional<String> username, Optional<String> password) throws JMSException {
    factory.setSslContext(tls.context());
    return JmsSink.connection(factory, username, password);
  }

  static Message message(Session session, OutgoingEvent event) throws JMSException {
    BytesMessage message = session.createBytesMessage();
    message.writeBytes(event.body());
    JmsSink.putAttributes(event, message);
    if (message instanceof JmsMessage ours
        && ours.getFacade() instanceof AmqpJmsMessageFacade properties) {
      properties.setContentType(CLOUD_EVENT);
    }
    return message;
  }
}
