package io.ensrelay.service;

import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Settings;
import io.ensrelay.config.Tenant;
import io.ensrelay.http.BoundedHttpComponent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.StartupSummaryLevel;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/**
 * Reads the event types from the service once, with the relay's own route but without a relay.
 * Stores nothing and does not disturb a running relay.
 */
public final class MetadataCall {
  private static final String ROUTE = "metadata.get";
  private static final String FILE = "metadata.camel.yaml";
  private static final String BUILT_IN = "classpath:starter/routes/" + FILE;

  private final Settings settings;
  private final EventSelection selection;

  /** The last good answer that a relay stored, and its time. */
  public record Kept(EventMetadata metadata, Instant since) {}

  public MetadataCall(Settings settings) {
    this.settings = settings;
    selection = new EventSelection(settings.get("ens.events").orElse("*"));
  }

  /**
   * @throws IOException if there is no good answer; its message is one line with the reason
   */
  public EventMetadata ask() throws IOException {
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      camel.getCamelContextExtension().setName("metadata");
      camel.getPropertiesComponent().setInitialProperties(settings.asProperties());
      camel.setStartupSummaryLevel(StartupSummaryLevel.Off);
      BoundedHttpComponent.register(camel);
      camel.setRouteFilterPattern(ROUTE, null);
      PluginHelper.getRoutesLoader(camel).loadRoutes(routes(camel));
      camel.start();
      try (ProducerTemplate route = camel.createProducerTemplate()) {
        return Optional.ofNullable(route.requestBody("direct:" + ROUTE, null, EventMetadata.class))
            .orElseThrow(() -> new IOException("the answer is empty"));
      }
    } catch (IOException e) {
      throw e;
    } catch (CamelExecutionException e) {
      throw new IOException(MetadataFailure.reason(e.getCause()), e.getCause());
    } catch (Exception e) {
      throw new IOException(MetadataFailure.reason(e), e);
    }
  }

  private Resource routes(CamelContext camel) throws IOException {
    Resource file = ResourceHelper.resolveMandatoryResource(camel, routeFile());
    try (InputStream in = file.getInputStream()) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return ResourceHelper.fromString(file.getLocation(), text.replace(Tenant.PLACE, ""));
    }
  }

  /** Prefers the user's file. */
  private String routeFile() {
    return new RoutePatterns(settings)
        .files().stream()
            .filter(file -> file.endsWith(FILE))
            .map(file -> "file:" + file)
            .findFirst()
            .orElse(BUILT_IN);
  }

  /** Returns the last good answer that a relay stored in the data directory. */
  public Optional<Kept> kept() {
    return new MetadataFile(Path.of(settings.get("ens.data.dir").orElse("data")))
        .read()
        .map(kept -> new Kept(kept.metadata(), kept.since()));
  }

  /** Whether {@code ens.events} selects it. */
  public boolean isWanted(String key, EventMetadata metadata) {
    return selection.of(metadata.topics()).containsKey(key);
  }

  /** Returns the names in {@code ens.events} that the service does not have. */
  public Set<String> unknown(EventMetadata metadata) {
    return selection.unknown(metadata.topics());
  }
}
