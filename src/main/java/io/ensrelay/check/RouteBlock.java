package io.ensrelay.check;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A route of a file, or one that stands there as {@code from} alone.
 *
 * @param node holds {@code from}
 */
record RouteBlock(Path file, YamlNode node) {
  private static final String SOURCE = "ens-events-source";

  static List<RouteBlock> of(Path file, YamlNode content) {
    List<RouteBlock> routes = new ArrayList<>();
    for (YamlNode item : content.items()) {
      item.get("route").ifPresent(route -> routes.add(new RouteBlock(file, route)));
      item.get("from").ifPresent(from -> routes.add(new RouteBlock(file, item)));
    }
    return routes;
  }

  /** Returns the endpoint from which the route gets its events; empty if it is no destination. */
  Optional<Endpoint> source(Placeholders placeholders) {
    return node.get("from")
        .flatMap(from -> Endpoint.of(from, placeholders))
        .filter(
            from ->
                from.scheme().equals("kamelet") && from.rest().split("/", 2)[0].equals(SOURCE)
                    || from.scheme().equals("spool") && from.rest().equals("events"));
  }

  /** Returns the steps at all depths, in order. */
  List<YamlNode.Entry> steps() {
    List<YamlNode.Entry> steps = new ArrayList<>();
    node.get("from").ifPresent(from -> steps(from, steps));
    node.get("steps").ifPresent(these -> steps(node, steps));
    return steps;
  }

  private static void steps(YamlNode parent, List<YamlNode.Entry> into) {
    for (YamlNode.Entry entry : parent.entries()) {
      if (entry.key().equals("steps")) {
        for (YamlNode step : entry.value().items()) {
          into.addAll(step.entries());
          step.entries().forEach(each -> steps(each.value(), into));
        }
      } else if (!entry.key().equals("parameters")) {
        steps(entry.value(), into);
        entry.value().items().forEach(item -> steps(item, into));
      }
    }
  }
}
