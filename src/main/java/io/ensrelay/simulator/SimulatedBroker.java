package io.ensrelay.simulator;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.net.BindException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.message.impl.CoreMessage;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.persistence.impl.journal.LargeServerMessageImpl;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTInterceptor;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTProtocolHandler;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyConnection;
import org.apache.activemq.artemis.core.remoting.server.RemotingService;
import org.apache.activemq.artemis.core.server.impl.ActiveMQServerImpl;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerConnectionPlugin;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;

/**
 * The MQTT side: a broker on the loopback address that accepts client certificates of the
 * simulator's authority. Messages and durable sessions are on disk and survive a restart; a long
 * backlog is paged to disk. A message that no client fetches is dropped after the retention time.
 */
final class SimulatedBroker implements AutoCloseable {
  private static final long SESSION_END_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ActiveMQServerImpl server;
  private final Faults faults;
  private final Tenants tenants;
  private final ServiceRules rules;
  private final Purge purge;
  private final Admission admission;
  private final QosRules subscriptions;
  private final Map<String, SimpleString> addresses = new ConcurrentHashMap<>();
  private final ClientPublications publications = new ClientPublications(this::publish);
  private MqttListener listener;
  private BrokerUpkeep upkeep;

  private SimulatedBroker(
      ActiveMQServerImpl server, ServiceRules rules, Tenants tenants, Faults faults) {
    this.server = server;
    this.rules = rules;
    this.tenants = tenants;
    this.faults = faults;
    purge = new Purge(server);
    admission = new Admission(rules, faults);
    subscriptions = new QosRules(server);
  }

  /** Starts the broker and its storage; no client can connect yet. */
  static SimulatedBroker start(Path dir, ServiceRules rules, Tenants tenants, Faults faults)
      throws Exception {
    SimulatedBroker broker =
        new SimulatedBroker(
            new ActiveMQServerImpl(BrokerConfiguration.of(dir, rules.retention())),
            rules,
            tenants,
            faults);
    try {
      broker.server.registerBrokerPlugin(broker.purge);
      broker.server.registerBrokerPlugin(broker.gatekeeper());
      broker.server.start();
      broker.server.getRemotingService().addOutgoingInterceptor(broker.sender());
      return broker;
    } catch (Throwable e) {
      broker.close();
      throw e;
    }
  }

  /**
   * Lets clients connect; port 0 chooses a free one.
   *
   * @throws BindException if the port is in use
   */
  void open(int wanted, Profile profile, SimulatorCertificates certificates) throws Exception {
    listener = new MqttListener(server.getRemotingService(), profile, certificates, rules);
    listener.open(wanted);
    subscriptions.settleAll();
    upkeep = new BrokerUpkeep(server, listener, purge, faults, this::drop, tenants);
  }

  int port() {
    return listener.port();
  }

  /** Returns the number of connected clients. */
  int connections() {
    return admission.connections();
  }

  /** Returns the number of connected clients of a tenant. */
  int connections(SimulatedTenant tenant) {
    return admission.connections(tenant.name());
  }

  /** Stores messages for every subscription; returns once the broker has them. */
  void publish(List<Publication> publications) throws Exception {
    StorageManager storage = server.getStorageManager();
    OperationContext previous = storage.getContext();
    storage.setContext(storage.newSingleThreadContext());
    try {
      for (Publication each : publications) {
        Message message = message(storage, each);
        server
            .getPostOffice()
            .route(LargeServerMessageImpl.checkLargeMessage(message, storage), false);
      }
      storage.waitOnOperations(TimeUnit.SECONDS.toMillis(30));
    } finally {
      storage.setContext(previous);
    }
  }

  /** Ends the connections first, because their sessions need the storage to end cleanly. */
  @Override
  public void close() throws Exception {
    if (upkeep != null) {
      upkeep.close();
      listener.release();
    }
    RemotingService remoting = server.getRemotingService();
    if (remoting != null) {
      remoting.pauseAcceptors();
      remoting.getConnections().forEach(connection -> connection.disconnect(false));
      long patience = System.nanoTime() + SESSION_END_NANOS;
      while (!server.getSessions().isEmpty() && System.nanoTime() < patience) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      }
    }
    publications.close();
    server.stop();
  }

  /** Ends the connections that a fault is for. */
  private void drop(Fault fault) {
    for (RemotingConnection each : List.copyOf(server.getRemotingService().getConnections())) {
      MqttGate gate = pipeline(each).get(MqttGate.class);
      if (gate == null || fault.isFor(gate.tenantName())) {
        each.disconnect(false);
      }
    }
  }

  private Message message(StorageManager storage, Publication publication) {
    CoreMessage message = new CoreMessage(storage.generateID(), publication.payload().length + 128);
    message.setAddress(addresses.computeIfAbsent(publication.topic(), this::address));
    message.setRoutingType(RoutingType.MULTICAST);
    message.setType(Message.BYTES_TYPE);
    message.setDurable(true);
    message.setTimestamp(System.currentTimeMillis());
    message.putIntProperty(MQTTUtil.MQTT_QOS_LEVEL_KEY, 1);
    message.getBodyBuffer().writeBytes(publication.payload());
    return message;
  }

  private SimpleString address(String topic) {
    return SimpleString.of(
        MQTTUtil.getCoreAddressFromMqttTopic(
            topic, server.getConfiguration().getWildcardConfiguration()));
  }

  /** Puts a gate in front of each connection before its first packet is read. */
  private ActiveMQServerConnectionPlugin gatekeeper() {
    return new ActiveMQServerConnectionPlugin() {
      @Override
      public void afterCreateConnection(RemotingConnection connection) {
        ChannelPipeline pipeline = pipeline(connection);
        pipeline.addBefore(
            pipeline.context(MQTTProtocolHandler.class).name(),
            "ens-gate",
            new MqttGate(tenants, admission, subscriptions, publications));
      }
    };
  }

  /**
   * Holds back purged messages and keeps the others in order.
   *
   * <p>The broker sends a message only after the storage has finished the last request of the
   * delivering thread. That thread serves other clients too, so this request is mostly an earlier
   * acknowledgement; meanwhile another thread might deliver a later message first. A message is
   * stored before it is delivered, so it need not wait.
   */
  private MQTTInterceptor sender() {
    return (packet, connection) -> {
      if (packet instanceof MqttPublishMessage publish) {
        if (purge.isSuppressed()) {
          keepBack(publish, connection);
          return false;
        }
        server.getStorageManager().clearContext();
      }
      return true;
    };
  }

  /** Acknowledges the message to the broker, which at QoS 0 does so itself. */
  private static void keepBack(MqttPublishMessage publish, RemotingConnection connection) {
    if (publish.fixedHeader().qosLevel() != MqttQoS.AT_MOST_ONCE) {
      pipeline(connection).get(MqttGate.class).acknowledge(publish.variableHeader().packetId());
    }
    publish.release();
  }

  private static ChannelPipeline pipeline(RemotingConnection connection) {
    return ((NettyConnection) connection.getTransportConnection()).getChannel().pipeline();
  }
}
