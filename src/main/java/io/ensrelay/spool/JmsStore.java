package io.ensrelay.spool;

import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.activemq.artemis.api.core.ActiveMQDuplicateIdException;

/** Stores messages through JMS, in one transaction. */
final class JmsStore implements Store {
  private final Spool spool;
  private final Predicate<DiskReserve> room;
  private Connection connection;
  private Session transactions;
  private MessageProducer together;
  private Session singly;
  private MessageProducer alone;

  /**
   * @param room what has to be free on the embedded broker's disk
   */
  JmsStore(Spool spool, Predicate<DiskReserve> room) {
    this.spool = spool;
    this.room = room;
  }

  @Override
  public BitSet write(List<Entry> entries) throws JMSException {
    spool.awaitRoom(room);
    open();
    try {
      for (Entry entry : entries) {
        send(transactions, together, entry);
      }
      spool.requireWritten(transactions, entries.stream().map(Entry::address).distinct().toList());
      transactions.commit();
      return new BitSet();
    } catch (JMSException e) {
      if (!isCopy(e)) {
        throw e;
      }
      transactions.rollback();
      return writeSingly(entries);
    }
  }

  /** In a transaction a copy takes all the others with it. */
  private BitSet writeSingly(List<Entry> entries) throws JMSException {
    BitSet copies = new BitSet();
    for (int i = 0; i < entries.size(); i++) {
      try {
        send(singly, alone, entries.get(i));
      } catch (JMSException e) {
        if (!isCopy(e)) {
          throw e;
        }
        copies.set(i);
      }
    }
    return copies;
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

  @Override
  public void close() {
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
