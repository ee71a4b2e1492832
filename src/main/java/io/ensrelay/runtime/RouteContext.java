package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.Meters;
import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Settings;
import io.ensrelay.delivery.StepWatch;
import io.ensrelay.http.BoundedHttpComponent;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;

/**
 * Prepares Camel for route files, the same for a run, a check and a test: settings as placeholders,
 * the kamelets, HTTP with bounds, meters.
 *
 * <p>The routes come from {@code routes/} in the working directory, or are the built-in ones if
 * there is no such folder.
 */
final class RouteContext {
  private static final String BUILT_IN_KAMELETS = "classpath:starter/routes/kamelets";

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
            Meters.bind(main.getCamelContext(), meters.get());
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
              .map(file -> "classpath:starter/routes/" + file)
              .collect(Collectors.joining(",")));
      properties.setProperty("camel.component.kamelet.location", BUILT_IN_KAMELETS);
    } else {
      patterns.requireSome();
    }
    return properties;
  }
}
