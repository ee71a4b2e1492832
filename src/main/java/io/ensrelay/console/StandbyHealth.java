package io.ensrelay.console;

import io.ensrelay.config.Settings;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The health of a relay that waits for another to end: live, but not ready. A port that is in use,
 * such as by that other relay on the same machine, leaves it without. Threads: those of its port.
 */
public final class StandbyHealth implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StandbyHealth.class);
  private static final int THREADS = 2;
  private static final List<Map<String, String>> CHECKS =
      List.of(Map.of("name", "standby", "status", "DOWN"));

  private final BrowserPolicy guard;
  private final Optional<Server> server;

  /** Opens the port for health and metrics; {@link #close} frees it for the relay. */
  public StandbyHealth(Settings settings) {
    String host = settings.get("camel.management.host").orElse("127.0.0.1");
    int port = settings.get("camel.management.port").map(Integer::parseInt).orElse(9876);
    guard = new BrowserPolicy(new AllowedHosts(host, settings.get("ens.http.names")), false);
    server = open(host, port);
  }

  private Optional<Server> open(String host, int port) {
    try {
      return Optional.of(
          new Server(host, port, THREADS, ClientLimits.USUAL, Optional.empty(), handler()));
    } catch (IOException e) {
      LOG.debug("no health while waiting: port {} of {}", port, host, e);
      return Optional.empty();
    }
  }

  private Server.Handler handler() {
    return new Server.Handler() {
      @Override
      public Optional<Reply> refuse(Request head) {
        return guard.refuse(head);
      }

      @Override
      public int longestBody(Request head) {
        return 0;
      }

      @Override
      public boolean isQuick(Request request) {
        return true;
      }

      @Override
      public void handle(Request request, HttpExchange exchange) {
        exchange.send(answer(request.path()));
      }
    };
  }

  private static Reply answer(String path) {
    return switch (path) {
      case "/observe/health/live" -> Reply.json(200, Map.of("status", "UP", "checks", List.of()));
      case "/observe/health", "/observe/health/ready" ->
          Reply.json(503, Map.of("status", "DOWN", "checks", CHECKS));
      default -> Reply.error(404, "a standby knows /observe/health, .../live, .../ready");
    };
  }

  @Override
  public void close() {
    server.ifPresent(Server::close);
  }
}
