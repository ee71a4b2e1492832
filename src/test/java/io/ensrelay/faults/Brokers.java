package io.ensrelay.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The brokers the relay is tried with. */
enum Brokers {
  SIMULATOR("simulator", false),
  MOSQUITTO("mosquitto", true),
  ACTIVEMQ("ActiveMQ Classic 6.2", false),
  ACTIVEMQ_SERVER("ActiveMQ Classic 5.18", false),
  HIVEMQ("HiveMQ CE", true),
  RABBITMQ("RabbitMQ", true);

  /** Its {@code pom.xml} brings brokers from Maven Central into {@code target}. */
  static final Path FETCHING = Path.of("src/test/brokers").toAbsolutePath();

  private static final String FETCH =
      "is not there (./mvnw -f src/test/brokers/pom.xml package brings it)";

  private final String label;
  private final boolean oneQueue;

  /**
   * @param oneQueue for a client, whichever topics it subscribes to
   */
  Brokers(String label, boolean oneQueue) {
    this.label = label;
    this.oneQueue = oneQueue;
  }

  /**
   * Each broker keeps the order within a topic. One with a queue for each subscription interleaves
   * the topics of what has waited.
   */
  boolean keepsOrderAcrossTopics() {
    return oneQueue;
  }

  /** Not started; skips the test where it is not installed. */
  Broker in(Path dir) throws IOException {
    return switch (this) {
      case ACTIVEMQ -> new ActiveMq(dir.resolve("activemq"));
      case SIMULATOR -> new SimulatorBroker(dir.resolve("simulator"));
      case MOSQUITTO -> {
        assumeInstalled(Mosquitto.isInstalled(), "is not installed");
        yield new Mosquitto(dir.resolve("mosquitto"));
      }
      case ACTIVEMQ_SERVER -> {
        assumeInstalled(ActiveMqServer.isInstalled(), FETCH);
        yield new ActiveMqServer(dir.resolve("activemq-server"));
      }
      case HIVEMQ -> {
        assumeInstalled(HiveMq.isInstalled(), FETCH);
        yield new HiveMq(dir.resolve("hivemq"));
      }
      case RABBITMQ -> {
        assumeInstalled(RabbitMq.isInstalled(), "is not installed");
        yield new RabbitMq(dir.resolve("rabbitmq"));
      }
    };
  }

  private void assumeInstalled(boolean there, String why) {
    assumeTrue(there, this + " " + why + ": nothing is tried with it");
  }

  /** The files and folders that were fetched for a broker; none where that was not done. */
  static Stream<Path> fetched(String name) {
    File[] found = FETCHING.resolve("target").resolve(name).toFile().listFiles();
    return found == null ? Stream.empty() : Stream.of(found).map(File::toPath);
  }

  /** In the short form those that start at once. */
  static List<Brokers> quick() {
    return wanted(SIMULATOR, MOSQUITTO, ACTIVEMQ);
  }

  /** In the short form the usual one. */
  static List<Brokers> one() {
    return wanted(usual());
  }

  /** In the short form the usual one, and those that no other test of it tries. */
  static List<Brokers> oneAndTheSlow() {
    return wanted(usual(), ACTIVEMQ_SERVER, HIVEMQ, RABBITMQ);
  }

  /** In the long form all; only those that {@code -Dfaults.brokers} names, if it is there. */
  private static List<Brokers> wanted(Brokers... inTheShortForm) {
    return Stream.of(Scale.LONG ? values() : inTheShortForm)
        .filter(broker -> Scale.BROKERS.isEmpty() || Scale.BROKERS.contains(broker.name()))
        .toList();
  }

  /** The one that is nearest to a real service and there. */
  static Brokers usual() {
    return Mosquitto.isInstalled() ? MOSQUITTO : ACTIVEMQ;
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }

  static void awaitOpen(int port) {
    Awaitility.await("port " + port)
        .atMost(Scale.PATIENCE)
        .ignoreExceptions()
        .until(
            () -> {
              new Socket("127.0.0.1", port).close();
              return true;
            });
  }

  @Override
  public String toString() {
    return label;
  }
}
