package io.ensrelay.console;

import com.sun.net.httpserver.HttpExchange;
import io.ensrelay.SafeFile;
import io.ensrelay.Settings;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one can see of a running relay over HTTP: the console with its API on one port, health and
 * metrics on another. Neither ever stops an event: a port that is in use is an error in the log.
 */
public final class Console implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Console.class);
  private static final String LOOPBACK = "127.0.0.1";
  private static final int CONSOLE_THREADS = 24;
  private static final int HEALTH_THREADS = 4;
  private static final String PAGE = "/console";
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** In the data directory, while the relay runs: where its console is. */
  static final String ADDRESS = "console.url";

  private final PrometheusMeterRegistry meters;
  private final Path address;
  private final Overview overview;
  private final Gauges gauges;
  private final Guard guard;
  private final Api api;
  private final Streams streams;
  private final Health health;
  private final Optional<Server> console;
  private final Optional<Server> observed;

  /**
   * @param camel started
   */
  public Console(Settings settings, CamelContext camel, PrometheusMeterRegistry meters) {
    this.meters = meters;
    String host = settings.get("ens.http.host").orElse(LOOPBACK);
    overview = new Overview(camel);
    gauges = new Gauges(meters, overview);
    guard = new Guard(host, settings.get("ens.http.password"));
    StatusReport status = new StatusReport(overview, meters, settings.get("ens.tenant").orElse(""));
    api =
        new Api(
            overview.spool(),
            overview.view(),
            status::now,
            () -> status.destinations(Instant.now()));
    streams = new Streams(status, overview);
    health = new Health(camel, overview);
    console = open(settings, "ens.http", 8080, CONSOLE_THREADS, this::console);
    observed = open(settings, "camel.management", 9876, HEALTH_THREADS, this::observe);
    console.ifPresent(
        server ->
            LOG.info(
                "Console: {}/  health and metrics: {}",
                url(host, server.port()),
                observed.map(other -> "port " + other.port()).orElse("none")));
    address = Path.of(settings.get("ens.data.dir").orElseThrow()).resolve(ADDRESS);
    console.ifPresent(server -> tellCommands(host, server.port()));
  }

  /** A port that was free is known nowhere else. */
  private void tellCommands(String host, int port) {
    try {
      SafeFile.replace(address, url(host, port).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.warn("The commands will not find the console: {}", e.toString());
    }
  }

  /** From this machine. */
  static String url(String host, int port) {
    String name = Set.of("0.0.0.0", "::", "[::]").contains(host) ? LOOPBACK : host;
    boolean six = name.contains(":") && !name.startsWith("[");
    return "http://" + (six ? "[" + name + "]" : name) + ":" + port;
  }

  private static Optional<Server> open(
      Settings settings, String prefix, int usual, int threads, Server.Handler handler) {
    String host = settings.get(prefix + ".host").orElse(LOOPBACK);
    int port = settings.get(prefix + ".port").map(Integer::parseInt).orElse(usual);
    try {
      return Optional.of(new Server(host, port, threads, handler));
    } catch (IOException e) {
      LOG.error(
          "{}.port: port {} of {} can't be opened ({}). Events flow all the same; choose another"
              + " and restart.",
          prefix,
          port,
          host,
          e.getMessage());
      return Optional.empty();
    }
  }

  private void console(HttpExchange exchange) throws Exception {
    Optional<Reply> refused = guard.refuse(exchange);
    if (refused.isPresent()) {
      refused.get().send(exchange);
      return;
    }
    Call call = Call.of(exchange);
    switch (call.method() + " " + call.path()) {
      case "GET /api/stream" -> streams.page(call, exchange);
      case "GET /api/events" -> streams.lines(call, exchange);
      default -> {
        Optional<Reply> answer = api.answer(call);
        if (answer.isPresent()) {
          answer.get().send(exchange);
        } else {
          file(call, exchange).send(exchange);
        }
      }
    }
  }

  /** Of the page; they are in the jar. */
  private static Reply file(Call call, HttpExchange exchange) throws IOException {
    String name = call.path().equals("/") ? "/index.html" : call.path();
    boolean get = call.method().equals("GET") || call.method().equals("HEAD");
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (get && type != null && name.matches("/[a-z]+\\.[a-z]+")) {
      try (InputStream file = Console.class.getResourceAsStream(PAGE + name)) {
        if (file != null) {
          exchange.getResponseHeaders().set("Content-Security-Policy", POLICY);
          exchange.getResponseHeaders().set("Referrer-Policy", "no-referrer");
          return new Reply(200, type, file.readAllBytes());
        }
      }
    }
    return Reply.error(404, "there is nothing here: look at /");
  }

  private void observe(HttpExchange exchange) throws IOException {
    Reply reply =
        switch (exchange.getRequestURI().getPath()) {
          case "/observe/health" -> health.all();
          case "/observe/health/live" -> health.live();
          case "/observe/health/ready" -> health.ready();
          case "/observe/metrics" -> metrics();
          default ->
              Reply.error(404, "known are /observe/health, .../live, .../ready, /observe/metrics");
        };
    reply.send(exchange);
  }

  private Reply metrics() {
    gauges.refresh();
    return Reply.text(200, "text/plain; version=0.0.4; charset=utf-8", meters.scrape());
  }

  @Override
  public void close() {
    console.ifPresent(Server::close);
    observed.ifPresent(Server::close);
    gauges.close();
    overview.close();
    try {
      Files.deleteIfExists(address);
    } catch (IOException e) {
      LOG.debug("{} is left", address, e);
    }
  }
}
