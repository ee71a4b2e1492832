package io.ensrelay.spool;

import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.activemq.artemis.api.core.ActiveMQDuplicateIdException;

/**
 * Puts messages on the spool's disk, as many as there are at a time in one transaction: the disk is
 * waited for once for all of them.
 *
 * <p>Order: messages are stored in the order of the calls, and after a failure everything that was
 * given before it was told of fails too, so that nothing overtakes. A copy of a stored message (the
 * same {@code _AMQ_DUPL_ID}) counts as stored. While the spool takes nothing (a full disk),
 * messages wait here; the caller bounds how many. Threads: safe; completions come on a thread of
 * this writer, in order, and must not block.
 */
final class SpoolWriter implements AutoCloseable {
  /** Called once: with null when the message is on disk, else with the reason it may not be. */
  @FunctionalInterface
  interface Completion extends Consumer<Exception> {}

  /** A message to be stored. */
  record Entry(String address, boolean topic, Map<String, Object> properties, byte[] body) {}

  private record Waiting(Entry entry, Completion completion) {}

  private static final int MAX_BATCH = 500;

  /** Long enough for whoever gives messages to learn of a failure and to stop. */
  private static final long PAUSE_MILLIS = 100;

  private final Spool spool;
  private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean closed;
  private Connection connection;
  private Session transactions;
  private MessageProducer together;
  private Session singly;
  private MessageProducer alone;

  SpoolWriter(Spool spool, String name) {
    this.spool = spool;
    thread = new Thread(this::run, "spool-writer-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  void store(Entry entry, Completion completion) {
    queue.add(new Waiting(entry, completion));
    if (closed) {
      failAll(new JMSException("the spool is closed"));
    }
  }

  private void run() {
    List<Waiting> batch = new ArrayList<>();
    while (!closed) {
      try {
        batch.add(queue.take());
        queue.drainTo(batch, MAX_BATCH - 1);
        write(batch);
        batch.forEach(stored -> stored.completion().accept(null));
      } catch (InterruptedException e) {
        closed = true;
      } catch (JMSException | RuntimeException e) {
        fail(batch, e);
      }
      batch.clear();
    }
    shut();
    failAll(new JMSException("the spool is closed"));
  }

  private void write(List<Waiting> batch) throws JMSException {
    spool.requireSubscriptions();
    open();
    try {
      for (Waiting next : batch) {
        send(transactions, together, next.entry());
      }
      transactions.commit();
    } catch (JMSException e) {
      if (!isCopy(e)) {
        throw e;
      }
      transactions.rollback();
      writeSingly(batch);
    }
  }

  /** In a transaction a copy takes all the others with it. */
  private void writeSingly(List<Waiting> batch) throws JMSException {
    for (Waiting next : batch) {
      try {
        send(singly, alone, next.entry());
      } catch (JMSException e) {
        if (!isCopy(e)) {
          throw e;
        }
      }
    }
  }

  private static boolean isCopy(JMSException e) {
    return e.getCause() instanceof ActiveMQDuplicateIdException;
  }

  private static void send(Session session, MessageProducer producer, Entry entry)
      throws JMSException {
    BytesMessage message = session.createBytesMessage();
    message.writeBytes(entry.body());
    for (Map.Entry<String, Object> property : entry.properties().entrySet()) {
      message.setObjectProperty(property.getKey(), property.getValue());
    }
    Destination to =
        entry.topic() ? session.createTopic(entry.address()) : session.createQueue(entry.address());
    producer.send(to, message);
  }

  private void open() throws JMSException {
    if (connection == null) {
      connection = spool.connect();
      transactions = connection.createSession(true, Session.SESSION_TRANSACTED);
      together = transactions.createProducer(null);
      singly = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
      alone = singly.createProducer(null);
    }
  }

  private void fail(List<Waiting> batch, Exception reason) {
    batch.forEach(failed -> failed.completion().accept(reason));
    shut();
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      closed = true;
    }
    failAll(reason);
  }

  private void failAll(Exception reason) {
    List<Waiting> left = new ArrayList<>();
    queue.drainTo(left);
    left.forEach(failed -> failed.completion().accept(reason));
  }

  private void shut() {
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

  /** What is not stored yet fails. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
