package io.ensrelay.check;

import io.ensrelay.base.Closest;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.camel.support.PatternHelper;

/**
 * Finds names by which a route refers to something in any file that is not there: a route's policy,
 * the other end of {@code direct} and {@code seda}. Camel starts such a route. Threads: one.
 */
final class LinkCheck {
  private static final Set<String> WITHIN = Set.of("direct", "seda");
  private static final Set<String> SENDING = Set.of("to", "toD", "wireTap");

  private final Placeholders placeholders;
  private final Set<String> policies = new HashSet<>();
  private final Set<String> begins = new HashSet<>();

  /** Whether names are made at run time, by templates. */
  private boolean isOpen;

  LinkCheck(Placeholders placeholders) {
    this.placeholders = placeholders;
  }

  /** Notes what a file offers to others. */
  void add(YamlNode content) {
    for (YamlNode item : content.items()) {
      item.get("routeConfiguration")
          .flatMap(each -> each.text("id"))
          .map(placeholders::resolve)
          .ifPresent(policies::add);
    }
    begins(content);
  }

  private void begins(YamlNode node) {
    node.items().forEach(this::begins);
    for (YamlNode.Entry entry : node.entries()) {
      if (entry.key().equals("from")) {
        Endpoint.of(entry.value(), placeholders).ifPresent(this::begin);
      }
      begins(entry.value());
    }
  }

  private void begin(Endpoint endpoint) {
    String name = name(endpoint);
    boolean isWithin = WITHIN.contains(endpoint.scheme());
    if (isWithin) {
      begins.add(name);
    }
    isOpen |= endpoint.scheme().isEmpty() || isWithin && name.contains("{{");
  }

  private String name(Endpoint endpoint) {
    return endpoint.scheme() + ":" + placeholders.resolve(endpoint.rest()).replaceFirst("^//", "");
  }

  /** Reports what a route of a file names in vain. */
  void check(RouteBlock route, Consumer<Mistake> found) {
    route.node().get("routeConfigurationId").ifPresent(ids -> policy(route, ids, found));
    for (YamlNode.Entry step : route.steps()) {
      if (SENDING.contains(step.key()) && !isOpen) {
        Endpoint.of(step.value(), placeholders)
            .filter(to -> WITHIN.contains(to.scheme()))
            .ifPresent(to -> link(route, to, found));
      }
    }
  }

  private static String meant(String name, Set<String> names) {
    return Closest.to(name, names, 3)
        .map(near -> "did you mean " + near + "?")
        .orElse("correct the name, or add what it names");
  }

  private void policy(RouteBlock route, YamlNode ids, Consumer<Mistake> found) {
    Stream.of(placeholders.resolve(ids.text()).split(","))
        .map(String::strip)
        .filter(id -> !id.isEmpty() && !id.contains("{{"))
        .filter(id -> policies.stream().noneMatch(each -> PatternHelper.matchPattern(each, id)))
        .forEach(
            id ->
                found.accept(
                    Mistake.failed(
                        route.file(),
                        ids.line(),
                        "no routeConfiguration has the id "
                            + id
                            + ", so the route has no error policy",
                        meant(id, policies))));
  }

  private void link(RouteBlock route, Endpoint to, Consumer<Mistake> found) {
    String name = name(to);
    if (!name.contains("{{") && !name.contains("${") && !begins.contains(name)) {
      found.accept(
          Mistake.warning(
              route.file(), to.line(), "no route begins with " + name, meant(name, begins)));
    }
  }
}
