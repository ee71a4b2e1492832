package io.ensrelay.runtime;

import io.ensrelay.config.Tenant;
import io.ensrelay.intake.IntakeClient;
import io.ensrelay.tls.TlsMaterial;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.RouteConfigurationsBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoader;
import org.apache.camel.model.BeanFactoryDefinition;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.service.ServiceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds the routes of the stages metadata and intake for one tenant after the other, from the same
 * files: {@code {{suffix}}} in them becomes the tenant's, and each {@code {{ens.*}}} its setting.
 * Beans, route configurations, routes and endpoints of a tenant end with it.
 *
 * <p>Camel's own route templates would not do: a template is one route, its beans are this route's
 * alone, and it has no configuration of its own. Threads: one at a time.
 */
final class TenantRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(TenantRoutes.class);
  private static final long STOP_SECONDS = 5;

  /** Camel's start order for a route that has none. */
  private static final int LATE = 1000;

  private final CamelContext camel;
  private final Model model;
  private final RouteUse use;
  private final List<Resource> files;
  private final Lock changing;
  private final Map<String, Built> running = new LinkedHashMap<>();

  /** The parts of one tenant. */
  private record Built(
      Tenant tenant,
      List<String> routes,
      List<BeanFactoryDefinition<?>> beans,
      List<RouteConfigurationDefinition> configurations) {
    Built(Tenant tenant) {
      this(tenant, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
  }

  /**
   * Placeholders for the thread that made them: Camel asks its local properties for every thread,
   * also for those of other tenants and of destinations.
   */
  static final class OfThisThread extends Properties {
    private final transient Thread thread = Thread.currentThread();

    OfThisThread(Properties settings) {
      putAll(settings);
    }

    @Override
    public Object get(Object key) {
      return Thread.currentThread() == thread ? super.get(key) : null;
    }

    @Override
    public String getProperty(String key) {
      return Thread.currentThread() == thread ? super.getProperty(key) : null;
    }
  }

  /**
   * @param files the text of each route file with its location
   * @param changing held while routes of a running relay change
   */
  TenantRoutes(CamelContext camel, Map<String, String> files, Lock changing) {
    this.camel = camel;
    this.changing = changing;
    model = camel.getCamelContextExtension().getContextPlugin(Model.class);
    use = new RouteUse(camel);
    this.files =
        files.entrySet().stream()
            .map(file -> ResourceHelper.fromString(file.getKey(), file.getValue()))
            .toList();
  }

  /** Whether there are files that are used once for each tenant. */
  boolean hasFiles() {
    return !files.isEmpty();
  }

  boolean runs(String tenant) {
    return running.containsKey(tenant);
  }

  Optional<Tenant> running(String tenant) {
    return Optional.ofNullable(running.get(tenant)).map(Built::tenant);
  }

  Set<String> running() {
    return Set.copyOf(running.keySet());
  }

  /**
   * Starts a tenant's routes.
   *
   * @throws Exception if they can't start; then nothing of them is left
   */
  void start(Tenant tenant) throws Exception {
    Built built = new Built(tenant);
    changing.lock();
    try {
      build(built);
      running.put(tenant.name(), built);
    } catch (Exception | LinkageError e) {
      remove(built);
      throw e;
    } finally {
      changing.unlock();
    }
  }

  /** Ends a tenant's session, after its received messages are stored, and then its routes. */
  void stop(String tenant) {
    Built built = running.remove(tenant);
    if (built == null) {
      return;
    }
    session(built.tenant()).ifPresent(IntakeClient::stop);
    changing.lock();
    try {
      remove(built);
    } finally {
      changing.unlock();
    }
  }

  private Optional<IntakeClient> session(Tenant tenant) {
    return Optional.ofNullable(
        camel.getRegistry().lookupByNameAndType(tenant.own("ensSession"), IntakeClient.class));
  }

  private void build(Built built) throws Exception {
    Properties settings = new OfThisThread(built.tenant().settings().asProperties());
    List<BeanFactoryDefinition<?>> before = List.copyOf(model.getCustomBeans());
    List<YamlRoutesBuilderLoader> loaders = new ArrayList<>();
    try {
      List<RouteDefinition> routes = new ArrayList<>();
      camel.getPropertiesComponent().setLocalProperties(settings);
      for (Resource file : files) {
        // with a loader for this time only: Camel's own remembers what it has read
        YamlRoutesBuilderLoader loader = new YamlRoutesBuilderLoader();
        loader.setCamelContext(camel);
        ServiceHelper.startService(loader);
        loaders.add(loader);
        routes.addAll(load(loader, of(built.tenant(), file), built));
      }
      certificates(built.tenant());
      routes.sort(Comparator.comparing(TenantRoutes::beginsElsewhere).thenComparing(order()));
      for (RouteDefinition route : routes) {
        if (camel.isStarted()) {
          // those of other tenants have the same
          route.setStartupOrder(null);
        }
        built.routes().add(route.getRouteId());
        // Camel forgets them after each route
        camel.getPropertiesComponent().setLocalProperties(settings);
        model.addRouteDefinitions(List.of(route));
      }
    } finally {
      camel.getPropertiesComponent().setLocalProperties(null);
      settings.clear();
      model.getCustomBeans().stream()
          .filter(bean -> before.stream().noneMatch(old -> old == bean))
          .forEach(built.beans()::add);
      loaders.forEach(ServiceHelper::stopAndShutdownService);
    }
  }

  /** The check of the settings has read them already. */
  private void certificates(Tenant tenant) {
    Optional.ofNullable(
            camel.getRegistry().lookupByNameAndType(tenant.own("ensTls"), TlsMaterial.class))
        .ifPresent(tls -> tls.adopt(tenant.settings().tls("ens.tls")));
  }

  private static Resource of(Tenant tenant, Resource file) throws Exception {
    try (var in = file.getInputStream()) {
      String text = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      return ResourceHelper.fromString(file.getLocation(), tenant.fill(text));
    }
  }

  private List<RouteDefinition> load(YamlRoutesBuilderLoader loader, Resource file, Built built)
      throws Exception {
    Set<RouteConfigurationDefinition> before =
        new HashSet<>(model.getRouteConfigurationDefinitions());
    loader.preParseRoute(file);
    RouteBuilder builder = (RouteBuilder) loader.loadRoutesBuilder(file);
    ((RouteConfigurationsBuilder) builder).addRouteConfigurationsToCamelContext(camel);
    model.getRouteConfigurationDefinitions().stream()
        .filter(each -> !before.contains(each))
        .forEach(built.configurations()::add);
    builder.prepareModel(camel);
    builder.getRoutes().setResource(file);
    return builder.getRoutes().getRoutes();
  }

  /** Routes that others call start first, so that no message waits for them. */
  private static boolean beginsElsewhere(RouteDefinition route) {
    return !String.valueOf(route.getInput().getEndpointUri()).matches("(direct|seda):.*");
  }

  private static Comparator<RouteDefinition> order() {
    return Comparator.comparing(
        route -> route.getStartupOrder() == null ? LATE : route.getStartupOrder());
  }

  private void remove(Built built) {
    List<Route> routes = new ArrayList<>();
    built.routes().forEach(id -> Optional.ofNullable(camel.getRoute(id)).ifPresent(routes::add));
    Set<Endpoint> endpoints = use.endpoints(routes);
    List<String> ids = new ArrayList<>(built.routes());
    java.util.Collections.reverse(ids);
    ids.forEach(this::remove);
    built.beans().forEach(this::remove);
    model.getCustomBeans().removeAll(built.beans());
    model.getRouteConfigurationDefinitions().removeAll(built.configurations());
    camel.getEndpoints().stream()
        .filter(endpoint -> isOnlyOf(built.tenant(), endpoint))
        .forEach(endpoints::add);
    endpoints.removeAll(use.endpoints(camel.getRoutes()));
    remove(endpoints);
  }

  private void remove(String id) {
    try {
      camel.getRouteController().stopRoute(id, STOP_SECONDS, TimeUnit.SECONDS);
      camel.removeRoute(id);
    } catch (Exception e) {
      LOG.warn("{}: did not stop cleanly", id, e);
    }
    // one that has not been built
    Optional.ofNullable(model.getRouteDefinition(id))
        .ifPresent(model.getRouteDefinitions()::remove);
  }

  private void remove(BeanFactoryDefinition<?> bean) {
    camel.getRegistry().unbind(bean.getName());
  }

  /** Whether an endpoint belongs to the tenant alone, as those to which its session sends. */
  private static boolean isOnlyOf(Tenant tenant, Endpoint endpoint) {
    return !tenant.suffix().isEmpty()
        && endpoint.getEndpointUri().replaceFirst("\\?.*", "").endsWith(tenant.suffix());
  }

  private void remove(Collection<Endpoint> endpoints) {
    for (Endpoint endpoint : endpoints) {
      try {
        camel.removeEndpoint(endpoint);
      } catch (Exception e) {
        LOG.debug("{} did not stop cleanly", endpoint, e);
      }
    }
  }
}
