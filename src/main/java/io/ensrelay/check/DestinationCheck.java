package io.ensrelay.check;

import io.ensrelay.base.Closest;
import io.ensrelay.event.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds mistakes by which a destination gets no events or sends none. Threads: one at a time. */
final class DestinationCheck {

  /** In a selector, without texts and numbers. */
  private static final Pattern NAME = Pattern.compile("(?<![\\w.$])[A-Za-z_$][\\w.$]*");

  private static final Set<String> WORDS =
      Set.of("AND", "BETWEEN", "ESCAPE", "FALSE", "IN", "IS", "LIKE", "NOT", "NULL", "OR", "TRUE");

  private static final String METHOD_HEADER = "CamelHttpMethod";
  private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");
  private static final Set<String> SENDING = Set.of("to", "toD", "wireTap");

  private final ComponentCatalog catalog;
  private final Supplier<Set<String>> eventTypes;
  private final Supplier<Set<String>> tenants;

  /**
   * @param tenants the relay's, none if it has only one; asked when a destination names some
   * @param eventTypes those of the service, none if they are not known; asked when a destination
   *     names some
   */
  DestinationCheck(
      ComponentCatalog catalog, Supplier<Set<String>> eventTypes, Supplier<Set<String>> tenants) {
    this.catalog = catalog;
    this.eventTypes = eventTypes;
    this.tenants = tenants;
  }

  void check(RouteBlock route, Scope scope) {
    Optional<Endpoint> source = route.source(scope.placeholders());
    if (source.isPresent()) {
      source.get().option("events").ifPresent(events -> events(events, scope));
      source.get().option("tenants").ifPresent(names -> tenants(names, scope));
      source.get().option("selector").ifPresent(selector -> selector(selector, scope));
      sending(route, scope);
    }
  }

  /** An attribute that no event has is NULL: a comparison with it selects nothing. */
  private static void selector(Endpoint.Option selector, Scope scope) {
    String text = scope.placeholders().resolve(selector.value());
    if (text.contains("{{")) {
      return;
    }
    NAME.matcher(text.replaceAll("'[^']*'", "''"))
        .results()
        .map(MatchResult::group)
        .filter(name -> !WORDS.contains(name.toUpperCase(Locale.ROOT)))
        .filter(name -> !Event.ATTRIBUTES.contains(name))
        .distinct()
        .forEach(
            name ->
                scope.failed(
                    selector.line(),
                    "selector: no event has an attribute " + name,
                    KnownNames.meant(name, Event.ATTRIBUTES)));
  }

  private void events(Endpoint.Option events, Scope scope) {
    unknown(events, eventTypes, scope)
        .filter(name -> !name.equals(Event.GAP) && !Event.OF_RESYNC.contains(name))
        .forEach(
            name ->
                scope.warning(
                    events.line(),
                    "the service has no event type " + name,
                    Closest.to(name, eventTypes.get(), 4)
                        .map(near -> "did you mean " + near + "?")
                        .orElse("see them by: ens-relay topics")));
  }

  private void tenants(Endpoint.Option names, Scope scope) {
    unknown(names, tenants, scope)
        .forEach(
            name ->
                scope.warning(
                    names.line(),
                    "there is no tenant " + name,
                    KnownNames.meant(name, tenants.get())));
  }

  /** The names in a list that nobody knows; none if none is known. */
  private static Stream<String> unknown(
      Endpoint.Option list, Supplier<Set<String>> all, Scope scope) {
    String names = scope.placeholders().resolve(list.value());
    if (names.isBlank() || names.strip().equals("*") || names.contains("{{")) {
      return Stream.empty();
    }
    Set<String> known = all.get();
    return Stream.of(names.strip().split("\\s*,\\s*"))
        .filter(name -> !known.isEmpty() && !known.contains(name));
  }

  private void sending(RouteBlock route, Scope scope) {
    List<YamlNode.Entry> steps = route.steps();
    List<YamlNode.Entry> sending =
        steps.stream().filter(step -> SENDING.contains(step.key())).toList();
    sending.forEach(
        step ->
            Endpoint.of(step.value(), scope.placeholders())
                .filter(endpoint -> endpoint.scheme().equals("file"))
                .ifPresent(endpoint -> folder(endpoint, scope)));
    if (steps.stream().anyMatch(DestinationCheck::setsMethod)) {
      return;
    }
    for (YamlNode.Entry step : sending) {
      boolean isLast = step == sending.get(sending.size() - 1);
      Endpoint.of(step.value(), scope.placeholders())
          .filter(Endpoint::isHttp)
          .ifPresent(endpoint -> method(endpoint, isLast, scope));
    }
  }

  /** Whether it is no option of Camel's, but a part of the query. */
  private boolean isOfServer(String scheme, Endpoint.Option option) {
    return catalog
        .component(scheme)
        .filter(model -> !EndpointCheck.isOption(option.name(), model))
        .isPresent();
  }

  /** A warning only: the other destinations and the intake can go on. */
  private static void folder(Endpoint endpoint, Scope scope) {
    String name = scope.placeholders().resolve(endpoint.rest());
    if (name.isBlank() || name.contains("{{") || name.contains("${")) {
      return;
    }
    Path there = Path.of(name).toAbsolutePath().normalize();
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there) || !Files.isWritable(there)) {
      scope.warning(
          endpoint.line(),
          "the destination can't write to " + name,
          Files.isDirectory(there)
              ? "give " + there + " to the user of the relay"
              : there + " is no folder: name another one");
    }
  }

  private static boolean setsMethod(YamlNode.Entry step) {
    boolean one = step.value().text("name").equals(Optional.of(METHOD_HEADER));
    boolean several =
        step.key().equals("setHeaders")
            && step.value().get("headers").map(YamlNode::items).orElse(List.of()).stream()
                .anyMatch(each -> each.text("name").equals(Optional.of(METHOD_HEADER)));
    return one || several;
  }

  private void method(Endpoint endpoint, boolean isLast, Scope scope) {
    Optional<Endpoint.Option> method = endpoint.option("httpMethod");
    if (method.isPresent()) {
      String value = scope.placeholders().resolve(method.get().value()).strip();
      if (isLast && !value.contains("{{") && !WITH_BODY.contains(value.toUpperCase(Locale.ROOT))) {
        scope.warning(
            method.get().line(),
            "the destination sends no event: " + value + " has no body",
            "write httpMethod: POST");
      }
      return;
    }
    boolean query =
        endpoint.options().stream()
            .anyMatch(option -> option.inQuery() && isOfServer(endpoint.scheme(), option));
    if (query && isLast) {
      scope.failed(
          endpoint.line(),
          "the destination sends no event: a URL with a query and without httpMethod is a GET",
          "add httpMethod: POST under parameters");
    } else if (query) {
      scope.warning(
          endpoint.line(),
          "a URL with a query and without httpMethod is a GET, without the event",
          "add httpMethod: POST, or GET if it is meant so, under parameters");
    }
  }
}
