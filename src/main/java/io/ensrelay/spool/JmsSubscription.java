package io.ensrelay.spool;

import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.nio.charset.StandardCharsets;

/** Reads a subscription through JMS, of an external broker. */
final class JmsSubscription implements Subscription {
  private final Connection connection;
  private final Session session;
  private final MessageConsumer consumer;
  private Message last;

  /**
   * @throws jakarta.jms.InvalidSelectorException when the broker can't read the selector
   */
  JmsSubscription(Spool spool, String destination, String selector) throws JMSException {
    connection = spool.connect();
    try {
      session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
      consumer =
          session.createSharedDurableConsumer(
              session.createTopic(Spool.EVENTS), destination, selector.isEmpty() ? null : selector);
      connection.start();
    } catch (JMSException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public Stored next(long millis) throws JMSException {
    // JMS waits for ever for 0, and Artemis asks the broker for what is there already
    Message message = consumer.receive(Math.max(1, millis));
    if (message == null) {
      return null;
    }
    last = message;
    return new Stored() {
      @Override
      public byte[] body() throws JMSException {
        return JmsSubscription.body(message);
      }

      @Override
      public Object property(String name) throws JMSException {
        return message.getObjectProperty(name);
      }
    };
  }

  @Override
  public void confirm() throws JMSException {
    if (last != null) {
      last.acknowledge();
      last = null;
    }
  }

  @Override
  public void giveBack() throws JMSException {
    last = null;
    session.recover();
  }

  @Override
  public void close() throws JMSException {
    connection.close();
  }

  /** The bytes as they were stored. */
  static byte[] body(Message message) throws JMSException {
    if (message instanceof BytesMessage bytes) {
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
