package io.ensrelay.faults;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** The REST side of the service, which can be down. */
final class MetadataServer implements AutoCloseable {
  private static final String TENANT = "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224";
  private static final List<String> TAILS =
      List.of("check_in", "app_inventory", "compliant", "not_compliant", "enrolled", "wiped");

  private final int port = Brokers.freePort();
  private final int retentionMinutes;
  private HttpServer server;

  MetadataServer(int retentionMinutes) throws IOException {
    this.retentionMinutes = retentionMinutes;
  }

  /** A device's events come on all topics in turn. */
  static String topic(int device, int seq) {
    return TENANT + "/device/" + tail(device, seq);
  }

  static String tail(int device, int seq) {
    return TAILS.get((device + seq) % TAILS.size());
  }

  void start() throws IOException {
    String topics =
        TAILS.stream()
            .map(tail -> "\"device_%s\":\"%s/device/%s\"".formatted(tail, TENANT, tail))
            .collect(Collectors.joining(","));
    byte[] body =
        "{\"topics\":{%s},\"retentionPeriodMinutes\":%d}"
            .formatted(topics, retentionMinutes)
            .getBytes(StandardCharsets.UTF_8);
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 10);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    if (server != null) {
      server.stop(0);
    }
  }
}
