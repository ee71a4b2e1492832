package io.ensrelay.spool;

import io.ensrelay.event.Event;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.jms.client.ActiveMQDestination;
import org.apache.activemq.artemis.jms.client.ActiveMQSession;

/**
 * What lies in the spool: the subscription of each destination, also of one that no route reads any
 * more, and the dead letters. Works on the embedded broker and on an external one alike.
 *
 * <p>Threads: safe. A call that fails may be made again.
 */
public final class SpoolView implements AutoCloseable {
  private final Spool spool;
  private Connection connection;
  private ClientSession session;

  /**
   * The events that wait for one destination.
   *
   * @param readers routes' lanes that read it, of all processes
   * @param oldest when the oldest event was received that is not on its way yet
   */
  public record Backlog(String destination, long events, int readers, Optional<Instant> oldest) {}

  public SpoolView(Spool spool) {
    this.spool = spool;
  }

  /** All subscriptions, by destination. */
  public synchronized List<Backlog> backlogs() throws JMSException {
    return ask(
        core -> {
          List<Backlog> backlogs = new ArrayList<>();
          for (SimpleString queue : queues(core, Spool.EVENTS)) {
            ClientSession.QueueQuery query = core.queueQuery(queue);
            if (query.isExists()) {
              backlogs.add(
                  new Backlog(
                      destination(queue),
                      query.getMessageCount(),
                      query.getConsumerCount(),
                      query.getMessageCount() == 0 ? Optional.empty() : oldest(core, queue)));
            }
          }
          return backlogs;
        });
  }

  /** How many dead letters there are, by destination; those that have none are left out. */
  public synchronized Map<String, Long> deadLetters() throws JMSException {
    return ask(
        core -> {
          Map<String, Long> letters = new TreeMap<>();
          for (SimpleString queue : queues(core, Spool.DEAD + "#")) {
            long count = core.queueQuery(queue).getMessageCount();
            if (count > 0) {
              letters.put(queue.toString().substring(Spool.DEAD.length()), count);
            }
          }
          return letters;
        });
  }

  /**
   * Ends the subscription of a destination, and with it what waits for it.
   *
   * @return how many events those were; empty: there is no such subscription
   * @throws IllegalStateException while a route reads it
   */
  public synchronized Optional<Long> forget(String destination) throws JMSException {
    return ask(
        core -> {
          SimpleString queue = queue(destination);
          ClientSession.QueueQuery query = core.queueQuery(queue);
          if (!query.isExists()) {
            return Optional.empty();
          }
          if (query.getConsumerCount() > 0) {
            throw new IllegalStateException(
                destination + " is read by a route: take its file away and restart first");
          }
          long events = query.getMessageCount();
          core.deleteQueue(queue);
          return Optional.of(events);
        });
  }

  static SimpleString queue(String destination) {
    return ActiveMQDestination.createQueueNameForSubscription(true, null, destination);
  }

  private static String destination(SimpleString queue) {
    return ActiveMQDestination.decomposeQueueNameForDurableSubscription(queue.toString()).getB();
  }

  private static List<SimpleString> queues(ClientSession core, String address)
      throws ActiveMQException {
    return core.addressQuery(SimpleString.of(address)).getQueueNames().stream().sorted().toList();
  }

  private static Optional<Instant> oldest(ClientSession core, SimpleString queue)
      throws ActiveMQException {
    try (ClientConsumer browser = core.createConsumer(queue, null, 0, -1, true)) {
      ClientMessage first = browser.receiveImmediate();
      if (first == null) {
        return Optional.empty();
      }
      long received =
          first.containsProperty(Event.RECEIVED)
              ? first.getLongProperty(Event.RECEIVED)
              : first.getTimestamp();
      return Optional.of(Instant.ofEpochMilli(received));
    }
  }

  private interface Question<T> {
    T ask(ClientSession core) throws ActiveMQException;
  }

  private <T> T ask(Question<T> question) throws JMSException {
    try {
      if (connection == null) {
        connection = spool.connect();
        session =
            ((ActiveMQSession) connection.createSession(false, Session.AUTO_ACKNOWLEDGE))
                .getCoreSession();
        connection.start();
      }
      return question.ask(session);
    } catch (ActiveMQException e) {
      close();
      JMSException failure = new JMSException("the spool does not answer: " + e.getMessage());
      failure.initCause(e);
      throw failure;
    } catch (JMSException e) {
      close();
      throw e;
    }
  }

  @Override
  public synchronized void close() {
    Connection old = connection;
    connection = null;
    if (old != null) {
      try {
        old.close();
      } catch (JMSException e) {
        // it was broken before
      }
    }
  }
}
