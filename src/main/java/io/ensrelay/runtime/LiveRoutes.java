package io.ensrelay.runtime;

import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.delivery.SpoolEndpoint;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.Service;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.kamelet.KameletEndpoint;
import org.apache.camel.dsl.yaml.KameletRoutesBuilderLoader;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoader;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoaderSupport;
import org.apache.camel.model.BeanFactoryDefinition;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteDefinitionHelper;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.service.ServiceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exchanges the routes of files in a running Camel: ends the old ones with all that belongs to them
 * (routes of kamelets, beans, endpoints), then builds and starts the new ones.
 *
 * <p>Delivery: the old routes finish the events in flight, for at most 15 s, and the new ones go on
 * at the same position. Nothing is delivered before all new routes have started. Threads: one.
 */
final class LiveRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(LiveRoutes.class);
  private static final long STOP_SECONDS = 5;

  private final CamelContext camel;
  private final Model model;
  private final RouteUse use;
  private final Lock changing;

  /**
   * @param changing held while routes change
   */
  LiveRoutes(CamelContext camel, Lock changing) {
    this.camel = camel;
    this.changing = changing;
    model = camel.getCamelContextExtension().getContextPlugin(Model.class);
    use = new RouteUse(camel);
  }

  /** Endpoints and routes of kamelets at one moment. */
  private record There(Set<Endpoint> endpoints, Set<String> kamelets) {
    static There in(CamelContext camel) {
      Set<String> kamelets = new HashSet<>();
      camel.getRoutes().stream()
          .filter(Route::isCreatedByKamelet)
          .forEach(route -> kamelets.add(route.getRouteId()));
      return new There(new HashSet<>(camel.getEndpoints()), kamelets);
    }
  }

  /** The new routes do not start. */
  static final class ChangeFailedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final boolean back;

    ChangeFailedException(Exception why, boolean back) {
      super(why);
      this.back = back;
    }

    /** Whether the old routes run again. */
    boolean isBack() {
      return back;
    }
  }

  /**
   * Exchanges routes.
   *
   * @param old the files that end
   * @param now the files that begin; none, one or several
   * @throws ChangeFailedException if the new routes don't start; then the old ones run again
   * @throws InterruptedException if the relay stops meanwhile
   */
  void exchange(List<RouteFile> old, List<RouteFile> now)
      throws ChangeFailedException, InterruptedException {
    changing.lockInterruptibly();
    try {
      There before = There.in(camel);
      end(old);
      try {
        begin(now);
      } catch (Exception e) {
        endAfterFailure(now, before);
        boolean back = beginAgain(old, before);
        throw new ChangeFailedException(e, back);
      }
    } finally {
      changing.unlock();
    }
  }

  private boolean beginAgain(List<RouteFile> old, There before) throws InterruptedException {
    try {
      begin(old);
      return true;
    } catch (Exception e) {
      LOG.error(
          "{}: neither the changed nor the previous routes start, so the destination's events wait",
          names(old),
          e);
      endAfterFailure(old, before);
      return false;
    }
  }

  private static String names(List<RouteFile> files) {
    return String.join(", ", files.stream().map(file -> file.path().toString()).toList());
  }

  private SpoolComponent spool() {
    return camel.getComponent("spool", SpoolComponent.class);
  }

  private void begin(List<RouteFile> files) throws Exception {
    spool().hold();
    try {
      for (RouteFile file : files) {
        if (file.isKamelet()) {
          load(file, new KameletRoutesBuilderLoader());
        }
      }
      for (RouteFile file : files) {
        if (!file.isKamelet()) {
          requireOwnBeans(file);
          load(file, new YamlRoutesBuilderLoader());
        }
      }
    } finally {
      // after a failure the held routes stop before they take an event
      spool().release();
    }
  }

  private void requireOwnBeans(RouteFile file) {
    Set<String> names = file.beans();
    for (BeanFactoryDefinition<?> bean : model.getCustomBeans()) {
      Resource from = bean.getResource();
      if (from != null && names.contains(bean.getName()) && !isOf(List.of(file), from)) {
        throw new IllegalArgumentException(
            "the bean " + bean.getName() + " is in " + path(from) + " already");
      }
    }
  }

  private static String path(Resource from) {
    return from.getLocation().replaceFirst("^file:", "");
  }

  /** With a loader for this time only: after a failure Camel's own would leave out the beans. */
  private void load(RouteFile file, YamlRoutesBuilderLoaderSupport loader) throws Exception {
    Resource resource = ResourceHelper.fromString(file.location(), file.text());
    loader.setCamelContext(camel);
    ServiceHelper.startService(loader);
    try {
      loader.preParseRoute(resource);
      RouteBuilder builder = (RouteBuilder) loader.loadRoutesBuilder(resource);
      builder.prepareModel(camel);
      List<RouteDefinition> routes = builder.getRoutes().getRoutes();
      routes.forEach(this::requireOwnIds);
      builder.getRoutes().setResource(resource);
      model.addRouteDefinitions(routes);
    } finally {
      ServiceHelper.stopAndShutdownService(loader);
    }
  }

  /** Camel would stop the other route of the same id instead. */
  private void requireOwnIds(RouteDefinition route) {
    List<RouteDefinition> others =
        model.getRouteDefinitions().stream().filter(other -> other.isKamelet() == null).toList();
    String duplicate = RouteDefinitionHelper.validateUniqueIds(route, others);
    if (duplicate != null) {
      throw new IllegalArgumentException("the id " + duplicate + " is used by another file too");
    }
  }

  private void end(List<RouteFile> files) throws InterruptedException {
    List<String> ids = routes(files);
    Set<String> kamelets = use.calledFrom(ids);
    kamelets.addAll(use.madeOf(files));
    // a new route with the address of another file's route shares the kamelet with that
    Set<String> elsewhere = use.calledExceptFrom(ids);
    List<String> sources =
        ids.stream()
            .flatMap(id -> source(id).stream())
            .filter(kamelet -> !elsewhere.contains(kamelet))
            .toList();
    spool().end(Stream.concat(ids.stream(), sources.stream()).flatMap(this::destination).toList());
    sources.forEach(this::remove);
    ids.forEach(this::remove);
    removeUnused(kamelets);
    files.stream().filter(RouteFile::isKamelet).forEach(this::removeTemplate);
    removeBeans(files);
  }

  private void endAfterFailure(List<RouteFile> files, There before) throws InterruptedException {
    end(files);
    There now = There.in(camel);
    now.kamelets().removeAll(before.kamelets());
    removeUnused(now.kamelets());
    now.endpoints().removeAll(before.endpoints());
    now.endpoints().removeAll(use.endpoints(camel.getRoutes()));
    now.endpoints().forEach(this::remove);
  }

  /** Ids of the routes that the files hold, started or not. */
  private List<String> routes(List<RouteFile> files) {
    return List.copyOf(model.getRouteDefinitions()).stream()
        .filter(route -> route.isKamelet() == null && isOf(files, route.getResource()))
        .map(RouteDefinition::getRouteId)
        .toList();
  }

  private static boolean isOf(List<RouteFile> files, Resource resource) {
    return resource != null
        && files.stream().anyMatch(file -> file.location().equals(resource.getLocation()));
  }

  /** The route of the kamelet that a route begins with. */
  private Optional<String> source(String id) {
    return Optional.ofNullable(camel.getRoute(id))
        .map(Route::getEndpoint)
        .filter(KameletEndpoint.class::isInstance)
        .map(endpoint -> ((KameletEndpoint) endpoint).getRouteId());
  }

  private Stream<String> destination(String id) {
    Route route = camel.getRoute(id);
    return route != null && route.getEndpoint() instanceof SpoolEndpoint spool
        ? Stream.of(spool.getDestination())
        : Stream.empty();
  }

  private void remove(String id) {
    try {
      camel.getRouteController().stopRoute(id, STOP_SECONDS, TimeUnit.SECONDS);
      camel.removeRoute(id);
    } catch (Exception e) {
      LOG.warn("{}: did not stop cleanly", id, e);
    }
    // one that has not been built
    RouteDefinition left = model.getRouteDefinition(id);
    if (left != null) {
      model.getRouteDefinitions().remove(left);
    }
  }

  private void removeTemplate(RouteFile kamelet) {
    try {
      model.removeRouteTemplateDefinitions(kamelet.kamelet());
    } catch (Exception e) {
      LOG.warn("{}: can't be taken out", kamelet.path(), e);
    }
  }

  /** Removes those routes of kamelets that no route calls any more. */
  private void removeUnused(Set<String> kamelets) {
    boolean more = true;
    while (more) {
      Set<String> called = RouteUse.called(use.endpoints(camel.getRoutes()));
      List<String> unused =
          kamelets.stream()
              .filter(id -> camel.getRoute(id) != null && !called.contains(id))
              .toList();
      unused.forEach(this::remove);
      more = !unused.isEmpty();
    }
    for (Endpoint endpoint : List.copyOf(camel.getEndpoints())) {
      if (RouteUse.called(endpoint)
          .filter(id -> kamelets.contains(id) && camel.getRoute(id) == null)
          .isPresent()) {
        remove(endpoint);
      }
    }
  }

  private void remove(Endpoint endpoint) {
    try {
      camel.removeEndpoint(endpoint);
    } catch (Exception e) {
      LOG.debug("{} did not stop cleanly", endpoint, e);
    }
  }

  private void removeBeans(List<RouteFile> files) {
    Collection<BeanFactoryDefinition<?>> beans =
        model.getCustomBeans().stream().filter(bean -> isOf(files, bean.getResource())).toList();
    for (BeanFactoryDefinition<?> bean : beans) {
      Object instance = camel.getRegistry().lookupByName(bean.getName());
      removeEndpointsWith(bean.getName());
      camel.getRegistry().unbind(bean.getName());
      model.getCustomBeans().remove(bean);
      if (bean.getDestroyMethod() == null) {
        close(instance);
      }
    }
  }

  /** Removes endpoints of dynamic addresses, which would go on with the old bean. */
  private void removeEndpointsWith(String bean) {
    Set<Endpoint> used = use.endpoints(camel.getRoutes());
    for (Endpoint endpoint : List.copyOf(camel.getEndpoints())) {
      String address = endpoint.getEndpointUri().replace("%23", "#");
      boolean has = address.matches(".*#(bean:)?\\Q" + bean + "\\E(?![\\w.-]).*");
      if (has && !used.contains(endpoint)) {
        remove(endpoint);
      }
    }
  }

  /** Closes a pool of connections, for example; the new file has its own. */
  private static void close(Object bean) {
    try {
      if (bean instanceof Service service) {
        ServiceHelper.stopAndShutdownService(service);
      } else if (bean instanceof AutoCloseable open) {
        open.close();
      }
    } catch (Exception e) {
      LOG.debug("{} did not close cleanly", bean.getClass().getName(), e);
    }
  }
}
