package io.ensrelay.check;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Applies every check to one file after another. Threads: one at a time. */
final class FileCheck implements AutoCloseable {
  private final Placeholders placeholders;
  private final Set<String> beans;
  private final GoodFiles good;
  private final ExpressionCheck expressions;
  private final RouteWalk walk;
  private final DestinationCheck destinations;
  private Optional<RouteSchema> schema = Optional.empty();

  FileCheck(
      Kamelets kamelets,
      Placeholders placeholders,
      Set<String> beans,
      Supplier<Set<String>> eventTypes,
      Supplier<Set<String>> tenants,
      GoodFiles good) {
    this.placeholders = placeholders;
    this.beans = beans;
    this.good = good;
    ComponentCatalog catalog = new ComponentCatalog();
    expressions = new ExpressionCheck(catalog);
    walk =
        new RouteWalk(
            new EndpointCheck(catalog, kamelets),
            expressions,
            new DataFormatCheck(catalog),
            new BeanCheck(catalog));
    destinations = new DestinationCheck(catalog, eventTypes, tenants);
  }

  List<Mistake> route(RouteText.Loaded route) {
    Scope scope = new Scope(route.file(), placeholders, beans);
    scope.mistakes().addAll(route.mistakes());
    if (route.content().isPresent() && !GoodFiles.isShipped(route)) {
      YamlNode content = route.content().get();
      boolean known = good.knows(route);
      expressions.parse(!known);
      walk.check(content, scope);
      running(route).forEach(each -> destinations.check(each, scope));
      schema(route, content, known, scope);
    }
    return scope.mistakes();
  }

  /**
   * @param used whether a route names it; Camel does not read it otherwise
   */
  List<Mistake> kamelet(Kamelets.Kamelet kamelet, boolean used) {
    RouteText.Loaded text = kamelet.text();
    Scope scope = new Scope(text.file(), placeholders, beans);
    scope.mistakes().addAll(text.mistakes());
    if (text.content().isPresent() && !GoodFiles.isShipped(text)) {
      YamlNode content = text.content().get();
      boolean known = good.knows(text);
      expressions.parse(!known);
      new KameletCheck(walk).check(kamelet, content, scope);
      schema(text, KameletCheck.routes(content), known, scope);
    }
    return used ? scope.mistakes() : scope.mistakes().stream().map(Mistake::asWarning).toList();
  }

  private void schema(RouteText.Loaded text, YamlNode content, boolean known, Scope scope) {
    if (!known) {
      if (schema.isEmpty()) {
        schema = Optional.of(new RouteSchema());
      }
      schema
          .get()
          .mistake(text.file(), content)
          .filter(wrong -> scope.mistakes().stream().noneMatch(each -> each.line() == wrong.line()))
          .ifPresent(scope.mistakes()::add);
      if (scope.mistakes().isEmpty()) {
        good.add(text);
      }
    }
  }

  /** Returns the routes that their precondition does not switch off. */
  List<RouteBlock> running(RouteText.Loaded route) {
    return route
        .content()
        .map(content -> RouteBlock.of(route.file(), content))
        .orElse(List.of())
        .stream()
        .filter(each -> !expressions.isOff(each.node(), placeholders))
        .toList();
  }

  @Override
  public void close() {
    expressions.close();
  }
}
