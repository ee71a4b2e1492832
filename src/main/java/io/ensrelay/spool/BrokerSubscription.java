package io.ensrelay.spool;

import io.ensrelay.event.Event;
import jakarta.jms.JMSException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.activemq.artemis.api.core.ActiveMQBuffer;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ICoreMessage;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.filter.Filter;
import org.apache.activemq.artemis.core.message.LargeBodyReader;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.server.Consumer;
import org.apache.activemq.artemis.core.server.HandleStatus;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.apache.activemq.artemis.core.transaction.TransactionOperationAbstract;
import org.apache.activemq.artemis.core.transaction.impl.TransactionImpl;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a subscription in the embedded broker from within, as its own protocols do: without a
 * client, its packets, and the threads between the two.
 *
 * <p>The queue hands events over on threads of the broker, until the window is full; the lane takes
 * them from there. No method of the queue is called with the lock held, as the queue calls this
 * with its own.
 */
final class BrokerSubscription implements Subscription, Consumer {
  /** Events that were handed over and not taken yet, about. */
  private static final int WINDOW_BYTES = 512 << 10;

  /** Events that were confirmed and are not known to be on disk. */
  private static final int MAX_UNSETTLED = 1000;

  private static final Logger LOG = LoggerFactory.getLogger(BrokerSubscription.class);
  private static final long LOOK_AGAIN_MILLIS = 100;

  /** A lane that has had an event for so long does not get on. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long PATIENCE_SECONDS = 30;

  /** Known by identity to the broker's maps, which is quicker than by their letters. */
  static final Map<String, SimpleString> NAMES =
      Stream.concat(Event.ATTRIBUTES.stream(), Stream.of(Event.RECEIVED))
          .collect(Collectors.toMap(Function.identity(), SimpleString::of));

  private final SpoolServer server;
  private final StorageManager storage;
  private final OperationContext context;
  private final Queue queue;
  private final long id;

  /** Bytes that lanes of any destination may take beyond their windows. */
  private final AtomicLong spare;

  private final Object lock = new Object();

  /** Handed over and not confirmed, in order: first those that were taken, then those waiting. */
  private final Deque<MessageReference> given = new ArrayDeque<>();

  private final Deque<MessageReference> waiting = new ArrayDeque<>();
  private int taken;
  private int waitingBytes;
  private int ofSpare;
  private long takenAt;
  private int inTransit;
  private boolean open = true;
  private boolean refused;
  private volatile boolean closed;

  /** These two of the lane's thread alone. */
  private int unsettled;

  private boolean begun;

  BrokerSubscription(SpoolBroker broker, String destination, String selector) throws Exception {
    server = broker.running();
    storage = server.getStorageManager();
    context = storage.newContext(server.getExecutorFactory().getExecutor());
    queue = broker.subscription(destination, selector);
    id = storage.generateID();
    spare = broker.spareWindow();
    queue.addConsumer(this);
  }

  @Override
  public HandleStatus handle(MessageReference event) throws Exception {
    synchronized (lock) {
      if (!open || !hasRoom(size(event))) {
        refused = true;
        return HandleStatus.BUSY;
      }
      waitingBytes += size(event);
      given.add(event);
      inTransit++;
    }
    event.handled();
    event.setConsumerId(id);
    event.incrementDeliveryCount();
    return HandleStatus.HANDLED;
  }

  /**
   * The queue gives nothing to any lane while that of the next event has no room, so one that does
   * not get on beside others gets more, as long as there is any.
   */
  private boolean hasRoom(int size) {
    if (waitingBytes < WINDOW_BYTES) {
      return true;
    }
    boolean stuck = taken > 0 && System.nanoTime() - takenAt > STUCK_NANOS;
    if (!stuck || queue.getConsumerCount() < 2) {
      return false;
    }
    if (spare.addAndGet(-size) < 0) {
      spare.addAndGet(size);
      return false;
    }
    ofSpare += size;
    return true;
  }

  /** What of the spare room is needed no longer. */
  private void giveSpareBack() {
    int needed = Math.min(ofSpare, Math.max(0, waitingBytes - WINDOW_BYTES));
    spare.addAndGet(ofSpare - needed);
    ofSpare = needed;
  }

  @Override
  public void proceedDeliver(MessageReference event) {
    synchronized (lock) {
      inTransit--;
      waiting.add(event);
      lock.notifyAll();
    }
  }

  @Override
  public Stored next(long millis) throws JMSException {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    MessageReference event;
    boolean room = false;
    requireRunning();
    if (!begun) {
      begun = true;
      queue.deliverAsync();
    }
    try {
      synchronized (lock) {
        while (waiting.isEmpty()) {
          long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
          if (left <= 0) {
            break;
          }
          lock.wait(left);
        }
        event = waiting.poll();
        if (event != null) {
          taken++;
          takenAt = System.nanoTime();
          waitingBytes -= size(event);
          giveSpareBack();
        }
        if (refused && waitingBytes < WINDOW_BYTES / 2) {
          refused = false;
          room = true;
        }
      }
    } catch (InterruptedException e) {
      throw Spool.failure(e);
    }
    // also when it waited in vain beside events: another lane may be found stuck now
    if (room || (event == null && millis > 0 && queue.getMessageCount() > 0)) {
      queue.deliverAsync();
    }
    return event == null ? null : new Content(event.getMessage().toCore());
  }

