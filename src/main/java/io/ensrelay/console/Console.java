package io.ensrelay.console;

import io.ensrelay.base.AtomicFile;
import io.ensrelay.config.Settings;
import io.ensrelay.tls.TlsMaterial;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows a running relay over HTTP: the console with its API on one port, health and metrics on
 * another. Neither ever stops an event: a port that is in use is an error in the log.
 */
public final class Console implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Console.class);
  private static final String LOOPBACK = "127.0.0.1";
  private static final int CONSOLE_THREADS = 24;
  private static final int HEALTH_THREADS = 4;
  private static final int LONGEST_BODY = 1 << 20;
  private static final String LIVE = "/observe/health/live";

  /** The file in the data directory with the address of the console, while the relay runs. */
  static final String ADDRESS = "console.url";

  private final PrometheusMeterRegistry meters;
  private final Path address;
  private final Path tokenFile;
  private final Overview overview;
  private final Gauges gauges;
  private final BrowserPolicy consoleGuard;
  private final BrowserPolicy observeGuard;
  private final Access access;
  private final Page page;
  private final Api api;
  private final EventStreams streams;
  private final Health health;
  private final Optional<Server> console;
  private final Optional<Server> observed;

  /**
   * @param camel started
   */
  public Console(Settings settings, CamelContext camel, PrometheusMeterRegistry meters) {
    this.meters = meters;
    String host = settings.get("ens.http.host").orElse(LOOPBACK);
    String tenant = settings.get("ens.tenant").orElse("");
    overview = new Overview(camel, tenant);
    gauges = new Gauges(meters, overview);
    Path data = Path.of(settings.get("ens.data.dir").orElseThrow());
    address = data.resolve(ADDRESS);
    tokenFile = TokenFile.in(data);
    Optional<TlsMaterial> tls =
        settings.get("ens.http.tls.keystore").map(file -> settings.tls("ens.http.tls"));
    Optional<String> names = settings.get("ens.http.names");
    Optional<String> password = settings.get("ens.http.password");
    consoleGuard = new BrowserPolicy(new AllowedHosts(host, names), password.isPresent());
    observeGuard =
        new BrowserPolicy(
            new AllowedHosts(settings.get("camel.management.host").orElse(LOOPBACK), names), false);
    access = new Access(newToken(data), password, new FailedLogins(System::nanoTime));
    page = new Page(access, tokenFile, tls.isPresent());
    StatusReport status = new StatusReport(overview, meters, tenant);
    api =
        new Api(
            overview.spool(),
            overview.view(),
            status::now,
            () -> status.destinations(Instant.now()),
            List.of(new DestinationCalls(overview, status, tenant), new ResyncCalls(overview)));
    streams = new EventStreams(status, overview);
    health = new Health(camel, overview);
    console = open(settings, "ens.http", 8080, CONSOLE_THREADS, tls, consolePort());
    observed =
        open(settings, "camel.management", 9876, HEALTH_THREADS, Optional.empty(), observePort());
    console.ifPresent(
        server -> {
          String url = url(tls.isPresent() ? "https" : "http", host, server.port());
          LOG.info(
              "Console: {}/  its token: {}  health and metrics: {}",
              url,
              tokenFile.toAbsolutePath(),
              observed.map(other -> "port " + other.port()).orElse("none"));
          if (tls.isEmpty() && !AllowedHosts.isLoopback(host)) {
            LOG.warn(
                "The console is open to the network without TLS, so others can read its password"
                    + " and its events in transit: set ens.http.tls.keystore, or set"
                    + " ens.http.host=127.0.0.1 and put a proxy with TLS in front of it");
          }
          tellCommands(url);
        });
  }

  /** Makes a new one at each start; a token of an earlier run is useless. */
  private String newToken(Path data) {
    try {
      Files.deleteIfExists(address);
      return TokenFile.renew(data);
    } catch (IOException e) {
      LOG.warn(
          "Can't write the console's token to {}, so nobody can use it: {}",
          tokenFile,
          e.toString());
      return TokenFile.random();
    }
  }

  private Server.Handler consolePort() {
    return new Server.Handler() {
      @Override
      public Optional<Reply> refuse(Request head) {
        return refuseConsole(head);
      }

      @Override
      public int longestBody(Request head) {
        return page.isForAll(head) ? Page.LONGEST_FORM : LONGEST_BODY;
      }

      @Override
      public boolean isQuick(Request request) {
        return false;
      }

      @Override
      public void handle(Request request, HttpExchange exchange) throws Exception {
        console(request, exchange);
      }
    };
  }

  private Server.Handler observePort() {
    return new Server.Handler() {
      @Override
      public Optional<Reply> refuse(Request head) {
        return refuseObserve(head);
      }

      @Override
      public int longestBody(Request head) {
        return 0;
      }

      @Override
      public boolean isQuick(Request request) {
        return request.path().equals(LIVE);
      }

      @Override
      public void handle(Request request, HttpExchange exchange) {
        observe(request, exchange);
      }
    };
  }

  /** The commands find the console by this file: its port may be any free one. */
  private void tellCommands(String url) {
    try {
      AtomicFile.replace(address, url.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.warn("Can't write the console's address for the commands: {}", e.toString());
    }
  }

  /** The address for clients on this machine. */
  static String url(String scheme, String host, int port) {
    String name = Set.of("0.0.0.0", "::", "[::]").contains(host) ? LOOPBACK : host;
    boolean six = name.contains(":") && !name.startsWith("[");
    return scheme + "://" + (six ? "[" + name + "]" : name) + ":" + port;
  }

  private static Optional<Server> open(
      Settings settings,
      String prefix,
      int usual,
      int threads,
      Optional<TlsMaterial> tls,
      Server.Handler handler) {
    String host = settings.get(prefix + ".host").orElse(LOOPBACK);
    int port = settings.get(prefix + ".port").map(Integer::parseInt).orElse(usual);
    try {
      return Optional.of(new Server(host, port, threads, ClientLimits.USUAL, tls, handler));
    } catch (IOException e) {
      LOG.error(
          "{}.port: port {} of {} can't be opened ({}). Events flow all the same. Choose another"
              + " port and restart.",
          prefix,
          port,
          host,
          e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Reply> refuseConsole(Request request) {
    if (!List.of("GET", "HEAD", "POST").contains(request.method())) {
      return Optional.of(
          Reply.error(405, "that is not done here").with("Allow", "GET, HEAD, POST"));
    }
    Optional<Reply> foreign = consoleGuard.refuse(request);
    if (foreign.isPresent() || page.isForAll(request)) {
      return foreign;
    }
    Optional<Reply> unknown = access.refuse(request);
    if (unknown.isPresent()) {
      return Optional.of(page.friendly(request, unknown.get()));
    }
    return request.isReading() ? Optional.empty() : BrowserPolicy.refuseChange(request);
  }

  private void console(Request request, HttpExchange exchange) throws Exception {
    if (page.isForAll(request)) {
      exchange.send(page.answer(request));
      return;
    }
    String caller = access.caller(request).orElse("") + ", from " + request.from().getHostAddress();
    Call call = Call.of(request, caller);
    switch (request.method() + " " + call.path()) {
      case "GET /api/stream" -> streams.page(call, exchange);
      case "GET /api/events" -> streams.lines(call, exchange);
      default ->
          exchange.send(
              api.answer(call)
                  .or(() -> page.file(request))
                  .orElseGet(() -> Reply.error(404, "there is nothing here: look at /")));
    }
  }

  private Optional<Reply> refuseObserve(Request request) {
    return observeGuard
        .refuse(request)
        .or(
            () ->
                request.isReading()
                    ? Optional.empty()
                    : Optional.of(
                        Reply.error(405, "nothing can be changed here")
                            .with("Allow", "GET, HEAD")));
  }

  private void observe(Request request, HttpExchange exchange) {
    exchange.send(
        switch (request.path()) {
          case "/observe/health" -> health.all();
          case LIVE -> health.live();
          case "/observe/health/ready" -> health.ready();
          case "/observe/metrics" -> metrics();
          default ->
              Reply.error(404, "known are /observe/health, .../live, .../ready, /observe/metrics");
        });
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
      Files.deleteIfExists(tokenFile);
    } catch (IOException e) {
      LOG.debug("{} is left", address, e);
    }
  }
}
