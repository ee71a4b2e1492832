package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.DataDirectoryLock;
import io.ensrelay.base.OutOfMemory;
import io.ensrelay.check.RouteFailure;
import io.ensrelay.check.RouteMistakesException;
import io.ensrelay.config.KnownKeys;
import io.ensrelay.config.Role;
import io.ensrelay.config.Settings;
import io.ensrelay.config.TenantFolder;
import io.ensrelay.console.Console;
import io.ensrelay.delivery.RouteProblems;
import io.ensrelay.intake.Tenants;
import io.ensrelay.lib.LibFolder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relay as one process: Camel with the four stages' routes and a data directory to itself.
 *
 * <p>The routes come from {@code routes/} in the working directory, or are the built-in ones if
 * there is no such folder. Threads: one runs it; {@link #stop()} may come from another.
 */
public final class Relay {
  private static final Logger LOG = LoggerFactory.getLogger(Relay.class);

  private final Settings settings;
  private final RouteContext routes;
  private final Main camel = new Main();
  private final Lock changing = new ReentrantLock();
  private Console console;
  private Optional<RouteWatch> watch = Optional.empty();
  private Optional<Exception> failure = Optional.empty();

  /**
   * @param settings already checked
   * @param builtInRoutes whether to ignore the folder {@code routes}
   */
  public Relay(Settings settings, boolean builtInRoutes) {
    this.settings = Role.complete(settings);
    routes = new RouteContext(this.settings, builtInRoutes);
  }

  /** Logs an uncaught exception in any thread as one line. */
  private static void threadEnded(Thread thread, Throwable reason) {
    try {
      LOG.warn("The thread {} ended unexpectedly: {}", thread.getName(), reason.toString());
    } finally {
      OutOfMemory.endProcessIfIn(reason);
    }
  }

  /**
   * Runs until the process is told to end or {@link #stop()} is called.
   *
   * @return the exit code
   * @throws ConfigurationException if another process uses the data directory, or a start shows a
   *     mistake of a route file
   * @throws RouteMistakesException if route files have mistakes
   */
  public int run() throws Exception {
    if (settings.get("ens.log.format").filter("json"::equalsIgnoreCase).isPresent()) {
      LogSetup.json();
    }
    LogSetup.levels(settings);
    LibFolder.onClassPath().ifPresent(jars -> LOG.info("With {}", jars));
    LibFolder.leftOut().forEach(jar -> LOG.debug("Not used, as ens-relay's jar holds it: {}", jar));
    Thread.setDefaultUncaughtExceptionHandler(Relay::threadEnded);
    CompletableFuture<PrometheusMeterRegistry> meters =
        CompletableFuture.supplyAsync(
            () -> new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            // not in Java's common pool, whose threads don't see lib/
            task -> new Thread(task, "meters").start());
    try (DataDirectoryLock lock = Standby.lock(settings);
        Cluster cluster = new Cluster(settings);
        GracefulStop orderly = new GracefulStop()) {
      TenantStage tenants = new TenantStage(settings, cluster.assignment());
      tenants.warn();
      routes.prepare(camel, meters::join);
      routes.requireRight(tenants.example());
      Map<String, String> tenantFiles = routes.tenantFiles();
      Optional<WatchedFiles> files = watched();
      Map<Path, WatchedFiles.Content> atStart = files.isPresent() ? files.get().read() : Map.of();
      camel.addMainListener(
          new MainListenerSupport() {
            @Override
            public void afterConfigure(BaseMainSupport main) {
              if (tenants.startsWithCamel()) {
                start(tenants, main, tenantFiles);
                failure.ifPresent(
                    e -> {
                      throw RuntimeCamelException.wrapRuntimeCamelException(e);
                    });
              }
            }

            @Override
            public void beforeInitialize(BaseMainSupport main) {
              cluster.bind(main.getCamelContext());
            }

            @Override
            public void afterStart(BaseMainSupport main) {
              if (!tenants.startsWithCamel()) {
                start(tenants, main, tenantFiles);
              }
              if (failure.isPresent()) {
                return;
              }
              LOG.info(
                  "Started with these routes: {}{}",
                  routes(main.getCamelContext(), tenants.isOne() ? Set.of() : tenantFiles.keySet()),
                  tenants.isOne() ? "" : ", and those of each tenant");
              watch = files.map(each -> watch(each, atStart, main.getCamelContext()));
              console = new Console(settings, main.getCamelContext(), meters.join());
            }

            @Override
            public void beforeStop(BaseMainSupport main) {
              tenants.close();
              if (failure.isPresent()) {
                return;
              }
              if (console != null) {
                console.close();
              }
              watch.ifPresent(RouteWatch::close);
              LOG.info(
                  "Stopping: storing the messages received, and waiting up to 15 s for the"
                      + " deliveries that are in progress");
              orderly.stop(main.getCamelContext(), cluster::release);
            }

            @Override
            public void afterStop(BaseMainSupport main) {
              if (failure.isEmpty()) {
                LOG.info("Stopped");
              }
            }
          });
      // GracefulStop has already waited for the work in flight
      camel.configure().setShutdownTimeout(1);
      camel.configure().setShutdownLogInflightExchangesOnTimeout(false);
      camel.configure().setExtraShutdownTimeout(30);
      try {
        camel.run();
      } catch (Exception e) {
        failure = Optional.of(e);
      }
      if (failure.isPresent()) {
        throw new RouteFailure(routes.patterns())
            .problem(failure.get())
            .map(Exception.class::cast)
            .orElse(failure.get());
      }
      return camel.getExitCode();
    }
  }

  private void start(TenantStage tenants, BaseMainSupport main, Map<String, String> files) {
    try {
      tenants.start(main.getCamelContext(), files, changing);
    } catch (Exception e) {
      // Camel would log it and go on
      failure = Optional.of(e);
      camel.completed();
    }
  }

  private Optional<WatchedFiles> watched() {
    return settings.get("ens.routes.watch").filter("true"::equalsIgnoreCase).isPresent()
        ? routes.files()
        : Optional.empty();
  }

  /** With several tenants the watch over their files takes care of these. */
  private Predicate<String> liveKeys() {
    boolean several = new TenantFolder(settings).isUsed();
    // destinations and console offer these versions too
    return key -> several && KnownKeys.isOfTenant(key) && !key.equals("ens.tls.protocols");
  }

  private RouteWatch watch(
      WatchedFiles files, Map<Path, WatchedFiles.Content> atStart, CamelContext context) {
    RouteProblems problems = new RouteProblems();
    context.getRegistry().bind("ensRouteProblems", problems);
    RouteWatch made =
        new RouteWatch(
            files,
            atStart,
            new LiveRoutes(context, changing),
            new RouteMistakes(settings),
            problems,
            liveKeys());
    made.start();
    return made;
  }

  /** For tests: the tenants; none before the start. */
  Optional<Tenants> tenants() {
    return Optional.ofNullable(camel.getCamelContext()).map(Tenants::of);
  }

  /** Ends {@link #run()} after the events in flight are stored, acknowledged and confirmed. */
  public void stop() {
    camel.completed();
  }

  /**
   * @param leftOut the files whose routes are not named
   */
  private static String routes(CamelContext context, Set<String> leftOut) {
    return context.getRoutes().stream()
        .filter(route -> !route.isCreatedByKamelet())
        .filter(
            route ->
                route.getSourceResource() == null
                    || !leftOut.contains(route.getSourceResource().getLocation()))
        .map(Route::getRouteId)
        // those of the relay itself always run, once for each tenant
        .filter(id -> !id.matches("(details|intake|metadata|resync)\\..*"))
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