  private static int size(MessageReference event) {
    return event.getMessage().getEncodeSize();
  }

  private record Content(ICoreMessage message) implements Stored {
    @Override
    public byte[] body() throws JMSException {
      if (message.isLargeMessage()) {
        return largeBody();
      }
      ActiveMQBuffer buffer = message.getReadOnlyBodyBuffer();
      byte[] body = new byte[buffer.readableBytes()];
      buffer.readBytes(body);
      return body;
    }

    /** From the message's own file. */
    private byte[] largeBody() throws JMSException {
      try (LargeBodyReader file = message.getLargeBodyReader()) {
        file.open();
        byte[] body = new byte[Math.toIntExact(file.getSize())];
        if (file.readInto(ByteBuffer.wrap(body)) < body.length) {
          throw new JMSException("a large event can't be read as a whole");
        }
        return body;
      } catch (ActiveMQException e) {
        throw Spool.failure(e);
      }
    }

    @Override
    public Object property(String name) {
      Object value = message.getObjectProperty(NAMES.get(name));
      return value instanceof SimpleString text ? text.toString() : value;
    }
  }

  /** Written behind the lane's back; the lane waits for the disk once for some events. */
  @Override
  public void confirm() throws JMSException {
    try {
      storage.setContext(context);
      List<MessageReference> events = confirmed();
      acknowledge(events);
      unsettled += events.size();
      if (unsettled >= MAX_UNSETTLED) {
        settle();
      }
    } catch (Exception e) {
      throw Spool.failure(e);
    }
  }

  /**
   * In a transaction also for one event: without, a paged one is confirmed past the queue, which
   * then counts it as under way for ever and at last reads no more pages.
   */
  private void acknowledge(List<MessageReference> events) throws Exception {
    Transaction transaction = new TransactionImpl(storage);
    try {
      for (MessageReference event : events) {
        event.acknowledge(transaction);
      }
      transaction.commit();
    } catch (Exception e) {
      transaction.rollback();
      throw e;
    }
  }

  /** Waits until all that was confirmed is on disk. */
  private void settle() throws Exception {
    storage.setContext(context);
    server.awaitDisk();
    unsettled = 0;
  }

  private List<MessageReference> confirmed() {
    synchronized (lock) {
      List<MessageReference> events = new ArrayList<>(taken);
      while (taken > 0) {
        events.add(given.remove());
        taken--;
      }
      return events;
    }
  }

  @Override
  public void giveBack() throws JMSException {
    try {
      cancel();
    } catch (Exception e) {
      throw Spool.failure(e);
    }
    synchronized (lock) {
      open = true;
      refused = false;
    }
    queue.deliverAsync();
  }

  /** Takes nothing more, and lets the queue have back what is not confirmed, in its order. */
  private void cancel() throws Exception {
    settle();
    List<MessageReference> events;
    synchronized (lock) {
      open = false;
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (inTransit > 0) {
        requireRunning();
        if (System.nanoTime() - until > 0) {
          throw new JMSException("an event is on its way for too long");
        }
        lock.wait(LOOK_AGAIN_MILLIS);
      }
      events = new ArrayList<>(given);
      given.clear();
      waiting.clear();
      taken = 0;
      waitingBytes = 0;
      giveSpareBack();
    }
    if (events.isEmpty()) {
      return;
    }
    storage.setContext(context);
    Transaction transaction = new TransactionImpl(storage);
    for (MessageReference event : events) {
      queue.cancel(transaction, event, true);
    }
    CountDownLatch back = new CountDownLatch(1);
    transaction.addOperation(
        new TransactionOperationAbstract() {
          @Override
          public void afterRollback(Transaction rolledBack) {
            back.countDown();
          }
        });
    transaction.rollback();
    while (!back.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
      requireRunning();
    }
  }

  @Override
  public void close() throws JMSException {
    if (!server.isActive()) {
      return;
    }
    try {
      cancel();
    } catch (Exception e) {
      throw Spool.failure(e);
    } finally {
      closed = true;
      queue.removeConsumer(this);
      queue.deliverAsync();
    }
  }

  private void requireRunning() throws JMSException {
    if (!server.isActive()) {
      throw new JMSException("the spool has stopped");
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  /** The direct way would be on the thread that stores. */
  @Override
  public boolean supportsDirectDelivery() {
    return false;
  }

  @Override
  public void disconnect() {
    LOG.debug("{} was asked to end", this);
  }

  @Override
  public void failed(Throwable reason) {
    LOG.error("{} failed", this, reason);
  }

  /** The subscription has one already. */
  @Override
  public Filter getFilter() {
    return null;
  }

  @Override
  public List<MessageReference> getDeliveringMessages() {
    synchronized (lock) {
      return new ArrayList<>(given);
    }
  }

  @Override
  public long sequentialID() {
    return id;
  }

  @Override
  public String toManagementString() {
    return "lane " + id + " of " + queue.getName();
  }

  @Override
  public String debug() {
    return toManagementString();
  }
}
