package io.ensrelay.check;

import io.ensrelay.base.Closest;
import java.util.Optional;
import java.util.Set;

/** Finds kamelets that do not exist, and parameters that do not fit one. Threads: one at a time. */
final class KameletUse {
  /** Options of the component kamelet itself. */
  private static final Set<String> OF_EVERY_KAMELET =
      Set.of(
          "block",
          "bridgeErrorHandler",
          "exceptionHandler",
          "exchangePattern",
          "failIfNoConsumers",
          "lazyStartProducer",
          "location",
          "noErrorHandler",
          "timeout");

  private final Kamelets kamelets;

  KameletUse(Kamelets kamelets) {
    this.kamelets = kamelets;
  }

  void check(Endpoint endpoint, Scope scope) {
    String name = endpoint.rest().split("/", 2)[0];
    if (name.equals("source") || name.equals("sink") || name.contains("{{")) {
      return;
    }
    Optional<Kamelets.Kamelet> kamelet = kamelets.find(name);
    if (kamelet.isEmpty()) {
      if (kamelets.areComplete()) {
        String near =
            Closest.to(name, kamelets.names(), 4)
                .map(each -> "did you mean " + each + "?")
                .orElse("there are: " + KnownNames.list(kamelets.names()));
        scope.failed(endpoint.line(), "no kamelet " + name, near);
      }
      return;
    }
    if (kamelet.get().text().content().isPresent()) {
      parameters(endpoint, kamelet.get(), scope);
    }
  }

  /** A key that nobody reads: only one that is close to a setting is a mistake for sure. */
  private static void settings(Endpoint endpoint, Kamelets.Kamelet kamelet, Scope scope) {
    Set<String> known = kamelet.settings();
    Optional<String> prefix =
        endpoint
            .option("destination")
            .map(name -> "ens.destination." + scope.placeholders().resolve(name.value()) + ".");
    if (known.isEmpty() || prefix.isEmpty()) {
      return;
    }
    for (String key : scope.placeholders().below(prefix.get())) {
      if (!known.contains(key) && !known.contains(key.replaceFirst("\\..*", ""))) {
        Closest.to(key, known, key.length() < 5 ? 1 : 2)
            .ifPresent(
                near ->
                    scope.warning(
                        endpoint.line(),
                        prefix.get() + key + " is no setting of " + kamelet.name(),
                        "did you mean " + prefix.get() + near + "?"));
      }
    }
  }

  private static void parameters(Endpoint endpoint, Kamelets.Kamelet kamelet, Scope scope) {
    for (Endpoint.Option option : endpoint.options()) {
      YamlNode parameter = kamelet.parameters().get(option.name());
      if (parameter != null) {
        KameletCheck.value(option, parameter, scope);
      } else if (!OF_EVERY_KAMELET.contains(option.name()) && !kamelet.uses(option.name())) {
        scope.failed(
            option.line(),
            "kamelet " + kamelet.name() + " has no parameter " + option.name(),
            KnownNames.meant(option.name(), kamelet.parameters().keySet()));
      }
    }
    settings(endpoint, kamelet, scope);
    for (String required : kamelet.required()) {
      if (endpoint.option(required).isEmpty()) {
        scope.failed(
            endpoint.line(),
            "kamelet " + kamelet.name() + " needs the parameter " + required,
            "add it under parameters");
      }
    }
  }
}
