package io.ensrelay.destination;

import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.messaginghub.pooled.jms.JmsPoolConnectionFactory;

/**
 * Pooled connections to the broker of the {@code jms} destination, an Artemis broker ({@code
 * tcp://host:61616}). A send returns when the broker has the message on disk.
 */
public final class JmsConnections extends JmsPoolConnectionFactory {

  /**
   * @param url blank while the destination is off: no connection is ever made
   * @param username blank: none
   */
  public JmsConnections(String url, String username, String password) {
    if (url.isBlank()) {
      return;
    }
    ActiveMQConnectionFactory broker = new ActiveMQConnectionFactory(url);
    broker.setReconnectAttempts(0);
    broker.setInitialConnectAttempts(1);
    broker.setBlockOnDurableSend(true);
    if (!username.isBlank()) {
      broker.setUser(username);
      broker.setPassword(password);
    }
    setConnectionFactory(broker);
    setMaxConnections(1);
    setConnectionIdleTimeout(30_000);
  }
}
