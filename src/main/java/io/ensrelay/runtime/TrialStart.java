package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FailureText;
import io.ensrelay.base.FileTree;
import io.ensrelay.check.RouteFailure;
import io.ensrelay.config.Settings;
import io.ensrelay.config.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.CamelContext;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.RouteDefinition;

/**
 * Starts the routes as a relay does, on an empty spool in a private folder that is deleted
 * afterwards, and stops them. Finds mistakes that show only at a start.
 *
 * <p>Destinations start with all that they open at a start; no event is sent. Routes that begin
 * elsewhere, such as intake, metadata, a timer or a port, are built but not started. A running
 * relay is not disturbed. Threads: one at a time; a start is given up after 30 s.
 */
final class TrialStart {
  private static final int LONGEST_SECONDS = 30;

  /** Beginnings of routes that touch nothing outside. */
  private static final Set<String> STARTED = Set.of("direct", "kamelet", "seda", "spool");

  private final Settings settings;

  /**
   * @param settings already checked
   */
  TrialStart(Settings settings) {
    this.settings = settings;
  }

  /** Returns why a start would fail, with the file if it is known; empty if it would not. */
  Optional<ConfigurationException> problem() throws IOException {
    // readable only by its owner
    Path data = Files.createTempDirectory("ens-relay-check");
    Settings trial = settings.with("ens.data.dir", data.toString());
    RouteContext routes = new RouteContext(trial, false);
    CompletableFuture<Optional<ConfigurationException>> start = new CompletableFuture<>();
    Thread starting = new Thread(() -> start.complete(problem(routes, trial)), "trial-start");
    starting.setDaemon(true);
    starting.start();
    try {
      return start.get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return Optional.of(
          new ConfigurationException(
              routes.patterns().toString(),
              "the routes have not started within " + LONGEST_SECONDS + " s",
              "look at the addresses of the destinations"));
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      FileTree.delete(data);
    }
  }

  private static Optional<ConfigurationException> problem(RouteContext routes, Settings trial) {
    Main camel = new Main();
    try {
      routes.prepare(camel, SimpleMeterRegistry::new);
      camel.addMainListener(
          new MainListenerSupport() {
            @Override
            public void beforeInitialize(BaseMainSupport main) {
              holdBack(main.getCamelContext());
            }

            @Override
            public void afterConfigure(BaseMainSupport main) {
              try {
                Tenant one = new Tenant("check", "", trial);
                new TenantRoutes(main.getCamelContext(), routes.tenantFiles(), new ReentrantLock())
                    .start(one);
              } catch (Exception e) {
                throw RuntimeCamelException.wrapRuntimeCamelException(e);
              }
            }
          });
      camel.configure().setShutdownTimeout(1);
      camel.start();
      return Optional.empty();
    } catch (Exception | LinkageError e) {
      return Optional.of(
          new RouteFailure(routes.patterns())
              .problem(e)
              .orElse(
                  new ConfigurationException(
                      routes.patterns().toString(), FailureText.line(e), "correct the routes")));
    } finally {
      camel.stop();
    }
  }

  private static void holdBack(CamelContext context) {
    ((ModelCamelContext) context)
        .addModelLifecycleStrategy(
            new ModelLifecycleStrategySupport() {
              @Override
              public void onAddRouteDefinition(RouteDefinition route) {
                String scheme = String.valueOf(route.getInput().getEndpointUri()).split(":", 2)[0];
                if (!STARTED.contains(scheme)) {
                  route.setAutoStartup("false");
                }
              }
            });
  }
}
