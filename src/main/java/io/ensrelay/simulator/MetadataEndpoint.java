package io.ensrelay.simulator;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * The REST side: the metadata of the events, over HTTPS on the loopback address, for who shows a
 * client certificate of the simulator's authority or knows user and password.
 */
final class MetadataEndpoint implements AutoCloseable {
  static final String PATH = "/msa/v1/cps/event/$metadata";

  private static final String HOST = "127.0.0.1";

  private final HttpsServer server;
  private final ExecutorService workers;
  private final byte[] metadata;
  private final byte[] basicCredentials;

  private MetadataEndpoint(
      HttpsServer server, ExecutorService workers, byte[] metadata, byte[] basicCredentials) {
    this.server = server;
    this.workers = workers;
    this.metadata = metadata;
    this.basicCredentials = basicCredentials;
  }

  /** Starts serving; port 0 of the options takes a free one. */
  static MetadataEndpoint start(
      SimulatorOptions options, SSLContext tls, Map<String, String> topics, Duration retention)
      throws IOException {
    HttpsServer server = HttpsServer.create(new InetSocketAddress(HOST, options.apiPort()), 0);
    server.setHttpsConfigurator(new WantsClientCertificate(tls, options.profile()));
    ExecutorService workers = Executors.newCachedThreadPool(MetadataEndpoint::worker);
    server.setExecutor(workers);
    MetadataEndpoint endpoint =
        new MetadataEndpoint(
            server, workers, metadata(topics, retention), basicCredentials(options));
    server.createContext("/", endpoint::answer);
    server.start();
    return endpoint;
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    workers.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestURI().getPath().equals(PATH)) {
        exchange.sendResponseHeaders(404, -1);
      } else if (!exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET");
        exchange.sendResponseHeaders(405, -1);
      } else if (!showsCertificate(exchange) && !knowsPassword(exchange)) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"ens\"");
        exchange.sendResponseHeaders(401, -1);
      } else {
        exchange.getResponseHeaders().set("Content-Type", "application/json;charset=UTF-8");
        exchange.sendResponseHeaders(200, metadata.length);
        exchange.getResponseBody().write(metadata);
      }
    }
  }

  private static boolean showsCertificate(HttpExchange exchange) {
    try {
      return ((HttpsExchange) exchange).getSSLSession().getPeerCertificates().length > 0;
    } catch (SSLPeerUnverifiedException e) {
      return false;
    }
  }

  private boolean knowsPassword(HttpExchange exchange) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))
        .map(shown -> shown.getBytes(StandardCharsets.UTF_8))
        .filter(shown -> MessageDigest.isEqual(shown, basicCredentials))
        .isPresent();
  }

  private static byte[] basicCredentials(SimulatorOptions options) {
    byte[] pair = (options.username() + ":" + options.password()).getBytes(StandardCharsets.UTF_8);
    return ("Basic " + Base64.getEncoder().encodeToString(pair)).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] metadata(Map<String, String> topics, Duration retention)
      throws IOException {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("topics", topics);
    metadata.put("retentionPeriodMinutes", retention.toMinutes());
    return new ObjectMapper().writeValueAsBytes(metadata);
  }

  private static Thread worker(Runnable work) {
    Thread thread = new Thread(work, "ens-simulator-api");
    thread.setDaemon(true);
    return thread;
  }

  /** Asks for a client certificate and goes on without one: user and password may follow. */
  private static final class WantsClientCertificate extends HttpsConfigurator {
    private final String[] protocols;

    WantsClientCertificate(SSLContext tls, Profile profile) {
      super(tls);
      protocols = profile.tlsProtocols().toArray(String[]::new);
    }

    @Override
    public void configure(HttpsParameters parameters) {
      SSLParameters tls = getSSLContext().getDefaultSSLParameters();
      tls.setProtocols(protocols);
      tls.setWantClientAuth(true);
      parameters.setSSLParameters(tls);
    }
  }
}
