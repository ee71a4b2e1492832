package io.ensrelay.simulator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Controls a running simulation over HTTP on the loopback address: {@code GET /status}, {@code
 * GET}, {@code POST} and {@code DELETE /faults}, {@code DELETE /faults/<id>}, {@code POST /steps}.
 * Bodies are JSON. Refuses a call with another host name or content type: a browser may make such a
 * call for any web page. Threads: safe.
 */
public final class ControlApi implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlApi.class);
  private static final String HOST = "127.0.0.1";
  private static final int LONGEST_BODY = 16 * 1024;
  private static final Set<String> HERE = Set.of("localhost", HOST);

  private final Simulator simulator;
  private final HttpServer server;
  private final ExecutorService workers = Executors.newFixedThreadPool(2, ControlApi::worker);

  private ControlApi(Simulator simulator, HttpServer server) {
    this.simulator = simulator;
    this.server = server;
  }

  /**
   * Starts to listen; port 0 chooses a free one.
   *
   * @throws IOException if the port is in use
   */
  public static ControlApi start(Simulator simulator, int port) throws IOException {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(HOST, port), 0);
      ControlApi api = new ControlApi(simulator, server);
      server.setExecutor(api.workers);
      server.createContext("/", api::answer);
      server.start();
      return api;
    } catch (BindException e) {
      throw new IOException("controlPort: port %s is in use, choose another".formatted(port), e);
    }
  }

  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    workers.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      HttpAnswer answer;
      try {
        answer =
            comesFromHere(exchange)
                ? answer(HttpCall.read(exchange, LONGEST_BODY), exchange)
                : HttpAnswer.error(403, "The call must be for localhost");
      } catch (HttpCall.TooLongException e) {
        answer = HttpAnswer.error(413, e.getMessage());
      } catch (IllegalArgumentException e) {
        answer = HttpAnswer.error(400, e.getMessage());
      } catch (RuntimeException e) {
        LOG.warn("A call could not be answered: {}", e.getMessage(), e);
        answer = HttpAnswer.error(500, "The call failed: " + e.getMessage());
      }
      answer.send(exchange);
    }
  }

  private HttpAnswer answer(HttpCall call, HttpExchange exchange) {
    if (call.method().equals("POST") && !isJson(exchange)) {
      return HttpAnswer.error(415, "The content type must be application/json");
    }
    String what =
        call.method() + " " + call.path().replaceFirst("^/faults/\\d{1,18}$", "/faults/id");
    return switch (what) {
      case "GET /status" -> HttpAnswer.json(200, status());
      case "GET /faults" -> HttpAnswer.json(200, simulator.faults().list());
      case "POST /faults" ->
          HttpAnswer.json(201, simulator.faults().set(JsonText.read(call.body(), Fault.class)));
      case "DELETE /faults" -> {
        simulator.faults().clear();
        yield HttpAnswer.empty(204);
      }
      case "DELETE /faults/id" ->
          simulator.faults().clear(Long.parseLong(call.path().substring("/faults/".length())))
              ? HttpAnswer.empty(204)
              : HttpAnswer.error(404, "There is no such fault");
      case "POST /steps" -> {
        JsonText.read(call.body(), Step.Written.class).step().action().on(simulator);
        yield HttpAnswer.empty(204);
      }
      default -> HttpAnswer.error(404, "The paths are /status, /faults and /steps");
    };
  }

  private Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("api", simulator.apiUrl());
    status.put("mqtt", simulator.mqttUrl());
    status.put("connections", simulator.connections());
    status.put("enrolled", simulator.enrolled());
    status.put("rate", simulator.rate());
    status.put("published", simulator.published());
    if (simulator.hasTenants()) {
      status.put("tenants", simulator.tenants().stream().map(this::status).toList());
    }
    status.put("faults", simulator.faults().list());
    return status;
  }

  private Map<String, Object> status(SimulatedTenant tenant) {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("name", tenant.name());
    status.put("uuid", tenant.uuid());
    status.put("connections", simulator.connections(tenant));
    status.put("enrolled", tenant.enrolled());
    status.put("published", tenant.published());
    status.put("events", tenant.events());
    return status;
  }

  private static boolean comesFromHere(HttpExchange exchange) {
    String host = exchange.getRequestHeaders().getFirst("Host");
    return host != null && HERE.contains(host.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT));
  }

  private static boolean isJson(HttpExchange exchange) {
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    return type != null && type.toLowerCase(Locale.ROOT).startsWith("application/json");
  }

  private static Thread worker(Runnable work) {
    Thread thread = new Thread(work, "ens-simulator-control");
    thread.setDaemon(true);
    return thread;
  }
}
