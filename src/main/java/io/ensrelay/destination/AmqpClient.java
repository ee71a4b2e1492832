package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.tls.TlsMaterial;
import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.apache.qpid.jms.message.JmsMessage;
import org.apache.qpid.jms.provider.amqp.message.AmqpJmsMessageFacade;
import org.apache.qpid.proton.amqp.Symbol;

/**
 * AMQP 1.0 by Qpid JMS. The body of a message is the CloudEvent as bytes (a data section), its
 * content type {@code application/cloudevents+json; charset=UTF-8}. Each connection uses the
 * current certificates and verifies the host name. Threads: the sender connects one at a time.
 */
final class AmqpClient implements JmsClient {
  private static final Symbol CLOUD_EVENT =
      Symbol.valueOf("application/cloudevents+json; charset=UTF-8");
  private static final long CALL_MILLIS = 15_000;
  private static final long CLOSE_MILLIS = 3000;

  private final BrokerAccess access;
  private final JmsConnectionFactory factory;
  private final TlsMaterial tls;

  /**
   * @throws ConfigurationException if the address can't be used
   */
  AmqpClient(BrokerAccess access) {
    this.access = access;
    tls = access.files().material(access.prefix());
    String key = access.prefix() + ".url";
    String url =
        access
            .url()
            .orElseThrow(() -> new ConfigurationException(key, "missing", "give amqp://host:5672"));
    try {
      factory = new JmsConnectionFactory(url);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(key, url, "is no address of AMQP", "give amqp://host:5672");
    }
    factory.setConnectTimeout(CALL_MILLIS);
    factory.setRequestTimeout(CALL_MILLIS);
    factory.setSendTimeout(CALL_MILLIS);
    factory.setCloseTimeout(CLOSE_MILLIS);
  }

  @Override
  public Connection connection() throws JMSException {
    factory.setSslContext(tls.context());
    return access.connection(factory);
  }

  @Override
  public Message message(Session session, OutgoingEvent event) throws JMSException {
    BytesMessage message = session.createBytesMessage();
    message.writeBytes(event.body());
    JmsClient.putAttributes(event, message);
    if (message instanceof JmsMessage ours
        && ours.getFacade() instanceof AmqpJmsMessageFacade properties) {
      properties.setContentType(CLOUD_EVENT);
    }
    return message;
  }

  /** Not every broker has transactions. */
  @Override
  public JmsSender.Way way() {
    return JmsSender.Way.EACH;
  }
}
