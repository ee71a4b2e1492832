package io.ensrelay.faults;

import io.ensrelay.destination.JmsBroker;
import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.Message;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.api.core.client.ServerLocator;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;

/** An Artemis broker in a process of its own; its queue is missing at first. */
final class ArtemisReceiver implements Receiver {
  private static final String QUEUE = "ens-events";

  private final ServerProcess process;
  private final int port = Brokers.freePort();
  private final String scheme;

  /**
   * @param scheme {@code tcp} or {@code amqp}
   */
  ArtemisReceiver(Path dir, String scheme) throws Exception {
    process = new ServerProcess(dir);
    this.scheme = scheme;
  }

  private interface Call {
    long on(ClientSession session) throws Exception;
  }

  @Override
  public Map<String, Object> settings() {
    return Map.of("url", scheme + "://127.0.0.1:" + port, "queue", QUEUE);
  }

  @Override
  public void start() throws Exception {
    process.start(
        port,
        Map.of(),
        List.of(
            ServerProcess.java(),
            "-Xmx256m",
            "-cp",
            classPath(),
            JmsBroker.class.getName(),
            process.dir().toString(),
            Integer.toString(port)));
  }

  /** Of this process; the broker has another working directory. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  @Override
  public void stop() throws InterruptedException {
    process.kill();
  }

  @Override
  public void accept() throws Exception {
    call(
        session -> {
          session.createAddress(SimpleString.of(QUEUE), RoutingType.ANYCAST, false);
          session.createQueue(
              QueueConfiguration.of(QUEUE).setRoutingType(RoutingType.ANYCAST).setDurable(true));
          return 0;
        });
  }

  @Override
  public long count() throws Exception {
    return call(session -> session.queueQuery(SimpleString.of(QUEUE)).getMessageCount());
  }

  private long call(Call call) throws Exception {
    try (ServerLocator locator = ActiveMQClient.createServerLocator("tcp://127.0.0.1:" + port);
        ClientSessionFactory factory = locator.createSessionFactory();
        ClientSession session = factory.createSession()) {
      return call.on(session);
    }
  }

  @Override
  public Account account() throws Exception {
    Account account = new Account();
    try (ActiveMQConnectionFactory factory =
            new ActiveMQConnectionFactory("tcp://127.0.0.1:" + port);
        Connection connection = factory.createConnection();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        QueueBrowser browser = session.createBrowser(session.createQueue(QUEUE))) {
      connection.start();
      Enumeration<?> messages = browser.getEnumeration();
      while (messages.hasMoreElements()) {
        account.add(body((Message) messages.nextElement()));
      }
    }
    return account;
  }

  private static byte[] body(Message message) throws Exception {
    if (message instanceof BytesMessage bytes) {
      byte[] body = new byte[(int) bytes.getBodyLength()];
      bytes.readBytes(body);
      return body;
    }
    return message.getBody(String.class).getBytes(StandardCharsets.UTF_8);
  }
}
