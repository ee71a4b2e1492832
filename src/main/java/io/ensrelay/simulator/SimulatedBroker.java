package io.ensrelay.simulator;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.message.impl.CoreMessage;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.postoffice.QueueBinding;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptorFactory;
import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.impl.ActiveMQServerImpl;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.spi.core.remoting.Acceptor;

/**
 * The MQTT side: a broker on the loopback address that lets in who shows a client certificate of
 * the simulator's authority. Messages and durable sessions are on disk and survive a restart; a
 * long backlog is paged to disk. A message nobody fetches is dropped after the service's retention
 * time.
 */
final class SimulatedBroker implements AutoCloseable {
  /** How many messages a client may hold without having acknowledged them. */
  static final int IN_FLIGHT = 1000;

  private static final String HOST = "127.0.0.1";
  private static final int JOURNAL_WAIT_NANOS = 200_000;
  private static final long WAKE_UP_MILLIS = 20;
  private static final int FREE_PORT_ATTEMPTS = 5;
  private static final int MEGABYTE = 1024 * 1024;

  private final ActiveMQServerImpl server;
  private final Map<String, SimpleString> addresses = new ConcurrentHashMap<>();
  private int port;

  private SimulatedBroker(ActiveMQServerImpl server) {
    this.server = server;
  }

  /** Starts the broker; port 0 takes a free one. */
  static SimulatedBroker start(
      Path dir, int port, Profile profile, SimulatorCertificates certificates, Duration retention)
      throws Exception {
    SimulatedBroker broker =
        new SimulatedBroker(new ActiveMQServerImpl(configuration(dir, retention)));
    try {
      broker.server.start();
      broker.open(port, profile, certificates);
      broker.keepSubscriptionsMoving();
      return broker;
    } catch (Throwable e) {
      broker.close();
      throw e;
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

  @Override
  public void close() throws Exception {
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

  private void open(int wanted, Profile profile, SimulatorCertificates certificates)
      throws Exception {
    for (int attempt = 1; ; attempt++) {
      int candidate = wanted == 0 ? freePort() : wanted;
      Acceptor acceptor =
          server
              .getRemotingService()
              .createAcceptor(acceptor("mqtt-" + attempt, candidate, profile, certificates));
      try {
        acceptor.start();
        port = candidate;
        return;
      } catch (Exception e) {
        server.getRemotingService().destroyAcceptor("mqtt-" + attempt);
        if (!(e instanceof BindException) || wanted != 0 || attempt == FREE_PORT_ATTEMPTS) {
          throw e;
        }
      }
    }
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

  private static Configuration configuration(Path dir, Duration retention) throws Exception {
    Configuration configuration =
        new ConfigurationImpl()
            .setName("ens-simulator")
            .setPersistenceEnabled(true)
            .setBindingsDirectory(dir.resolve("bindings").toString())
            .setJournalDirectory(dir.resolve("journal").toString())
            .setPagingDirectory(dir.resolve("paging").toString())
            .setLargeMessagesDirectory(dir.resolve("large-messages").toString())
            .setJournalType(JournalType.NIO)
            .setJournalFileSize(4 * MEGABYTE)
            .setJournalMinFiles(2)
            .setJournalPoolFiles(4)
            // survives the end of the process; a power cut is not simulated
            .setJournalDatasync(false)
            .setJournalBufferTimeout_NIO(JOURNAL_WAIT_NANOS)
            .setGlobalMaxSize(64L * MEGABYTE)
            .setMaxDiskUsage(-1)
            .setSecurityEnabled(false)
            .setJMXManagementEnabled(false)
            .setCriticalAnalyzer(false);
    configuration.addAddressSetting(
        "#",
        new AddressSettings()
            .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
            .setMaxSizeBytes(16L * MEGABYTE)
            .setPageSizeBytes(MEGABYTE)
            // a client may come and go as often as it likes without an acknowledgement
            .setMaxDeliveryAttempts(-1)
            .setExpiryDelay(retention.toMillis())
            // no queue is behind these two: the broker drops what goes there
            .setExpiryAddress(SimpleString.of("expired"))
            .setDeadLetterAddress(SimpleString.of("undeliverable")));
    return configuration;
  }

  private static TransportConfiguration acceptor(
      String name, int port, Profile profile, SimulatorCertificates certificates) {
    Map<String, Object> parameters =
        Map.ofEntries(
            Map.entry(TransportConstants.HOST_PROP_NAME, HOST),
            Map.entry(TransportConstants.PORT_PROP_NAME, port),
            Map.entry(TransportConstants.PROTOCOLS_PROP_NAME, "MQTT"),
            Map.entry(TransportConstants.USE_EPOLL_PROP_NAME, false),
            Map.entry(TransportConstants.SSL_ENABLED_PROP_NAME, true),
            Map.entry(TransportConstants.NEED_CLIENT_AUTH_PROP_NAME, true),
            Map.entry(
                TransportConstants.ENABLED_PROTOCOLS_PROP_NAME,
                String.join(",", profile.tlsProtocols())),
            Map.entry(TransportConstants.KEYSTORE_TYPE_PROP_NAME, "PKCS12"),
            Map.entry(TransportConstants.KEYSTORE_PATH_PROP_NAME, path(certificates.server())),
            Map.entry(TransportConstants.KEYSTORE_PASSWORD_PROP_NAME, certificates.password()),
            Map.entry(TransportConstants.TRUSTSTORE_TYPE_PROP_NAME, "PKCS12"),
            Map.entry(
                TransportConstants.TRUSTSTORE_PATH_PROP_NAME, path(certificates.truststore())),
            Map.entry(TransportConstants.TRUSTSTORE_PASSWORD_PROP_NAME, certificates.password()));
    return new TransportConfiguration(
        NettyAcceptorFactory.class.getName(),
        parameters,
        name,
        Map.of("defaultMaximumInFlightPublishMessages", IN_FLIGHT));
  }

  private static String path(Path file) {
    return file.toAbsolutePath().toString();
  }
}
