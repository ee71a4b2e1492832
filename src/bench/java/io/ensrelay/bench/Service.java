package io.ensrelay.bench;

import com.sun.net.httpserver.HttpServer;
import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.paho.client.mqttv3.IMqttActionListener;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * The service that is drained: mosquitto with client certificates and TLS 1.2, its metadata, and a
 * publisher. Each candidate has a tenant of its own, so that nothing is queued for the others.
 */
final class Service implements AutoCloseable {
  static final String PASSWORD = "changeit";
  private static final List<String> KINDS =
      List.of("check_in", "app_inventory", "compliant", "not_compliant", "wiped");

  /** Published and not acknowledged by the broker. */
  private static final int WINDOW = 2000;

  final Path dir;
  final int tlsPort = freePort();
  private final int plainPort = freePort();
  private final HttpServer metadata;
  private final Process broker;

  Service(Path dir) throws Exception {
    this.dir = dir;
    CertificateAuthority authority = CertificateAuthority.create("benchmark CA");
    authority.writePem(dir.resolve("ca.pem"));
    authority.writeTruststore(dir.resolve("truststore.p12"), PASSWORD);
    authority
        .issue(CertificateRequest.server("localhost", "localhost", "127.0.0.1"))
        .writePem(dir.resolve("server.pem"), "");
    var client = authority.issue(CertificateRequest.client("cps-user"));
    client.writePkcs12(dir.resolve("client.p12"), PASSWORD);
    client.writePem(dir.resolve("client.pem"), "");
    metadata = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 10);
    metadata.start();
    broker = mosquitto();
  }

  private Process mosquitto() throws Exception {
    Path configuration = dir.resolve("mosquitto.conf");
    Files.writeString(
        configuration,
        """
        user root
        per_listener_settings false
        allow_anonymous true
        max_queued_messages 0
        message_size_limit 268435455
        listener %d 127.0.0.1
        cafile %2$s/ca.pem
        certfile %2$s/server.pem
        keyfile %2$s/server.pem
        require_certificate true
        tls_version tlsv1.2
        listener %3$d 127.0.0.1
        """
            .formatted(tlsPort, dir, plainPort));
    // its own setting is the least version, and 1.3 would be taken
    Path openssl = dir.resolve("openssl.cnf");
    Files.writeString(
        openssl,
        """
        openssl_conf = all
        [all]
        ssl_conf = ssl
        [ssl]
        system_default = most
        [most]
        MaxProtocol = TLSv1.2
        """);
    ProcessBuilder builder =
        new ProcessBuilder("mosquitto", "-c", configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("mosquitto.log").toFile());
    builder.environment().put("OPENSSL_CONF", openssl.toString());
    Process process = builder.start();
    for (int i = 0; i < 100; i++) {
      try (Socket socket = new Socket("127.0.0.1", plainPort)) {
        return process;
      } catch (IOException e) {
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
    throw new IOException(Files.readString(dir.resolve("mosquitto.log")));
  }

  /** The address under which the tenant's metadata is. */
  String metadataOf(String tenant) {
    StringBuilder topics = new StringBuilder();
    for (String kind : KINDS) {
      topics.append(topics.isEmpty() ? "" : ",");
      topics.append("\"device_%s\":\"%s/device/%s\"".formatted(kind, tenant, kind));
    }
    byte[] body =
        ("{\"topics\":{" + topics + "},\"retentionPeriodMinutes\":180}")
            .getBytes(StandardCharsets.UTF_8);
    String path = "/" + tenant;
    try {
      metadata.removeContext(path);
    } catch (IllegalArgumentException e) {
      // the first time
    }
    metadata.createContext(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    return "http://127.0.0.1:" + metadata.getAddress().getPort() + path;
  }

  /** Makes a durable session for all topics of a tenant, or ends it with what waits in it. */
  void session(String clientId, String tenant, boolean wanted) throws Exception {
    MqttAsyncClient client = client(clientId);
    MqttConnectOptions options = new MqttConnectOptions();
    options.setCleanSession(!wanted);
    client.connect(options).waitForCompletion();
    if (wanted) {
      client.subscribe(tenant + "/device/#", 1).waitForCompletion();
    }
    client.disconnect().waitForCompletion();
    client.close();
  }

  private MqttAsyncClient client(String clientId) throws Exception {
    return new MqttAsyncClient("tcp://127.0.0.1:" + plainPort, clientId, new MemoryPersistence());
  }

  /** When an event is due, in nanoseconds of {@link System#nanoTime()}. */
  interface Schedule {
    long due(int seq);
  }

  /** As fast as the broker takes them. */
  void publish(String tenant, Shape shape, int from, int count) throws Exception {
    publish(tenant, shape, from, count, seq -> 0);
  }

  void publish(String tenant, Shape shape, int from, int count, Schedule schedule)
      throws Exception {
    MqttAsyncClient client = client("publisher");
    MqttConnectOptions options = new MqttConnectOptions();
    options.setMaxInflight(WINDOW + 10);
    client.connect(options).waitForCompletion();
    Semaphore room = new Semaphore(WINDOW);
    IMqttActionListener published =
        new IMqttActionListener() {
          @Override
          public void onSuccess(IMqttToken token) {
            room.release();
          }

          @Override
          public void onFailure(IMqttToken token, Throwable e) {
            throw new IllegalStateException(e);
          }
        };
    for (int seq = from; seq < from + count; seq++) {
      long due = schedule.due(seq);
      while (due != 0 && System.nanoTime() < due) {
        LockSupport.parkNanos(Math.min(200_000, Math.max(1, due - System.nanoTime())));
      }
      room.acquire();
      String kind = shape.kind(seq);
      client.publish(
          tenant + "/device/" + kind, shape.message(kind, seq), 1, false, null, published);
    }
    room.acquire(WINDOW);
    client.disconnect().waitForCompletion();
    client.close();
  }

  @Override
  public void close() throws Exception {
    broker.destroy();
    broker.waitFor();
    metadata.stop(0);
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
