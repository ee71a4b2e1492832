package io.ensrelay.spool;

import jakarta.jms.BytesMessage;
import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Puts messages on the spool's disk without waiting for each: many are under way at once, and each
 * is told of when it is stored.
 *
 * <p>Order: messages are stored in the order of the calls. After a failure nothing is sent before
 * every message under way was told of, so that nothing overtakes what failed. {@link #store} blocks
 * while the spool takes nothing (a full disk). Threads: safe; completions come on the broker's
 * threads.
 */
final class SpoolWriter implements AutoCloseable {
  /** Called once: with null when the message is on disk, else with the reason it is not. */
  @FunctionalInterface
  interface Completion extends Consumer<Exception> {}

  /** A message to be stored. */
  record Entry(String address, boolean topic, Map<String, Object> properties, byte[] body) {}

  private final Spool spool;
  private final Object sending = new Object();
  private final Set<Sent> underWay = new LinkedHashSet<>();
  private Connection connection;
  private Session session;
  private MessageProducer producer;
  private boolean broken;

  SpoolWriter(Spool spool) {
    this.spool = spool;
  }

  /**
   * @throws JMSException when it was not even sent; then the completion is not called
   */
  void store(Entry entry, Completion completion) throws JMSException {
    synchronized (sending) {
      open();
      BytesMessage message = session.createBytesMessage();
      message.writeBytes(entry.body());
      for (Map.Entry<String, Object> property : entry.properties().entrySet()) {
        message.setObjectProperty(property.getKey(), property.getValue());
      }
      Destination to =
          entry.topic()
              ? session.createTopic(entry.address())
              : session.createQueue(entry.address());
      Sent sent = new Sent(completion);
      synchronized (underWay) {
        underWay.add(sent);
      }
      try {
        producer.send(
            to,
            message,
            DeliveryMode.PERSISTENT,
            Message.DEFAULT_PRIORITY,
            Message.DEFAULT_TIME_TO_LIVE,
            sent);
      } catch (JMSException | RuntimeException e) {
        synchronized (underWay) {
          broken = true;
          underWay.remove(sent);
        }
        throw e;
      }
    }
  }

  private void open() throws JMSException {
    synchronized (underWay) {
      if (broken && !underWay.isEmpty()) {
        throw new JMSException("the spool refused an event; waiting for those under way");
      }
      if (!broken && session != null) {
        return;
      }
    }
    shut();
    Connection opened = spool.connect();
    connection = opened;
    opened.setExceptionListener(e -> fail(opened, e));
    session = opened.createSession(false, Session.AUTO_ACKNOWLEDGE);
    producer = session.createProducer(null);
    synchronized (underWay) {
      broken = false;
    }
  }

  /** The connection is gone: whatever is under way may or may not be stored, so it is not. */
  private void fail(Connection failed, Exception reason) {
    Sent[] left;
    synchronized (underWay) {
      if (failed != connection) {
        return;
      }
      broken = true;
      left = underWay.toArray(Sent[]::new);
    }
    for (Sent sent : left) {
      sent.end(reason);
    }
  }

  private void shut() {
    Connection old = connection;
    connection = null;
    session = null;
    producer = null;
    if (old != null) {
      try {
        old.close();
      } catch (JMSException e) {
        // it was broken before
      }
    }
  }

  @Override
  public void close() {
    shut();
  }

  private final class Sent implements CompletionListener {
    private final Completion completion;

    Sent(Completion completion) {
      this.completion = completion;
    }

    @Override
    public void onCompletion(Message message) {
      end(null);
    }

    @Override
    public void onException(Message message, Exception e) {
      end(e);
    }

    void end(Exception failure) {
      synchronized (underWay) {
        if (!underWay.remove(this)) {
          return;
        }
        broken |= failure != null;
      }
      completion.accept(failure);
    }
  }
}
