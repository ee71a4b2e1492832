package io.ensrelay.faults;

import io.ensrelay.base.JavaCommand;
import io.ensrelay.destination.JmsBroker;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.activemq.artemis.api.core.ActiveMQBuffer;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.api.core.client.ServerLocator;

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
        JavaCommand.of(
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

  /** Not by a browser of JMS, which may end before it has seen all. */
  @Override
  public Account account() throws Exception {
    Account account = new Account();
    call(
        session -> {
          long count = session.queueQuery(SimpleString.of(QUEUE)).getMessageCount();
          session.start();
          try (ClientConsumer consumer = session.createConsumer(QUEUE, true)) {
            for (long i = 0; i < count; i++) {
              account.add(body(consumer.receive(Scale.PATIENCE.toMillis())));
            }
          }
          return count;
        });
    return account;
  }

  private static byte[] body(ClientMessage message) {
    ActiveMQBuffer body = message.getBodyBuffer();
    if (message.getType() == Message.TEXT_TYPE) {
      return body.readNullableSimpleString().toString().getBytes(StandardCharsets.UTF_8);
    }
    byte[] bytes = new byte[body.readableBytes()];
    body.readBytes(bytes);
    return bytes;
  }
}
