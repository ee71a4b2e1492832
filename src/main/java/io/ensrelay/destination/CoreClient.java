package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.camel.CamelContext;

/**
 * A JMS broker by its own protocol: Artemis, or another by its connection factory. A message is the
 * event as text; a batch is one transaction. Threads: the sender connects one at a time.
 */
final class CoreClient implements JmsClient {
  private final BrokerAccess access;
  private final ConnectionFactory factory;

  /**
   * @param name of the factory's class; empty: Artemis
   * @throws ConfigurationException if the settings can't work, or the factory's class is missing
   */
  CoreClient(BrokerAccess access, Optional<String> name, CamelContext camel) {
    this.access = access;
    factory =
        name.isPresent()
            ? new NamedFactory(access, name.get(), camel).make()
            : ArtemisTls.factory(access);
  }

  @Override
  public Connection connection() throws JMSException {
    return access.connection(factory);
  }

  @Override
  public Message message(Session session, OutgoingEvent event) throws JMSException {
    Message message = session.createTextMessage(new String(event.body(), StandardCharsets.UTF_8));
    JmsClient.putAttributes(event, message);
    return message;
  }

  @Override
  public JmsSender.Way way() {
    return JmsSender.Way.TRANSACTION;
  }
}
