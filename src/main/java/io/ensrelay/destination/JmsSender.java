package io.ensrelay.destination;

import io.ensrelay.delivery.BatchSender;
import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Sends persistent messages over one connection, with a session for each lane that sends at the
 * same time. {@link Way} says how it learns that the broker has them.
 *
 * <p>Order: that of the batch; no message is handed over behind one that failed at once. Errors: an
 * exception of JMS, an {@link IOException} when the broker does not answer in time. After a failure
 * the session is thrown away, and with it a connection that gives no new one. Threads: safe.
 */
final class JmsSender implements BatchSender.Receiver, AutoCloseable {
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(25);

  private final JmsClient client;
  private final JmsTarget target;
  private final Deque<Link> idle = new ArrayDeque<>();
  private Optional<Connection> current = Optional.empty();
  private boolean closed;

  /** How a batch gets to the broker. */
  enum Way {
    /** In one transaction: the broker has all messages of a batch or none. */
    TRANSACTION,
    /** One by one, without waiting for each: an outcome for each message. */
    EACH
  }

  private record Link(Connection connection, Session session, MessageProducer producer) {}

  JmsSender(JmsClient client, JmsTarget target) {
    this.client = client;
    this.target = target;
  }

  @Override
  public List<Optional<Exception>> send(List<BatchSender.Item> items) throws Exception {
    Link link = take();
    boolean isGood = false;
    try {
      List<Optional<Exception>> outcomes =
          client.way() == Way.TRANSACTION ? together(link, items) : each(link, items);
      isGood = outcomes.stream().allMatch(Optional::isEmpty);
      return located(outcomes);
    } catch (JMSException e) {
      throw MessageTooLargeException.in(e);
    } finally {
      if (isGood) {
        giveBack(link);
      } else {
        discard(link);
      }
    }
  }

  /**
   * A broker that closes the link because of one large message lets all those behind it fail for
   * the same reason: then only a smaller batch shows which one it was.
   */
  private static List<Optional<Exception>> located(List<Optional<Exception>> outcomes)
      throws MessageTooLargeException {
    List<Optional<Exception>> named =
        outcomes.stream().map(each -> each.map(JmsSender::named)).toList();
    List<MessageTooLargeException> large =
        named.stream()
            .flatMap(Optional::stream)
            .filter(MessageTooLargeException.class::isInstance)
            .map(MessageTooLargeException.class::cast)
            .toList();
    if (large.size() > 1) {
      throw large.get(0);
    }
    return named;
  }

  /** The failure whose name finds its rule. */
  private static Exception named(Exception failure) {
    return RejectedMessageException.in(MessageTooLargeException.in(failure));
  }

  private List<Optional<Exception>> together(Link link, List<BatchSender.Item> items)
      throws JMSException {
    for (BatchSender.Item item : items) {
      link.producer.send(client.message(link.session, (OutgoingEvent) item.payload()));
    }
    link.session.commit();
    return BatchSender.delivered(items);
  }

  private List<Optional<Exception>> each(Link link, List<BatchSender.Item> items)
      throws IOException {
    long until = System.nanoTime() + LONGEST_NANOS;
    List<CompletableFuture<Void>> sent = new ArrayList<>();
    Optional<Exception> why = Optional.empty();
    for (BatchSender.Item item : items) {
      CompletableFuture<Void> next = new CompletableFuture<>();
      if (why.isPresent()) {
        next.completeExceptionally(why.get());
      } else {
        try {
          handOver(link, (OutgoingEvent) item.payload(), next);
        } catch (JMSException | RuntimeException e) {
          next.completeExceptionally(e);
          why = Optional.of(e);
        }
      }
      sent.add(next);
    }
    List<Optional<Exception>> outcomes = new ArrayList<>();
    for (CompletableFuture<Void> one : sent) {
      outcomes.add(BatchSender.outcome(one, until));
    }
    return outcomes;
  }

  private void handOver(Link link, OutgoingEvent event, CompletableFuture<Void> sent)
      throws JMSException {
    link.producer.send(
        client.message(link.session, event),
        new CompletionListener() {
          @Override
          public void onCompletion(Message message) {
            sent.complete(null);
          }

          @Override
          public void onException(Message message, Exception failure) {
            sent.completeExceptionally(failure);
          }
        });
  }

  private synchronized Link take() throws JMSException, IOException {
    if (closed) {
      throw new IOException("the destination stops");
    }
    Link known = idle.poll();
    if (known != null) {
      return known;
    }
    if (current.isEmpty()) {
      Connection next = client.connection();
      current = Optional.of(next);
      next.setExceptionListener(failure -> drop(next));
    }
    Connection connection = current.get();
    try {
      boolean transacted = client.way() == Way.TRANSACTION;
      Session session =
          connection.createSession(
              transacted, transacted ? Session.SESSION_TRANSACTED : Session.AUTO_ACKNOWLEDGE);
      MessageProducer producer = session.createProducer(target.in(session));
      producer.setDeliveryMode(DeliveryMode.PERSISTENT);
      return new Link(connection, session, producer);
    } catch (JMSException | RuntimeException e) {
      drop(connection);
      throw e;
    }
  }

  private synchronized void giveBack(Link link) {
    if (current.filter(it -> it == link.connection).isPresent()) {
      idle.push(link);
    }
  }

  private static void discard(Link link) {
    quietly(link.session::close);
  }

  private void drop(Connection connection) {
    synchronized (this) {
      if (current.filter(it -> it == connection).isEmpty()) {
        return;
      }
      current = Optional.empty();
      idle.clear();
    }
    quietly(connection::close);
  }

  @Override
  public void close() {
    Optional<Connection> last;
    synchronized (this) {
      closed = true;
      last = current;
    }
    last.ifPresent(this::drop);
  }

  @FunctionalInterface
  private interface Close {
    void run() throws JMSException;
  }

  private static void quietly(Close close) {
    try {
      close.run();
    } catch (JMSException | RuntimeException e) {
      // what was wrong with it has been said
    }
  }
}
