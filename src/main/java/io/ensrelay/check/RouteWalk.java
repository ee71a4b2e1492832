package io.ensrelay.check;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Goes through the steps of a file and hands each part to the check that knows it. Threads: one at
 * a time.
 */
final class RouteWalk {
  /** Steps whose value, or whose {@code uri}, is an endpoint. */
  private static final Set<String> ENDPOINTS =
      Set.of("from", "interceptFrom", "interceptSendToEndpoint", "poll", "to", "toD", "wireTap");

  /** Below these stand names that belong to a component or a bean. */
  private static final Set<String> NAMES_OF_OTHERS =
      Set.of("parameters", "properties", "constructors");

  private static final Set<String> TEXTS = Set.of("description", "note");

  private final EndpointCheck endpoints;
  private final ExpressionCheck expressions;
  private final DataFormatCheck formats;
  private final BeanCheck beans;

  RouteWalk(
      EndpointCheck endpoints,
      ExpressionCheck expressions,
      DataFormatCheck formats,
      BeanCheck beans) {
    this.endpoints = endpoints;
    this.expressions = expressions;
    this.formats = formats;
    this.beans = beans;
  }

  /** Checks the content of a route file, or what is in a kamelet's template. */
  void check(YamlNode content, Scope scope) {
    content.items().forEach(item -> map(item, "", scope));
  }

  private void node(YamlNode node, String under, Scope scope) {
    if (node.isText()) {
      text(node, scope);
    }
    node.items().forEach(item -> node(item, under, scope));
    map(node, under, scope);
  }

  private void map(YamlNode node, String under, Scope scope) {
    for (YamlNode.Entry entry : node.entries()) {
      String key = entry.key();
      if (TEXTS.contains(key)
          || key.equals("route") && expressions.isOff(entry.value(), scope.placeholders())) {
        continue;
      }
      if (NAMES_OF_OTHERS.contains(key)) {
        values(entry.value(), scope);
        continue;
      }
      if (ENDPOINTS.contains(key)) {
        parameters(entry.value(), scope);
        Endpoint.of(entry.value(), scope.placeholders())
            .ifPresent(endpoint -> endpoints.check(endpoint, scope));
      } else if (key.equals("marshal") || key.equals("unmarshal")) {
        formats.check(entry.value(), scope);
      } else if (key.equals("beans")) {
        entry.value().items().forEach(bean -> beans.bean(bean, scope));
      } else {
        beans.reference(entry, scope);
        expressions.check(entry, under, scope);
      }
      Scope inside = key.equals("routeTemplate") ? inTemplate(entry.value(), scope) : scope;
      node(entry.value(), key.equals("expression") ? under : key, inside);
    }
  }

  private static void parameters(YamlNode endpoint, Scope scope) {
    for (YamlNode.Entry each :
        endpoint.get("parameters").map(YamlNode::entries).orElse(List.of())) {
      if (!each.value().isText()) {
        scope.failed(
            each.line(),
            "parameter " + each.key() + " takes one value, and no list and no map",
            "write several with commas between them: a,b");
      }
    }
  }

  private static Scope inTemplate(YamlNode template, Scope scope) {
    Set<String> names = new HashSet<>();
    for (String list : List.of("parameters", "beans")) {
      template.get(list).map(YamlNode::items).orElse(List.of()).stream()
          .flatMap(each -> each.text("name").stream())
          .forEach(names::add);
    }
    return scope.inTemplate(names, names);
  }

  private void values(YamlNode node, Scope scope) {
    if (node.isText()) {
      text(node, scope);
    }
    node.items().forEach(item -> values(item, scope));
    node.entries().forEach(entry -> values(entry.value(), scope));
  }

  private void text(YamlNode node, Scope scope) {
    scope.placeholders().mistake(node.text()).ifPresent(said -> said(node, said, scope));
    beans.referenceIn(node, scope);
  }

  private static void said(YamlNode node, String said, Scope scope) {
    String[] parts = said.split("; ", 2);
    scope.failed(node.line(), parts[0], parts[1]);
  }
}
