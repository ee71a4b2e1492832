package io.ensrelay.simulator;

import io.netty.handler.codec.mqtt.MqttPublishMessage;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
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
import org.apache.activemq.artemis.core.postoffice.QueueBinding;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTInterceptor;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.remoting.server.RemotingService;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.impl.ActiveMQServerImpl;
import org.apache.activemq.artemis.spi.core.remoting.Acceptor;

/**
 * The MQTT side: a broker on the loopback address that lets in who shows a client certificate of
 * the simulator's authority. Messages and durable sessions are on disk and survive a restart; a
 * long backlog is paged to disk. A message nobody fetches is dropped after the service's retention
 * time.
 */
final class SimulatedBroker implements AutoCloseable {
  private static final long SESSION_END_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long WAKE_UP_MILLIS = 20;
  private static final int FREE_PORT_ATTEMPTS = 5;

  private final ActiveMQServerImpl server;
  private final Map<String, SimpleString> addresses = new ConcurrentHashMap<>();
  private int port;

  private SimulatedBroker(ActiveMQServerImpl server) {
    this.server = server;
  }

  /** Starts the broker and its storage; no client can connect yet. */
  static SimulatedBroker start(Path dir, Duration retention) throws Exception {
    SimulatedBroker broker =
        new SimulatedBroker(new ActiveMQServerImpl(BrokerConfiguration.of(dir, retention)));
    try {
      broker.server.start();
      broker.keepOrder();
      broker.keepSubscriptionsMoving();
      return broker;
    } catch (Throwable e) {
      broker.close();
      throw e;
    }
  }

  /**
   * Lets clients connect; port 0 takes a free one.
   *
   * @throws BindException when the port is in use
   */
  void open(int wanted, Profile profile, SimulatorCertificates certificates) throws Exception {
    for (int attempt = 1; ; attempt++) {
      int candidate = wanted == 0 ? freePort() : wanted;
      String name = "mqtt-" + attempt;
      Acceptor acceptor =
          server
              .getRemotingService()
              .createAcceptor(BrokerConfiguration.acceptor(name, candidate, profile, certificates));
      try {
        acceptor.start();
        port = candidate;
        return;
      } catch (Exception e) {
        server.getRemotingService().destroyAcceptor(name);
        if (!isCausedByBind(e)) {
          throw e;
        } else if (wanted != 0 || attempt == FREE_PORT_ATTEMPTS) {
          throw new BindException(e.getMessage());
        }
      }
    }
  }

  int port() {
    return port;
  }

  /** Stores these messages for every subscription and returns when the broker has them. */
  void publish(List<Publication> publications) throws Exception {
    StorageManager storage = server.getStorageManager();
    OperationContext previous = storage.getContext();
    storage.setContext(storage.newSingleThreadContext());
    try {
      for (Publication each : publications) {
        server.getPostOffice().route(message(storage, each), false);
      }
      storage.waitOnOperations(TimeUnit.SECONDS.toMillis(30));
    } finally {
      storage.setContext(previous);
    }
  }

  /** Ends the connections first: their sessions still need the storage to end cleanly. */
  @Override
  public void close() throws Exception {
    RemotingService remoting = server.getRemotingService();
    if (remoting != null) {
      remoting.pauseAcceptors();
      remoting.getConnections().forEach(connection -> connection.disconnect(false));
      long patience = System.nanoTime() + SESSION_END_NANOS;
      while (!server.getSessions().isEmpty() && System.nanoTime() < patience) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      }
    }
    server.stop();
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

  private static boolean isCausedByBind(Throwable failure) {
    return failure instanceof BindException
        || (failure.getCause() != null && isCausedByBind(failure.getCause()));
  }

  /**
   * The broker lets a message go out once the storage has done what it was last asked for on the
   * delivering thread. That thread serves others too: what it waits for is mostly an
   * acknowledgement of before, and a message delivered by another thread in the meantime would
   * overtake. A message is stored before it is delivered, so it need not wait for anything.
   */
  private void keepOrder() {
    MQTTInterceptor nothingToWaitFor =
        (packet, connection) -> {
          if (packet instanceof MqttPublishMessage) {
            server.getStorageManager().clearContext();
          }
          return true;
        };
    server.getRemotingService().addOutgoingInterceptor(nothingToWaitFor);
  }

  /**
   * A client's window is shared by its subscriptions, but the broker goes on, after an
   * acknowledgement, with the subscription of that message only: another that found the window full
   * would wait for its next message. So all of them are asked to go on from time to time.
   */
  private void keepSubscriptionsMoving() {
    server
        .getScheduledPool()
        .scheduleWithFixedDelay(
            this::deliverWaiting, WAKE_UP_MILLIS, WAKE_UP_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void deliverWaiting() {
    server
        .getPostOffice()
        .getAllBindings()
        .filter(QueueBinding.class::isInstance)
        .map(binding -> ((QueueBinding) binding).getQueue())
        .filter(queue -> queue.getConsumerCount() > 0)
        .filter(queue -> queue.getMessageCount() > queue.getDeliveringCount())
        .forEach(Queue::deliverAsync);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
