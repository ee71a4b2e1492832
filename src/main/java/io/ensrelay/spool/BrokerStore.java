package io.ensrelay.spool;

import java.io.IOException;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.message.impl.CoreMessage;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.postoffice.DuplicateIDCache;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.apache.activemq.artemis.core.transaction.impl.TransactionImpl;

/**
 * Stores events in the embedded broker from within, as its own protocols do: without a client, its
 * packets, and the threads between the two. What lies in the spool is the same as through JMS.
 */
final class BrokerStore implements Store {
  /** A message that needs more than a record of the journal: JMS cuts it into pieces. */
  private static final int LARGE_BYTES = 50_000;

  /** What an event's properties take, so that the message need not grow when they are written. */
  private static final int PROPERTIES_BYTES = 1024;

  private static final long LOOK_AGAIN_MILLIS = 100;

  private final SpoolBroker broker;
  private final Store forLarge;
  private final Map<String, SimpleString> names = new ConcurrentHashMap<>();
  private ActiveMQServer server;

  /**
   * @param forLarge stores batches with messages that are too large for this one
   */
  BrokerStore(SpoolBroker broker, Store forLarge) {
    this.broker = broker;
    this.forLarge = forLarge;
  }

  @Override
  public BitSet write(List<Entry> entries) throws Exception {
    for (Entry entry : entries) {
      if (entry.body().length > LARGE_BYTES) {
        return forLarge.write(entries);
      }
    }
    open();
    awaitRoomOnDisk();
    Transaction transaction = new TransactionImpl(server.getStorageManager());
    BitSet copies = new BitSet();
    try {
      Set<String> ids = new HashSet<>();
      for (int i = 0; i < entries.size(); i++) {
        copies.set(i, !store(entries.get(i), ids, transaction));
      }
      transaction.commit();
    } catch (Exception e) {
      transaction.rollback();
      throw e;
    }
    awaitDisk();
    return copies;
  }

  /** False when it was stored before. */
  private boolean store(Entry entry, Set<String> ids, Transaction transaction) throws Exception {
    SimpleString address = name(entry.address());
    Object id = entry.properties().get(EventProducer.DUPLICATE_ID);
    DuplicateIDCache stored = server.getPostOffice().getDuplicateIDCache(address);
    if (!ids.add(id.toString()) || stored.contains(SimpleString.of(id.toString()).getData())) {
      return false;
    }
    byte[] body = entry.body();
    CoreMessage message =
        new CoreMessage(server.getStorageManager().generateID(), body.length + PROPERTIES_BYTES);
    message.setType(Message.BYTES_TYPE);
    message.setDurable(true);
    message.setPriority((byte) 4);
    message.setTimestamp(System.currentTimeMillis());
    message.setAddress(address);
    message.setRoutingType(RoutingType.MULTICAST);
    message.getBodyBuffer().writeBytes(body);
    for (Map.Entry<String, Object> property : entry.properties().entrySet()) {
      if (property.getKey().equals(EventProducer.GROUP)) {
        message.setGroupID(property.getValue().toString());
      } else {
        message.putObjectProperty(name(property.getKey()), property.getValue());
      }
    }
    server.getPostOffice().route(message, transaction, false);
    return true;
  }

  private SimpleString name(String name) {
    SimpleString known = BrokerSubscription.NAMES.get(name);
    return known == null ? names.computeIfAbsent(name, SimpleString::of) : known;
  }

  /** The broker may have been started anew since the last write. */
  private void open() throws Exception {
    ActiveMQServer running = broker.running();
    if (running != server) {
      StorageManager storage = running.getStorageManager();
      storage.setContext(storage.newContext(running.getExecutorFactory().getExecutor()));
      server = running;
    }
  }

  /** As the broker makes its clients wait. */
  private void awaitRoomOnDisk() throws Exception {
    while (server.getPagingManager().isDiskFull()) {
      requireRunning();
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  private void awaitDisk() throws Exception {
    while (!server.getStorageManager().waitOnOperations(LOOK_AGAIN_MILLIS)) {
      requireRunning();
    }
  }

  private void requireRunning() throws IOException {
    if (!server.isActive()) {
      throw new IOException("the spool has stopped");
    }
  }

  @Override
  public void close() {
    server = null;
    forLarge.close();
  }
}
