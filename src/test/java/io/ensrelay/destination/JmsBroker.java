package io.ensrelay.destination;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.ServerSession;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.server.impl.AddressInfo;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerPlugin;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.activemq.artemis.protocol.amqp.exceptions.ActiveMQAMQPException;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;
import org.apache.qpid.proton.amqp.transport.LinkError;
import org.slf4j.LoggerFactory;

/** An Artemis broker in this process, on disk: its own protocol and AMQP on one free port. */
public final class JmsBroker implements AutoCloseable {
  /** A password with all that a URI, a placeholder or an encoding could break. */
  static final String ODD = "p%2B a+&=#?/ä{}";

  private final Path dir;
  private final int port;
  private boolean creates = true;
  private boolean asksWho;
  private int largest = Integer.MAX_VALUE;
  private Optional<String> encrypted = Optional.empty();
  private final int tlsPort = freePort();
  private EmbeddedActiveMQ broker;

  JmsBroker(Path dir) {
    this(dir, freePort());
  }

  private JmsBroker(Path dir, int port) {
    this.dir = dir;
    this.port = port;
  }

  /** In a process of its own, until that is ended: folder and port. Makes no queues by itself. */
  public static void main(String[] arguments) throws Exception {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    new JmsBroker(Path.of(arguments[0]), Integer.parseInt(arguments[1])).creatingNothing().start();
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Queues that nobody made are not made by a message. */
  JmsBroker creatingNothing() {
    creates = false;
    return this;
  }

  /** Refuses larger messages, as AMQP brokers with a limit do. */
  JmsBroker takingAtMost(int bytes) {
    largest = bytes;
    return this;
  }

  /** Lets in only the user relay with the password secret. */
  JmsBroker askingWho() {
    asksWho = true;
    return this;
  }

  /**
   * Has a second address, with TLS, for clients with a certificate.
   *
   * @param keystore PKCS#12 of the broker
   * @param truststore PKCS#12 with the CA of the clients; the password of both is changeit
   */
  JmsBroker withTls(Path keystore, Path truststore) {
    encrypted =
        Optional.of(
            ";sslEnabled=true;needClientAuth=true;keyStorePassword=changeit;keyStorePath="
                + keystore
                + ";trustStorePassword=changeit;trustStorePath="
                + truststore);
    return this;
  }

  JmsBroker start() throws Exception {
    Configuration configuration =
        new ConfigurationImpl()
            .setPersistenceEnabled(true)
            .setBindingsDirectory(dir.resolve("bindings").toString())
            .setJournalDirectory(dir.resolve("journal").toString())
            .setPagingDirectory(dir.resolve("paging").toString())
            .setLargeMessagesDirectory(dir.resolve("large-messages").toString())
            .setJournalType(JournalType.NIO)
            .setJournalMinFiles(2)
            .setJournalFileSize(4 << 20)
            .setMaxDiskUsage(-1)
            .setJMXManagementEnabled(false)
            .setCriticalAnalyzer(false)
            .setSecurityEnabled(asksWho)
            .addAcceptorConfiguration("tcp", acceptor(port))
            .addAddressSetting(
                "#",
                new AddressSettings()
                    .setAutoCreateQueues(creates)
                    .setAutoCreateAddresses(creates)
                    .setAutoDeleteQueues(false)
                    .setAutoDeleteAddresses(false));
    if (encrypted.isPresent()) {
      configuration.addAcceptorConfiguration("tls", acceptor(tlsPort) + encrypted.get());
    }
    configuration.registerBrokerPlugin(
        new ActiveMQServerPlugin() {
          @Override
          public void beforeSend(
              ServerSession session,
              Transaction transaction,
              Message message,
              boolean direct,
              boolean noAutoCreate)
              throws ActiveMQException {
            if (message.getWholeMessageSize() > largest) {
              throw new ActiveMQAMQPException(
                  LinkError.MESSAGE_SIZE_EXCEEDED,
                  "larger than " + largest,
                  ActiveMQExceptionType.GENERIC_EXCEPTION);
            }
          }
        });
    broker = new EmbeddedActiveMQ();
    broker.setConfiguration(configuration);
    if (asksWho) {
      ActiveMQJAASSecurityManager manager =
          new ActiveMQJAASSecurityManager(
              InVMLoginModule.class.getName(),
              new SecurityConfiguration(
                  Map.of("relay", "secret", "odd", ODD),
                  Map.of("relay", List.of("all"), "odd", List.of("all"))));
      broker.setSecurityManager(manager);
      configuration.putSecurityRoles(
          "#",
          Set.of(
              new Role(
                  "all", true, true, true, true, true, true, true, true, true, true, true, true)));
    }
    broker.start();
    return this;
  }

  private static String acceptor(int port) {
    return "tcp://127.0.0.1:" + port + "?protocols=CORE,AMQP;useEpoll=false";
  }

  void stop() throws Exception {
    broker.stop();
  }

  int port() {
    return port;
  }

  String url() {
    return "tcp://127.0.0.1:" + port;
  }

  String amqp() {
    return "amqp://127.0.0.1:" + port;
  }

  /** With the name of its certificate. */
  String tlsUrl() {
    return "tcp://localhost:" + tlsPort;
  }

  String tlsAmqp() {
    return "amqps://localhost:" + tlsPort;
  }

  /** Makes a durable subscription of a topic. */
  void subscribe(String topic, String subscription) throws Exception {
    broker
        .getActiveMQServer()
        .addAddressInfo(new AddressInfo(SimpleString.of(topic), RoutingType.MULTICAST));
    broker
        .getActiveMQServer()
        .createQueue(
            QueueConfiguration.of(subscription)
                .setAddress(topic)
                .setRoutingType(RoutingType.MULTICAST));
  }

  long waiting(String queue) {
    Queue found = broker.getActiveMQServer().locateQueue(SimpleString.of(queue));
    return found == null ? 0 : found.getMessageCount();
  }

  /** Takes what is in a queue now. */
  List<jakarta.jms.Message> take(String queue) throws JMSException {
    try (ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(url());
        Connection connection = factory.createConnection("relay", "secret");
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
      connection.start();
      List<jakarta.jms.Message> all = new ArrayList<>();
      for (jakarta.jms.Message next = consumer.receive(1000);
          next != null;
          next = consumer.receive(300)) {
        all.add(next);
      }
      return all;
    }
  }

  @Override
  public void close() throws Exception {
    if (broker != null) {
      broker.stop();
    }
  }
}
