package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.Meters;
import io.ensrelay.check.Mistake;
import io.ensrelay.check.RouteCheck;
import io.ensrelay.check.RouteMistakesException;
import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Settings;
import io.ensrelay.config.TenantFolder;
import io.ensrelay.delivery.StepWatch;
import io.ensrelay.http.BoundedHttpComponent;
import io.ensrelay.service.MetadataCall;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares Camel for route files, the same for a run, a check and a test: settings as placeholders,
 * the kamelets, HTTP with bounds, meters.
 *
 * <p>The routes come from {@code routes/} in the working directory, or are the built-in ones if
 * there is no such folder.
 */
final class RouteContext {
  private static final String STARTER = "starter/routes/";
  private static final String BUILT_IN_KAMELETS = "classpath:" + STARTER + "kamelets";

  private static final Logger LOG = LoggerFactory.getLogger(RouteContext.class);

  private final Settings settings;
  private final RoutePatterns patterns;
  private final boolean builtIn;

  /**
   * @param settings already checked
   * @param builtIn whether to ignore the folder {@code routes}
   */
  RouteContext(Settings settings, boolean builtIn) {
    this.settings = settings;
    patterns = new RoutePatterns(settings);
    this.builtIn = builtIn || patterns.areBuiltIn();
  }

  RoutePatterns patterns() {
    return patterns;
  }

  /** The files by which the routes run; empty: they are the built-in ones. */
  Optional<WatchedFiles> files() {
    if (builtIn) {
      return Optional.empty();
    }
    List<Path> kamelets =
        Stream.of(settings.get("camel.component.kamelet.location").orElse("").split(","))
            .map(String::strip)
            .filter(folder -> folder.startsWith("file:"))
            .map(folder -> Path.of(folder.substring("file:".length())))
            .toList();
    TenantFolder tenants = new TenantFolder(settings);
    return Optional.of(
        new WatchedFiles(
            patterns,
            kamelets,
            settings.userFile(),
            tenants.isUsed() ? Optional.empty() : Optional.of(tenants)));
  }

  /**
   * Logs the warnings about the route files. Files that were found good before get a shorter check,
   * so that a start stays fast.
   *
   * @param settings of a tenant, whose settings stand for all
   * @throws RouteMistakesException if a file has a mistake
   */
  void requireRight(Settings settings) {
    if (builtIn) {
      return;
    }
    Path data = Path.of(this.settings.get("ens.data.dir").orElseThrow());
    List<Mistake> mistakes =
        new RouteCheck(
                settings,
                () -> eventTypes(this.settings),
                Optional.of(data.resolve(RouteCheck.GOOD_FILES)))
            .all();
    List<Mistake> failures = mistakes.stream().filter(Mistake::isFailure).toList();
    if (!failures.isEmpty()) {
      throw new RouteMistakesException(failures);
    }
    mistakes.forEach(mistake -> LOG.warn("{}", mistake));
  }

  /**
   * Returns the files that are used once for each tenant: their texts by their locations; the other
   * files are those that Camel loads itself.
   */
  Map<String, String> tenantFiles() {
    Map<String, String> texts = new LinkedHashMap<>();
    try {
      if (builtIn) {
        for (String file : StarterRoutes.TENANTS) {
          String location = "classpath:" + STARTER + file;
          try (InputStream in = RouteContext.class.getResourceAsStream("/" + STARTER + file)) {
            texts.put(location, new String(in.readAllBytes(), StandardCharsets.UTF_8));
          }
        }
      } else {
        for (Path file : patterns.files()) {
          if (RoutePatterns.isOfTenants(file)) {
            // as Camel reads a file: bytes that are not UTF-8 become replacement characters
            texts.put("file:" + file, new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
          }
        }
      }
    } catch (IOException e) {
      throw new ConfigurationException(
          RoutePatterns.KEY, patterns.toString(), "can't be read", "give files this user may read");
    }
    return texts;
  }

  /**
   * Returns the event types that an earlier run learned from the service; empty before the first
   * run.
   */
  static Set<String> eventTypes(Settings settings) {
    return new TenantFolder(settings)
        .unchecked().stream()
            .flatMap(tenant -> new MetadataCall(tenant.settings()).kept().stream())
            .flatMap(kept -> kept.metadata().names().stream())
            .collect(Collectors.toSet());
  }

  /**
   * @param camel not yet started
   * @param meters asked when Camel initializes
   * @throws ConfigurationException if there is no route file
   */
  void prepare(Main camel, Supplier<? extends MeterRegistry> meters) {
    camel.setDefaultPropertyPlaceholderLocation("false");
    camel.setOverrideProperties(properties());
    camel.addMainListener(
        new MainListenerSupport() {
          @Override
          public void beforeInitialize(BaseMainSupport main) {
            SharedRegistry.install(main.getCamelContext());
            Meters.bind(main.getCamelContext(), meters.get());
            if (new TenantFolder(settings).isUsed()) {
              Meters.byTenant(main.getCamelContext());
            }
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
        });
    camel.configure().setName("ens-relay");
    camel.configure().setJmxEnabled(false);
    camel.configure().setModeline(false);
    camel.configure().setAutoConfigurationLogSummary(false);
  }

  private Properties properties() {
    Properties properties = settings.asProperties();
    // the console serves these: Camel's own management server is not included
    properties.keySet().removeIf(key -> key.toString().startsWith("camel.management."));
    if (builtIn) {
      properties.setProperty(
          RoutePatterns.KEY,
          StarterRoutes.ROUTES.stream()
              .filter(file -> !StarterRoutes.TENANTS.contains(file))
              .map(file -> "classpath:" + STARTER + file)
              .collect(Collectors.joining(",")));
      properties.setProperty("camel.component.kamelet.location", BUILT_IN_KAMELETS);
    } else {
      patterns.requireSome();
      properties.setProperty(RoutePatterns.KEY, patterns.withoutTenants());
    }
    return properties;
  }
}
