package io.ensrelay.simulator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The REST side, over HTTPS on the loopback address. A client needs a certificate of the
 * simulator's authority for a user with the CPS role, or user name and password.
 */
final class RestServer implements AutoCloseable {
  static final String BASE = "/msa/v1/cps/";

  private static final Logger LOG = LoggerFactory.getLogger(RestServer.class);
  private static final String HOST = "127.0.0.1";
  private static final int LONGEST_BODY = 64 * 1024;
  private static final String PAGE =
      "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>\n";

  private final HttpsServer server;
  private final ExecutorService workers;
  private final Credentials credentials;
  private final Faults faults;
  private final Metadata metadata;
  private final DeviceCalls devices;

  /** Receives its collaborators before it accepts a call. */
  private RestServer(
      HttpsServer server,
      SimulatorOptions options,
      Faults faults,
      Metadata metadata,
      DeviceCalls devices) {
    this.server = server;
    this.faults = faults;
    this.metadata = metadata;
    this.devices = devices;
    credentials = Credentials.of(options);
    workers = Executors.newCachedThreadPool(RestServer::worker);
  }

  /** Binds the port without answering yet; port 0 of the options chooses a free one. */
  static HttpsServer bind(SimulatorOptions options, SSLContext tls) throws IOException {
    HttpsServer server = HttpsServer.create(new InetSocketAddress(HOST, options.apiPort()), 0);
    server.setHttpsConfigurator(new WantsClientCertificate(tls, options.profile()));
    return server;
  }

  /** Starts to answer. */
  static RestServer start(
      HttpsServer server,
      SimulatorOptions options,
      Faults faults,
      Metadata metadata,
      DeviceCalls devices) {
    RestServer rest = new RestServer(server, options, faults, metadata, devices);
    server.setExecutor(rest.workers);
    server.createContext("/", rest::answer);
    server.start();
    return rest;
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
      String path = exchange.getRequestURI().getPath();
      Optional<Fault> slow = faults.happens(FaultKind.REST_SLOW, path);
      if (slow.isPresent()) {
        Thread.sleep(Durations.parse(slow.get().delay()).toMillis());
      }
      HttpAnswer answer = answerWithFaults(exchange, path);
      if (answer.status() == 200 && faults.happens(FaultKind.REST_CUT, path).isPresent()) {
        answer.sendHalf(exchange);
      } else {
        answer.send(exchange);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("A call could not be answered: {}", e.getMessage(), e);
    }
  }

  private HttpAnswer answerWithFaults(HttpExchange exchange, String path) throws IOException {
    Optional<Fault> status = faults.happens(FaultKind.REST_STATUS, path);
    if (status.isPresent()) {
      Fault fault = status.get();
      return fault.retryAfter() == null
          ? HttpAnswer.empty(fault.status())
          : HttpAnswer.empty(fault.status(), "Retry-After", fault.retryAfter().toString());
    }
    Optional<HttpAnswer> refusal = credentials.refuse(exchange);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    if (faults.happens(FaultKind.REST_NOT_JSON, path).isPresent()) {
      return HttpAnswer.html(200, PAGE);
    }
    try {
      return answer(HttpCall.read(exchange, LONGEST_BODY));
    } catch (HttpCall.TooLongException e) {
      return HttpAnswer.error(413, e.getMessage());
    } catch (IllegalArgumentException e) {
      return HttpAnswer.error(400, e.getMessage());
    }
  }

  private HttpAnswer answer(HttpCall call) {
    String name = call.path().startsWith(BASE) ? call.path().substring(BASE.length()) : "";
    return switch (name) {
      case "event/$metadata" -> isGet(call) ? metadata.answer() : only("GET");
      case "device" -> isGet(call) ? devices.search(call) : only("GET");
      case "device/count" -> isGet(call) ? devices.count(call) : only("GET");
      case "device/uuid" -> isPost(call) ? devices.byIdentifiers(call) : only("POST");
      case "device/application" -> isPost(call) ? devices.applications(call) : only("POST");
      case "device/forceCheckin" -> isPost(call) ? devices.forceCheckin(call) : only("POST");
      default -> HttpAnswer.empty(404);
    };
  }

  private static boolean isGet(HttpCall call) {
    return call.method().equals("GET");
  }

  private static boolean isPost(HttpCall call) {
    return call.method().equals("POST");
  }

  private static HttpAnswer only(String method) {
    return HttpAnswer.empty(405, "Allow", method);
  }

  private static Thread worker(Runnable work) {
    Thread thread = new Thread(work, "ens-simulator-api");
    thread.setDaemon(true);
    return thread;
  }

  /** Requests a client certificate but works without: user and password may follow. */
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
