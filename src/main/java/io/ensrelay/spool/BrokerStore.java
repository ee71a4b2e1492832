package io.ensrelay.spool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
 * packets, and the threads between the two. What lies in the spool is the same as through JMS, but
 * for the ids of stored events, which are remembered for each event type by itself: what the
 * service repeats comes first on its topic, but may come after any number of events of others.
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
    open();
    BitSet copies = new BitSet();
    List<Entry> fresh = new ArrayList<>(entries.size());
    Set<Object> ids = new HashSet<>();
    boolean large = false;
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      if (ids.add(entry.properties().get(EventProducer.DUPLICATE_ID)) && !isStored(entry)) {
        fresh.add(entry);
        large |= entry.body().length > LARGE_BYTES;
      } else {
        copies.set(i);
      }
    }
    if (large) {
      forLarge.write(fresh);
    } else {
      store(fresh);
    }
    return copies;
  }

  private void store(List<Entry> entries) throws Exception {
    awaitRoomOnDisk();
    Transaction transaction = new TransactionImpl(server.getStorageManager());
    try {
      for (Entry entry : entries) {
        store(entry, transaction);
      }
      transaction.commit();
    } catch (Exception e) {
      transaction.rollback();
      throw e;
    }
    awaitDisk();
  }

  private boolean isStored(Entry entry) {
    String id = id(entry);
    return memory(entry).contains(bytes(id))
        // the broker's own, of what came through JMS
        || server
            .getPostOffice()
            .getDuplicateIDCache(name(entry.address()))
            .contains(SimpleString.of(id).getData());
  }

  /** The ids of stored events of the same type. */
  private DuplicateIDCache memory(Entry entry) {
    Object type = entry.properties().getOrDefault("eventKey", "");
    return server.getPostOffice().getDuplicateIDCache(name(entry.address() + "/" + type));
  }

  private static String id(Entry entry) {
    return entry.properties().get(EventProducer.DUPLICATE_ID).toString();
  }

  private static byte[] bytes(String id) {
    return id.getBytes(StandardCharsets.UTF_8);
  }

  private void store(Entry entry, Transaction transaction) throws Exception {
    memory(entry).addToCache(bytes(id(entry)), transaction);
    byte[] body = entry.body();
    CoreMessage message =
        new CoreMessage(server.getStorageManager().generateID(), body.length + PROPERTIES_BYTES);
    message.setType(Message.BYTES_TYPE);
    message.setDurable(true);
    message.setPriority((byte) 4);
    message.setTimestamp(System.currentTimeMillis());
    message.setAddress(name(entry.address()));
    message.setRoutingType(RoutingType.MULTICAST);
    message.getBodyBuffer().writeBytes(body);
    for (Map.Entry<String, Object> property : entry.properties().entrySet()) {
      if (property.getKey().equals(EventProducer.GROUP)) {
        message.setGroupID(property.getValue().toString());
      } else if (!property.getKey().equals(EventProducer.DUPLICATE_ID)) {
        message.putObjectProperty(name(property.getKey()), property.getValue());
      }
    }
    server.getPostOffice().route(message, transaction, false);
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
