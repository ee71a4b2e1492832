package io.ensrelay.runtime;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.EndpointAware;
import org.apache.camel.Route;
import org.apache.camel.Service;
import org.apache.camel.component.kamelet.KameletEndpoint;
import org.apache.camel.component.kamelet.KameletProcessor;
import org.apache.camel.support.service.ServiceHelper;

/** Which endpoints and kamelets the routes of a running Camel use. Threads: one. */
final class RouteUse {
  /** An address within a kamelet. */
  private static final Pattern WITHIN = Pattern.compile("kamelet:(//)?(source|sink)(\\?.*)?");

  private final CamelContext camel;

  RouteUse(CamelContext camel) {
    this.camel = camel;
  }

  /** The routes of kamelets that other routes than these call. */
  Set<String> calledExceptFrom(List<String> ids) {
    return called(
        endpoints(
            camel.getRoutes().stream()
                .filter(route -> !ids.contains(route.getRouteId()))
                .toList()));
  }

  /** The routes of kamelets that these routes call, and those that these call in turn. */
  Set<String> calledFrom(List<String> ids) {
    Set<String> all = new HashSet<>();
    List<String> next = ids;
    while (!next.isEmpty()) {
      List<Route> routes = next.stream().map(camel::getRoute).filter(Objects::nonNull).toList();
      next = called(endpoints(routes)).stream().filter(all::add).toList();
    }
    return all;
  }

  /** The routes that were made of the kamelets among the files. */
  Set<String> madeOf(List<RouteFile> files) {
    Set<String> names = new HashSet<>();
    files.stream().filter(RouteFile::isKamelet).forEach(file -> names.add(file.kamelet()));
    Set<String> made = new HashSet<>();
    for (Endpoint endpoint : camel.getEndpoints()) {
      if (endpoint instanceof KameletEndpoint kamelet && names.contains(kamelet.getTemplateId())) {
        called(endpoint).ifPresent(made::add);
      }
    }
    return made;
  }

  static Set<String> called(Set<Endpoint> endpoints) {
    Set<String> called = new HashSet<>();
    endpoints.forEach(endpoint -> called(endpoint).ifPresent(called::add));
    return called;
  }

  /** The route of the kamelet that an endpoint calls; empty: it calls none. */
  static Optional<String> called(Endpoint endpoint) {
    boolean within = WITHIN.matcher(endpoint.getEndpointUri()).matches();
    return endpoint instanceof KameletEndpoint kamelet && !within
        ? Optional.of(kamelet.getRouteId())
        : Optional.empty();
  }

  /** The endpoints that are steps of routes; not those of dynamic addresses. */
  Set<Endpoint> endpoints(List<Route> routes) {
    Set<Endpoint> used = new HashSet<>();
    for (Route route : routes) {
      used.add(route.getEndpoint());
      List<Service> services = new ArrayList<>(route.getServices());
      Stream.concat(route.getOnExceptions().stream(), route.getOnCompletions().stream())
          .filter(Service.class::isInstance)
          .map(Service.class::cast)
          .forEach(services::add);
      for (Service service : services) {
        for (Service child : ServiceHelper.getChildServices(service, true)) {
          if (child instanceof EndpointAware aware && aware.getEndpoint() != null) {
            used.add(aware.getEndpoint());
          } else if (child instanceof KameletProcessor kamelet) {
            Endpoint called = camel.hasEndpoint("kamelet://" + kamelet.getName());
            if (called != null) {
              used.add(called);
            }
          }
        }
      }
    }
    return used;
  }
}
