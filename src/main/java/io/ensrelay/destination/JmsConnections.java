package io.ensrelay.destination;

import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.messaginghub.pooled.jms.JmsPoolConnectionFactory;

/**
 * Pooled connections to an Artemis broker ({@code tcp://host:61616}), for routes that send by
 * {@code sjms2}. A send returns when the broker has the message on disk.
 */
public final class JmsConnections extends JmsPoolConnectionFactory {
  private static final long CALL_MILLIS = 15_000;

  /**
   * @param url blank while the destination is off: no connection is ever made
   * @param username blank: none
   */
  public JmsConnections(String url, String username, String password) {
    if (url.isBlank()) {
      return;
    }
    ActiveMQConnectionFactory broker = artemis(url);
    if (!username.isBlank()) {
      broker.setUser(username);
      broker.setPassword(password);
    }
    setConnectionFactory(broker);
    setMaxConnections(1);
    setConnectionIdleTimeout(30_000);
  }

  /** Single connections, which do not connect again by themselves. */
  static ActiveMQConnectionFactory artemis(String url) {
    ActiveMQConnectionFactory broker = new ActiveMQConnectionFactory(url);
    broker.setReconnectAttempts(0);
    broker.setInitialConnectAttempts(1);
    broker.setBlockOnDurableSend(true);
    if (!url.contains("callTimeout=")) {
      broker.setCallTimeout(CALL_MILLIS);
    }
    return broker;
  }
}
