package io.ensrelay.simulator;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.filter.Filter;
import org.apache.activemq.artemis.core.postoffice.Binding;
import org.apache.activemq.artemis.core.postoffice.Bindings;
import org.apache.activemq.artemis.core.postoffice.QueueBinding;
import org.apache.activemq.artemis.core.security.SecurityAuth;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.impl.AckReason;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerConsumerPlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerQueuePlugin;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.apache.activemq.artemis.selector.filter.Filterable;

/**
 * The purge rule of the service: once any client has acknowledged a message, it is purged for all.
 * A subscription whose client is absent loses the message at once. A present client has been sent
 * the message and may still acknowledge it; its subscription loses the message if the client
 * disconnects without an acknowledgement. A delivery at QoS 0 counts as acknowledged.
 *
 * <p>A purged message is not delivered any more; {@link #sweep} removes it from the disk.
 *
 * <p>This class also sets DUP on a redelivered message, because it knows the deliveries; the broker
 * does not set it for MQTT.
 */
final class Purge
    implements ActiveMQServerMessagePlugin,
        ActiveMQServerConsumerPlugin,
        ActiveMQServerQueuePlugin {

  private final ActiveMQServer server;
  private final Map<SimpleString, Subscription> subscriptions = new ConcurrentHashMap<>();
  private final ThreadLocal<Boolean> suppressed = ThreadLocal.withInitial(() -> false);

  /** Acknowledged by others: purged while this queue's client was absent, sent while present. */
  private static final class Subscription {
    private final PurgedIds purged = new PurgedIds();
    private final PurgedIds sent = new PurgedIds();
    private volatile boolean changed;
  }

  Purge(ActiveMQServer server) {
    this.server = server;
  }

  /** Whether the message that this thread is about to send is purged and must be held back. */
  boolean isSuppressed() {
    return suppressed.get();
  }

  @Override
  public void messageAcknowledged(
      Transaction tx, MessageReference reference, AckReason reason, ServerConsumer consumer) {
    if (reason != AckReason.NORMAL || consumer == null) {
      return;
    }
    Message message = reference.getMessage();
    forOthers(message, reference.getQueue(), queue -> acknowledged(queue, message.getMessageID()));
  }

  @Override
  public void afterCloseConsumer(ServerConsumer consumer, boolean failed) {
    Subscription subscription = subscriptions.get(consumer.getQueueName());
    if (subscription != null && consumer.getQueue().getConsumerCount() == 0) {
      subscription.purged.takeAll(subscription.sent);
      subscription.changed = true;
    }
  }

  @Override
  public void afterDestroyQueue(
      Queue queue,
      SimpleString address,
      SecurityAuth session,
      boolean checkConsumerCount,
      boolean removeConsumers,
      boolean autoDeleteAddress) {
    subscriptions.remove(queue.getName());
  }

  @Override
  public void beforeDeliver(ServerConsumer consumer, MessageReference reference) {
    Subscription subscription = subscriptions.get(reference.getQueue().getName());
    if (subscription != null
        && subscription.purged.contains(reference.getMessage().getMessageID())) {
      suppressed.set(true);
    }
  }

  /** The broker subtracts one when a client leaves; a redelivery must not count as the first. */
  @Override
  public void afterDeliver(ServerConsumer consumer, MessageReference reference)
      throws ActiveMQException {
    suppressed.remove();
    reference.incrementDeliveryCount();
  }

  /**
   * Deletes purged messages from subscriptions with an absent client. Messages paged to disk stay
   * there until their subscription is read or their time is over: scanning them would load them
   * into the heap.
   */
  void sweep(Queue queue) throws Exception {
    Subscription subscription = subscriptions.get(queue.getName());
    if (subscription != null
        && subscription.changed
        && queue.getConsumerCount() == 0
        && !queue.getPageSubscription().isPaging()) {
      subscription.changed = false;
      queue.deleteMatchingReferences(new Purged(subscription.purged));
    }
  }

  private void acknowledged(Queue queue, long id) {
    Subscription subscription =
        subscriptions.computeIfAbsent(queue.getName(), name -> new Subscription());
    if (queue.getConsumerCount() > 0) {
      subscription.sent.add(id);
    } else {
      subscription.purged.add(id);
      subscription.changed = true;
    }
  }

  private void forOthers(Message message, Queue own, Consumer<Queue> action) {
    for (Binding each : bindings(message).getBindings()) {
      if (each instanceof QueueBinding binding && binding.getQueue() != own) {
        action.accept(binding.getQueue());
      }
    }
  }

  private Bindings bindings(Message message) {
    try {
      return server.getPostOffice().getBindingsForAddress(message.getAddressSimpleString());
    } catch (Exception e) {
      throw new IllegalStateException("The subscriptions could not be read", e);
    }
  }

  private record Purged(PurgedIds ids) implements Filter {
    @Override
    public boolean match(Message message) {
      return ids.contains(message.getMessageID());
    }

    @Override
    public boolean match(Map<String, String> properties) {
      return false;
    }

    @Override
    public boolean match(Filterable filterable) {
      return false;
    }

    @Override
    public SimpleString getFilterString() {
      return SimpleString.of("purged");
    }
  }
}
