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
 * Treats subscriptions as ActiveMQ Classic does where the broker here does otherwise: nothing is
 * kept for a client that is away and subscribed with QoS 0, and subscribing again with another QoS
 * deletes what was kept.
 *
 * <p>Safe for use by several threads, one for each client id.
 */
final class Subscriptions {
  private final ActiveMQServer server;
  private MQTTStateManager states;

  Subscriptions(ActiveMQServer server) {
    this.server = server;
  }

  /** For who was there before the broker was started. */
  void settleAll() throws Exception {
    for (String clientId : states().getSessionStates().keySet()) {
      settle(clientId);
    }
  }

  /** Forgets the packet ids that a lost connection left behind: they would run out one day. */
  void beginSession(String clientId) throws Exception {
    MQTTSessionState state = states().getSessionStates().get(clientId);
    if (state != null && !state.isAttached()) {
      state.getOutboundStore().clear();
    }
  }

  /** Before the broker subscribes the client to these. */
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

  /** After the broker has subscribed the client. */
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

  /** Asked for once: a server that stops would make another. */
  private synchronized MQTTStateManager states() throws Exception {
    if (states == null) {
      states = MQTTStateManager.getInstance(server);
    }
    return states;
  }
}
