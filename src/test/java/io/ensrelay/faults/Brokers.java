package io.ensrelay.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import org.awaitility.Awaitility;

/** The brokers the relay is tried with. */
enum Brokers {
  SIMULATOR("simulator"),
  MOSQUITTO("mosquitto"),
  ACTIVEMQ("ActiveMQ Classic");

  private final String label;

  Brokers(String label) {
    this.label = label;
  }

  /** Not started; skips the test where it is not installed. */
  Broker in(Path dir) throws IOException {
    return switch (this) {
      case ACTIVEMQ -> new ActiveMq(dir.resolve("activemq"));
      case SIMULATOR -> new SimulatorBroker(dir.resolve("simulator"));
      case MOSQUITTO -> {
        assumeTrue(Mosquitto.isInstalled(), "mosquitto is not installed: nothing is tried with it");
        yield new Mosquitto(dir.resolve("mosquitto"));
      }
    };
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
