package io.ensrelay.check;

import io.ensrelay.base.Closest;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.tooling.model.ComponentModel;

/** Finds components and options of endpoints that do not exist. Threads: one at a time. */
final class EndpointCheck {
  private final ComponentCatalog catalog;
  private final KameletUse kamelets;

  EndpointCheck(ComponentCatalog catalog, Kamelets kamelets) {
    this.catalog = catalog;
    this.kamelets = new KameletUse(kamelets);
  }

  void check(Endpoint endpoint, Scope scope) {
    if (endpoint.scheme().isEmpty()) {
      return;
    }
    if (!catalog.hasComponent(endpoint.scheme())) {
      if (!scope.beans().contains(endpoint.scheme()) && !scope.beans().contains(BeanCheck.ANY)) {
        unknownComponent(endpoint, scope);
      }
    } else if (endpoint.scheme().equals("kamelet")) {
      kamelets.check(endpoint, scope);
    } else {
      catalog.component(endpoint.scheme()).ifPresent(model -> options(endpoint, model, scope));
    }
  }

  private static void unknownComponent(Endpoint endpoint, Scope scope) {
    String scheme = endpoint.scheme();
    String near =
        Closest.to(scheme, KnownNames.COMPONENTS)
            .filter(each -> !each.equals(scheme))
            .map(each -> "did you mean " + each + "? Otherwise get it by: ")
            .orElse("correct it, or get it by: ");
    scope.failed(endpoint.line(), "no component " + scheme, near + "ens-relay add camel:" + scheme);
  }

  /** Whether an option of an endpoint is one of its component, and not a part of the query. */
  static boolean isOption(String name, ComponentModel model) {
    // some components take options of their own at an endpoint too: responseTimeout of http
    return model.getEndpointOptions().stream().anyMatch(each -> each.getName().equals(name))
        || model.getComponentOptions().stream().anyMatch(each -> each.getName().equals(name))
        || isOfGroup(name, model);
  }

  private static void options(Endpoint endpoint, ComponentModel model, Scope scope) {
    Set<String> names =
        model.getEndpointOptions().stream()
            .map(ComponentModel.EndpointOptionModel::getName)
            .collect(Collectors.toSet());
    for (Endpoint.Option option : endpoint.options()) {
      if (option.inQuery() && endpoint.fromSettings()) {
        // the query of an address of the settings belongs to its server
        continue;
      }
      Optional<ComponentModel.EndpointOptionModel> known =
          model.getEndpointOptions().stream()
              .filter(each -> each.getName().equals(option.name()))
              .findFirst();
      if (known.isPresent()) {
        value(endpoint, option, known.get(), scope);
      } else if (!model.isApi() && !isOption(option.name(), model)) {
        unknown(endpoint, option, model.isLenientProperties(), names, scope);
      }
    }
    model.getEndpointPathOptions().stream()
        .filter(ComponentModel.EndpointOptionModel::isRequired)
        .filter(each -> endpoint.rest().isBlank() && endpoint.option(each.getName()).isEmpty())
        .forEach(
            each ->
                scope.failed(
                    endpoint.line(),
                    "an endpoint " + endpoint.scheme() + " needs " + each.getName(),
                    "add it: " + endpoint.scheme() + ":..."));
  }

  /** Such as {@code scheduler.x}. */
  private static boolean isOfGroup(String name, ComponentModel model) {
    return model.getEndpointOptions().stream()
        .filter(each -> each.isMultiValue() && each.getPrefix() != null)
        .anyMatch(each -> name.startsWith(each.getPrefix()));
  }

  private static void unknown(
      Endpoint endpoint, Endpoint.Option option, boolean lenient, Set<String> names, Scope scope) {
    String name = option.name();
    String problem = "endpoint " + endpoint.scheme() + " has no option " + name;
    if (!lenient) {
      scope.failed(option.line(), problem, KnownNames.meant(name, names));
      return;
    }
    // it becomes a part of the query: right for an endpoint's own parameters only
    Optional<String> near =
        name.length() < 5 ? Optional.empty() : Closest.to(name, names, name.length() < 7 ? 1 : 2);
    if (near.isPresent()) {
      scope.failed(option.line(), problem, "did you mean " + near.get() + "?");
    } else if (!option.inQuery()) {
      scope.warning(
          option.line(),
          problem + " and sends it as a part of the query",
          "write it into the uri if it is meant so");
    }
  }

  private static void value(
      Endpoint endpoint,
      Endpoint.Option option,
      ComponentModel.EndpointOptionModel known,
      Scope scope) {
    String value = scope.placeholders().resolve(option.value());
    if (value.isBlank() || value.contains("{{") || value.contains("${") || value.startsWith("#")) {
      return;
    }
    String expected = expected(known, value);
    if (!expected.isEmpty()) {
      scope.failed(
          option.line(),
          "option " + option.name() + " of " + endpoint.scheme() + " does not take this value",
          "it takes " + expected);
    }
  }

  /** Returns what an option takes instead of a wrong value; empty for a right one. */
  private static String expected(ComponentModel.EndpointOptionModel known, String value) {
    boolean isEnum = known.getEnums() != null && !known.getEnums().isEmpty();
    if (isEnum && known.getEnums().stream().noneMatch(each -> isSame(each, value))) {
      return KnownNames.list(known.getEnums());
    }
    String type = String.valueOf(known.getType());
    boolean isWord = value.equalsIgnoreCase("true") || value.equalsIgnoreCase("false");
    if (!isEnum && type.equals("boolean") && !isWord) {
      return "true or false";
    }
    boolean isNumber = value.matches("[-+]?\\d+(_\\d+)*");
    // a time in milliseconds may be written as 1h too; the start knows which option is one
    boolean isTime = "long".equals(known.getJavaType()) && value.matches("P?T?\\d+.*");
    return !isEnum && type.equals("integer") && !isNumber && !isTime ? "a whole number" : "";
  }

  /** As Camel compares the words of an enum. */
  private static boolean isSame(String word, String value) {
    return word.replaceAll("[-_]", "").equalsIgnoreCase(value.replaceAll("[-_]", ""));
  }
}
