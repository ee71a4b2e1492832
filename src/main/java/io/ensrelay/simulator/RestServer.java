package io.ensrelay.simulator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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
  private static final int LONGEST_SILENCE_MINUTES = 10;
  private static final int LONGEST_BODY = 64 * 1024;
  private static final String PAGE =
      "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>\n";

  private final HttpsServer server;
  private final ExecutorService workers;
  private final Credentials credentials;
  private final Faults faults;
  private final Metadata metadata;
  private final Map<SimulatedTenant, DeviceCalls> devices;
  private final CountDownLatch closing = new CountDownLatch(1);

  /** Receives its collaborators before it accepts a call. */
  private RestServer(
      HttpsServer server,
      Credentials credentials,
      Faults faults,
      Metadata metadata,
      Map<SimulatedTenant, DeviceCalls> devices) {
    this.server = server;
    this.credentials = credentials;
    this.faults = faults;
    this.metadata = metadata;
    this.devices = devices;
    workers = Executors.newCachedThreadPool(RestServer::worker);
  }

  /** Binds the port without answering yet; port 0 of the options chooses a free one. */
  static HttpsServer bind(SimulatorOptions options, SSLContext tls) throws IOException {
    HttpsServer server = HttpsServer.create(new InetSocketAddress(HOST, options.ports().api()), 0);
    server.setHttpsConfigurator(new WantsClientCertificate(tls, options.profile()));
    return server;
  }

  /** Starts to answer. */
  static RestServer start(
      HttpsServer server,
      Credentials credentials,
      Faults faults,
      Metadata metadata,
      Map<SimulatedTenant, DeviceCalls> devices) {
    RestServer rest = new RestServer(server, credentials, faults, metadata, devices);
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
    closing.countDown();
    server.stop(0);
    workers.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      Credentials.Caller caller = credentials.caller(exchange);
      String tenant = caller.tenantName();
      if (faults.happens(FaultKind.REST_HANG, tenant, path).isPresent()) {
        closing.await(LONGEST_SILENCE_MINUTES, TimeUnit.MINUTES);
        return;
      }
      Optional<Fault> slow = faults.happens(FaultKind.REST_SLOW, tenant, path);
      if (slow.isPresent()) {
        Thread.sleep(Durations.parse(slow.get().delay()).toMillis());
      }
      HttpAnswer answer = answerWithFaults(exchange, caller, path);
      if (answer.status() == 200 && faults.happens(FaultKind.REST_CUT, tenant, path).isPresent()) {
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

  private HttpAnswer answerWithFaults(HttpExchange exchange, Credentials.Caller caller, String path)
      throws IOException {
    Optional<Fault> status = faults.happens(FaultKind.REST_STATUS, caller.tenantName(), path);
    if (status.isPresent()) {
      Fault fault = status.get();
      return fault.retryAfter() == null
          ? HttpAnswer.empty(fault.status())
          : HttpAnswer.empty(fault.status(), "Retry-After", fault.retryAfter().toString());
    }
    if (caller.refusal().isPresent()) {
      return caller.refusal().get();
    }
    if (faults.happens(FaultKind.REST_NOT_JSON, caller.tenantName(), path).isPresent()) {
      return HttpAnswer.html(200, PAGE);
    }
    try {
      return answer(HttpCall.read(exchange, LONGEST_BODY), caller.tenant().orElseThrow());
    } catch (HttpCall.TooLongException e) {
      return HttpAnswer.error(413, e.getMessage());
    } catch (IllegalArgumentException e) {
      return HttpAnswer.error(400, e.getMessage());
    }
  }

  private HttpAnswer answer(HttpCall call, SimulatedTenant tenant) {
    DeviceCalls calls = devices.get(tenant);
    String name = call.path().startsWith(BASE) ? call.path().substring(BASE.length()) : "";
    return switch (name) {
      case "event/$metadata" -> isGet(call) ? metadata.answer(tenant) : only("GET");
      case "device" -> isGet(call) ? calls.search(call) : only("GET");
      case "device/count" -> isGet(call) ? calls.count(call) : only("GET");
      case "device/uuid" -> isPost(call) ? calls.byIdentifiers(call) : only("POST");
      case "device/application" -> isPost(call) ? calls.applications(call) : only("POST");
      case "device/forceCheckin" -> isPost(call) ? calls.forceCheckin(call) : only("POST");
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
