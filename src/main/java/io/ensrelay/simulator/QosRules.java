package io.ensrelay.simulator;

import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import java.util.List;
import java.util.Optional;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTSessionState;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTStateManager;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.Queue;

/**
 * The rules of QoS: makes subscriptions behave as in ActiveMQ Classic where this broker differs: a
 * client that is absent and subscribed with QoS 0 loses its messages, and a new subscription with
 * another QoS deletes the stored ones.
 *
 * <p>Threads: safe, with one thread for each client id.
 */
final class QosRules {
  private final ActiveMQServer server;
  private MQTTStateManager states;

  QosRules(ActiveMQServer server) {
    this.server = server;
  }

  /** Settles the sessions that existed before the broker started. */
  void settleAll() throws Exception {
    for (String clientId : states().getSessionStates().keySet()) {
      settle(clientId);
    }
  }

  /** Forgets the packet ids left by a lost connection: they would run out one day. */
  void beginSession(String clientId) throws Exception {
    MQTTSessionState state = states().getSessionStates().get(clientId);
    if (state != null && !state.isAttached()) {
      state.getOutboundStore().clear();
    }
  }

  /** Prepares new subscriptions; call this before the broker subscribes the client. */
  void replace(String clientId, List<MqttTopicSubscription> wanted) throws Exception {
    MQTTSessionState state = states().getSessionStates().get(clientId);
    if (state == null) {
      return;
    }
    for (MqttTopicSubscription each : wanted) {
      MqttTopicSubscription known = state.getSubscription(each.topicFilter());
      if (known != null && known.qualityOfService() != each.qualityOfService()) {
        Optional<Queue> queue = queue(clientId, each.topicFilter());
        if (queue.isPresent()) {
          queue.get().deleteAllReferences();
        }
      }
    }
  }

  /** Applies the rules; call this after the broker has subscribed the client. */
  void settle(String clientId) throws Exception {
    MQTTSessionState state = states().getSessionStates().get(clientId);
    if (state == null) {
      return;
    }
    for (MqttTopicSubscription each : state.getSubscriptions()) {
      boolean forgets = each.qualityOfService() == MqttQoS.AT_MOST_ONCE;
      queue(clientId, each.topicFilter())
          .filter(queue -> queue.isPurgeOnNoConsumers() != forgets)
          .ifPresent(queue -> queue.setPurgeOnNoConsumers(forgets));
    }
  }

  private Optional<Queue> queue(String clientId, String topicFilter) {
    String name =
        MQTTUtil.getCoreQueueFromMqttTopic(
            topicFilter, clientId, server.getConfiguration().getWildcardConfiguration());
    return Optional.ofNullable(server.locateQueue(SimpleString.of(name)));
  }

  /** Gets it only once, because a server that is stopping would create another. */
  private synchronized MQTTStateManager states() throws Exception {
    if (states == null) {
      states = MQTTStateManager.getInstance(server);
    }
    return states;
  }
}
