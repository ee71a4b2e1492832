package io.ensrelay.spool;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.Pair;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.message.impl.CoreMessage;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.postoffice.DuplicateIDCache;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.apache.activemq.artemis.core.transaction.impl.TransactionImpl;

/**
 * Stores events in the embedded broker from within, as its own protocols do: without a client, its
 * packets, and the threads between the two. What lies in the spool is the same as through JMS.
 *
 * <p>A copy is known by the ids the broker keeps on disk, the newest of all; and by those kept in
 * memory, the newest of each type and what was on disk at the start: the service repeats what was
 * not acknowledged before all else of its topic, but may send any number of events of other topics
 * first.
 */
final class BrokerStore implements Store {
  /** A message that needs more than a record of the journal: JMS cuts it into pieces. */
  private static final int LARGE_BYTES = 50_000;

  /** What an event's properties take, so that the message need not grow when they are written. */
  private static final int PROPERTIES_BYTES = 1024;

  /** Ids on disk for each id of one type in memory. */
  private static final int ON_DISK_FOR_ONE_OF_TYPE = 5;

  private final SpoolBroker broker;
  private final Store forLarge;
  private final Map<String, SimpleString> names = new ConcurrentHashMap<>();
  private final Map<Object, Set<String>> newest = new HashMap<>();
  private Set<String> ofEarlierRun = Set.of();
  private SpoolServer server;

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
    Set<String> here = new HashSet<>();
    boolean large = false;
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      if (here.add(id(entry)) && !isStored(entry)) {
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
    for (Entry entry : fresh) {
      newest(entry).add(id(entry));
    }
    return copies;
  }

  private void store(List<Entry> entries) throws Exception {
    server.awaitRoom(DiskReserve::isFree);
    Transaction transaction = new TransactionImpl(server.getStorageManager());
    try {
      for (Entry entry : entries) {
        store(entry, transaction);
      }
      server.awaitDisk();
      server.requireWritten(Spool.EVENTS);
      transaction.commit();
    } catch (Exception e) {
      transaction.rollback();
      throw e;
    }
    server.awaitDisk();
  }

  private boolean isStored(Entry entry) {
    String id = id(entry);
    return idsOnDisk(entry.address()).contains(SimpleString.of(id).getData())
        || newest(entry).contains(id)
        || ofEarlierRun.contains(id);
  }

  private DuplicateIDCache idsOnDisk(String address) {
    return server.getPostOffice().getDuplicateIDCache(name(address));
  }

  private Set<String> newest(Entry entry) {
    Object type = entry.properties().getOrDefault("eventKey", "");
    return newest.computeIfAbsent(
        type, t -> newestOf(broker.rememberedIds() / ON_DISK_FOR_ONE_OF_TYPE));
  }

  private static Set<String> newestOf(int most) {
    return Collections.newSetFromMap(
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > most;
          }
        });
  }

  private static String id(Entry entry) {
    return entry.properties().get(EventProducer.DUPLICATE_ID).toString();
  }

  private void store(Entry entry, Transaction transaction) throws Exception {
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
      } else {
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
    SpoolServer running = broker.running();
    if (running != server) {
      StorageManager storage = running.getStorageManager();
      storage.setContext(storage.newContext(running.getExecutorFactory().getExecutor()));
      server = running;
      ofEarlierRun = new HashSet<>();
      for (Pair<byte[], Long> id : idsOnDisk(Spool.EVENTS).getMap()) {
        ofEarlierRun.add(SimpleString.of(id.getA()).toString());
      }
    }
  }

  @Override
  public void close() {
    server = null;
    forLarge.close();
  }
}
