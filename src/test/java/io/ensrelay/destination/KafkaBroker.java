package io.ensrelay.destination;

import io.ensrelay.base.JavaCommand;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;

/**
 * A Kafka broker with a small heap in a process of its own, from the jars that {@code
 * src/test/brokers/pom.xml} brings; its store outlives its end.
 */
public final class KafkaBroker implements AutoCloseable {
  private static final Path JARS = Path.of("src/test/brokers/target/kafka").toAbsolutePath();
  private static final Duration SOON = Duration.ofSeconds(60);

  private final Path dir;
  private final int port = JmsBroker.freePort();
  private final int controller = JmsBroker.freePort();
  private final int secure = JmsBroker.freePort();
  private final List<String> more = new ArrayList<>();
  private Process process;

  public KafkaBroker(Path dir) throws IOException {
    this.dir = Files.createDirectories(dir).toAbsolutePath();
  }

  public static boolean isThere() {
    return Files.isDirectory(JARS);
  }

  /** Adds lines to its configuration. */
  public KafkaBroker with(String... lines) {
    more.addAll(List.of(lines));
    return this;
  }

  /**
   * Has a second listener, with TLS and SASL/PLAIN for the user odd.
   *
   * @param keystore PKCS#12 of the broker, its password {@code changeit}
   */
  KafkaBroker withTls(Path keystore) {
    return with(
        "listeners=PLAINTEXT://127.0.0.1:PORT,CONTROLLER://127.0.0.1:QUORUM,SASL_SSL://localhost:SECURE",
        "listener.security.protocol.map="
            + "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL",
        "ssl.keystore.type=PKCS12",
        "ssl.keystore.location=" + keystore,
        "ssl.keystore.password=changeit",
        "ssl.key.password=changeit",
        "sasl.enabled.mechanisms=PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config="
            + "org.apache.kafka.common.security.plain.PlainLoginModule required user_odd=\""
            + JmsBroker.ODD.replace("ä", "\\u00e4")
            + "\";");
  }

  /** The address with TLS. */
  String secure() {
    return "localhost:" + secure;
  }

  public String brokers() {
    return "127.0.0.1:" + port;
  }

  public int port() {
    return port;
  }

  /** The port at which the brokers of a cluster agree. */
  public int controller() {
    return controller;
  }

  /** Returns when it takes connections. */
  public KafkaBroker start() throws Exception {
    Path properties = dir.resolve("server.properties");
    if (Files.notExists(properties)) {
      List<String> lines =
          new ArrayList<>(
              List.of(
                  "process.roles=broker,controller",
                  "node.id=1",
                  "controller.quorum.voters=1@127.0.0.1:" + controller,
                  "controller.listener.names=CONTROLLER",
                  "log.dirs=" + dir.resolve("log").toString().replace('\\', '/'),
                  // little memory; the usual buffer alone is 128 MB
                  "log.cleaner.dedupe.buffer.size=8388608",
                  "num.io.threads=4",
                  "offsets.topic.replication.factor=1",
                  "offsets.topic.num.partitions=1",
                  "transaction.state.log.replication.factor=1",
                  "transaction.state.log.min.isr=1",
                  "group.initial.rebalance.delay.ms=0"));
      if (more.stream().noneMatch(line -> line.startsWith("listeners="))) {
        lines.add(
            "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller);
      }
      lines.addAll(more);
      lines.replaceAll(line -> line.replace("PORT", "" + port).replace("QUORUM", "" + controller));
      lines.replaceAll(line -> line.replace("SECURE", "" + secure));
      Files.write(properties, lines);
      run("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", properties)
          .waitFor();
    }
    process = run("kafka.Kafka", properties);
    Awaitility.await("Kafka, see " + dir.resolve("out"))
        .failFast(() -> !process.isAlive())
        .atMost(SOON)
        .ignoreExceptions()
        .until(
            () -> {
              new Socket("127.0.0.1", port).close();
              return true;
            });
    return this;
  }

  private Process run(String main, Object... arguments) throws IOException {
    List<String> command = JavaCommand.of("-Xmx256m", "-cp", JARS + File.separator + "*", main);
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return new ProcessBuilder(command)
        .directory(dir.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("out").toFile()))
        .start();
  }

  /** As by a power cut. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
  }

  /**
   * Stops the process where it is, or lets it go on.
   *
   * @param name STOP or CONT
   */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
  }

  public void create(String topic, int partitions, Map<String, String> settings) throws Exception {
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", brokers()))) {
      admin
          .createTopics(Set.of(new NewTopic(topic, partitions, (short) 1).configs(settings)))
          .all()
          .get(60, TimeUnit.SECONDS);
    }
  }

  /** Names of all topics but its own. */
  public List<String> topics() throws Exception {
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", brokers()))) {
      return List.copyOf(admin.listTopics().names().get(60, TimeUnit.SECONDS));
    }
  }

  /** All records of a topic; those of a partition in order. */
  public List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", brokers(), "enable.auto.commit", false),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(each -> new TopicPartition(topic, each.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long end = consumer.endOffsets(partitions).values().stream().mapToLong(each -> each).sum();
      List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
      while (partitions.stream().mapToLong(consumer::position).sum() < end) {
        consumer.poll(Duration.ofMillis(200)).forEach(all::add);
      }
      return all;
    }
  }

  @Override
  public void close() throws InterruptedException {
    if (process != null) {
      kill();
    }
  }
}
