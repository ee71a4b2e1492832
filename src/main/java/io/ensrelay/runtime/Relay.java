package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.Meters;
import io.ensrelay.base.OutOfMemory;
import io.ensrelay.config.ExposedFiles;
import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Settings;
import io.ensrelay.console.Console;
import io.ensrelay.delivery.StepWatch;
import io.ensrelay.files.DataDirectoryLock;
import io.ensrelay.http.BoundedHttpComponent;
import io.ensrelay.lib.LibFolder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.component.properties.PropertiesComponent;
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
  /** Listed one by one: for a pattern Camel reads the whole jar, which takes seconds. */
  static final List<String> BUILT_IN_ROUTES =
      List.of(
          "errors.camel.yaml",
          "intake.camel.yaml",
          "metadata.camel.yaml",
          "destinations/amqp.camel.yaml",
          "destinations/archive.camel.yaml",
          "destinations/elastic.camel.yaml",
          "destinations/jms.camel.yaml",
          "destinations/kafka.camel.yaml",
          "destinations/splunk.camel.yaml",
          "destinations/sql.camel.yaml",
          "destinations/stdout.camel.yaml",
          "destinations/syslog.camel.yaml",
          "destinations/webhook.camel.yaml");

  /** Each is read when a route uses it. */
  static final List<String> KAMELETS =
      List.of(
          "ens-amqp-sink.kamelet.yaml",
          "ens-cef-action.kamelet.yaml",
          "ens-data-only-action.kamelet.yaml",
          "ens-elastic-sink.kamelet.yaml",
          "ens-events-source.kamelet.yaml",
          "ens-jms-sink.kamelet.yaml",
          "ens-kafka-sink.kamelet.yaml",
          "ens-splunk-hec-sink.kamelet.yaml",
          "ens-sql-sink.kamelet.yaml",
          "ens-syslog-sink.kamelet.yaml",
          "ens-webhook-sink.kamelet.yaml");

  private static final String BUILT_IN_KAMELETS = "classpath:starter/routes/kamelets";

  private static final Logger LOG = LoggerFactory.getLogger(Relay.class);

  private final Settings settings;
  private final boolean builtInRoutes;
  private final RoutePatterns patterns;
  private final Main camel = new Main();
  private Console console;

  /** Returns the files that a new folder {@code routes/} starts with. */
  public static List<String> starterRoutes() {
    return Stream.concat(
            BUILT_IN_ROUTES.stream(), KAMELETS.stream().map(file -> "kamelets/" + file))
        .toList();
  }

  /**
   * @param settings already checked
   * @param builtInRoutes whether to ignore the folder {@code routes}
   */
  public Relay(Settings settings, boolean builtInRoutes) {
    this.settings = settings;
    patterns = new RoutePatterns(settings);
    this.builtInRoutes = builtInRoutes || patterns.areBuiltIn();
  }

  /** Logs an uncaught exception in any thread as one line. */
  private static void threadEnded(Thread thread, Throwable reason) {
    try {
      LOG.warn("The thread {} ended: {}", thread.getName(), reason.toString());
    } finally {
      OutOfMemory.endProcessIfIn(reason);
    }
  }

  /**
   * Runs until the process is told to end or {@link #stop()} is called.
   *
   * @return the exit code
   * @throws ConfigurationException if another process uses the data directory, or a route file has
   *     a mistake
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
    try (DataDirectoryLock lock =
            DataDirectoryLock.of(Path.of(settings.get("ens.data.dir").orElseThrow()));
        GracefulStop orderly = new GracefulStop()) {
      ExposedFiles.of(settings).forEach(LOG::warn);
      camel.setDefaultPropertyPlaceholderLocation("false");
      camel.setOverrideProperties(properties());
      camel.addMainListener(
          new MainListenerSupport() {
            @Override
            public void beforeInitialize(BaseMainSupport main) {
              Meters.bind(main.getCamelContext(), meters.join());
              StepWatch.of(main.getCamelContext());
              BoundedHttpComponent.register(main.getCamelContext());
              // the settings have read these sources already, in the documented order
              PropertiesComponent placeholders =
                  (PropertiesComponent) main.getCamelContext().getPropertiesComponent();
              placeholders.setEnvironmentVariableMode(
                  PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_FALLBACK);
              placeholders.setSystemPropertiesMode(
                  PropertiesComponent.SYSTEM_PROPERTIES_MODE_FALLBACK);
            }

            @Override
            public void afterStart(BaseMainSupport main) {
              LOG.info("Started with the routes {}", routes(main.getCamelContext()));
              console = new Console(settings, main.getCamelContext(), meters.join());
            }

            @Override
            public void beforeStop(BaseMainSupport main) {
              if (console != null) {
                console.close();
              }
              LOG.info("Stopping: events in flight are stored and delivered first");
              orderly.stop(main.getCamelContext());
            }

            @Override
            public void afterStop(BaseMainSupport main) {
              LOG.info("Stopped");
            }
          });
      camel.configure().setName("ens-relay");
      camel.configure().setJmxEnabled(false);
      camel.configure().setModeline(false);
      camel.configure().setAutoConfigurationLogSummary(false);
      // GracefulStop has already waited for the work in flight
      camel.configure().setShutdownTimeout(1);
      camel.configure().setShutdownLogInflightExchangesOnTimeout(false);
      camel.configure().setExtraShutdownTimeout(30);
      try {
        camel.run();
      } catch (Exception e) {
        throw new RouteFiles(patterns).problem(e).map(Exception.class::cast).orElse(e);
      }
      return camel.getExitCode();
    }
  }

  /** Ends {@link #run()} after the events in flight are stored, acknowledged and confirmed. */
  public void stop() {
    camel.completed();
  }

  private static String routes(CamelContext context) {
    return context.getRoutes().stream()
        .filter(route -> !route.isCreatedByKamelet())
        .map(Route::getRouteId)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private Properties properties() {
    Properties properties = settings.asProperties();
    // the console serves these: Camel's own management server is not included
    properties.keySet().removeIf(key -> key.toString().startsWith("camel.management."));
    if (builtInRoutes) {
      properties.setProperty(
          RoutePatterns.KEY,
          BUILT_IN_ROUTES.stream()
              .map(file -> "classpath:starter/routes/" + file)
              .collect(Collectors.joining(",")));
      properties.setProperty("camel.component.kamelet.location", BUILT_IN_KAMELETS);
    } else {
      patterns.requireSome();
    }
    return properties;
  }
}
