package io.ensrelay.simulator;

import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.activemq.artemis.core.postoffice.QueueBinding;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.Queue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The periodic work of a simulated broker: starts and ends faults, removes purged messages from the
 * disk, and resumes stalled subscriptions.
 *
 * <p>All subscriptions of a client share its window, but after an acknowledgement the broker
 * continues only the subscription of that message. Another one that found the window full would
 * wait for its next message.
 */
final class BrokerUpkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerUpkeep.class);
  private static final long PERIOD_MILLIS = 20;

  private final ActiveMQServer server;
  private final MqttListener listener;
  private final Purge purge;
  private final Faults faults;
  private final Consumer<Fault> drop;
  private final Tenants tenants;
  private final ScheduledFuture<?> running;
  private boolean troubled;

  BrokerUpkeep(
      ActiveMQServer server,
      MqttListener listener,
      Purge purge,
      Faults faults,
      Consumer<Fault> drop,
      Tenants tenants) {
    this.server = server;
    this.listener = listener;
    this.purge = purge;
    this.faults = faults;
    this.drop = drop;
    this.tenants = tenants;
    running =
        server
            .getScheduledPool()
            .scheduleWithFixedDelay(
                this::keepUp, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    faults.whenChanged(this::keepUp);
  }

  /** Ends the work and waits for a run in progress. */
  @Override
  public synchronized void close() {
    faults.whenChanged(() -> {});
    running.cancel(false);
  }

  private synchronized void keepUp() {
    if (running != null && running.isCancelled()) {
      return;
    }
    try {
      listener.keep(!faults.isActive(FaultKind.MQTT_NOT_ACCEPTING));
      faults.happens(FaultKind.MQTT_DROP).ifPresent(drop);
      boolean paused = faults.isActive(FaultKind.MQTT_PAUSE);
      for (Queue queue : queues()) {
        keepUp(queue, paused && faults.isActive(FaultKind.MQTT_PAUSE, tenantOf(queue)));
      }
      troubled = false;
    } catch (Exception e) {
      if (!troubled) {
        LOG.warn("The upkeep of the simulated broker failed, trying again: {}", e.getMessage(), e);
      }
      troubled = true;
    }
  }

  private void keepUp(Queue queue, boolean paused) throws Exception {
    try {
      pause(queue, paused);
      purge.sweep(queue);
      forgetWithoutClient(queue);
      deliverWaiting(queue);
    } catch (Exception e) {
      // its client may have deleted it meanwhile
      if (server.locateQueue(queue.getName()) != null) {
        throw e;
      }
    }
  }

  private List<Queue> queues() {
    return server
        .getPostOffice()
        .getAllBindings()
        .filter(QueueBinding.class::isInstance)
        .map(binding -> ((QueueBinding) binding).getQueue())
        .toList();
  }

  private String tenantOf(Queue queue) {
    String topic =
        MQTTUtil.getMqttTopicFromCoreAddress(
            queue.getAddress().toString(), server.getConfiguration().getWildcardConfiguration());
    return tenants.ofTopic(topic).map(SimulatedTenant::name).orElse("");
  }

  private static void pause(Queue queue, boolean wanted) {
    if (wanted && !queue.isPaused()) {
      queue.pause();
    } else if (!wanted && queue.isPaused()) {
      queue.resume();
    }
  }

  private static void forgetWithoutClient(Queue queue) throws Exception {
    if (queue.isPurgeOnNoConsumers()
        && queue.getConsumerCount() == 0
        && queue.getMessageCount() > 0) {
      queue.deleteAllReferences();
    }
  }

  private static void deliverWaiting(Queue queue) {
    if (queue.getConsumerCount() > 0 && queue.getMessageCount() > queue.getDeliveringCount()) {
      queue.deliverAsync();
    }
  }
}
