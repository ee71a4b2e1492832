package io.ensrelay.check;

import io.ensrelay.base.Closest;
import io.ensrelay.config.Settings;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The settings as placeholders {@code {{key}}} of route files. Immutable. */
final class Placeholders {
  /** An innermost one. */
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([^{}]+)}}");

  private static final String ENVIRONMENT = "env:";

  /** Functions of Camel that read something else than the settings. */
  private static final Pattern FUNCTION =
      Pattern.compile(
          "(env|sys|service|service\\.\\w+|bean|aws|gcp|azure|hashicorp|secret|configmap|cyberark|springboot):.*");

  private final Map<String, String> values = new HashMap<>();

  Placeholders(Settings settings) {
    settings
        .asProperties()
        .stringPropertyNames()
        .forEach(key -> values.put(key, settings.get(key).orElse("")));
    // in the files that are used once for each tenant
    values.put("suffix", "");
  }

  private Placeholders(Map<String, String> values) {
    this.values.putAll(values);
  }

  /** Returns these with more names, as a kamelet's template has them. */
  Placeholders with(Set<String> names) {
    Placeholders more = new Placeholders(values);
    names.forEach(name -> more.values.putIfAbsent(name, "{{" + name + "}}"));
    return more;
  }

  /** Returns the keys below a prefix, without it. */
  List<String> below(String prefix) {
    return values.keySet().stream()
        .filter(key -> key.startsWith(prefix))
        .map(key -> key.substring(prefix.length()))
        .sorted()
        .toList();
  }

  /** Returns the mistake in a text: a required placeholder that has no value. */
  Optional<String> mistake(String text) {
    Matcher found = PLACEHOLDER.matcher(text);
    while (found.find()) {
      String body = found.group(1).strip().replaceFirst("^!", "");
      boolean variable = body.startsWith(ENVIRONMENT);
      String key = variable ? body.substring(ENVIRONMENT.length()) : body;
      if (variable && key.indexOf(':') < 0 && System.getenv(key) == null) {
        return Optional.of(
            "the environment variable "
                + key
                + " is not set; set it, or give a default: {{env:"
                + key
                + ":...}}");
      }
      if (!variable && isRequired(body) && !hasValue(body)) {
        return Optional.of(
            "no value for {{"
                + body
                + "}}; "
                + Closest.to(body, values.keySet(), 3)
                    .filter(near -> !near.startsWith("camel."))
                    .map(near -> "did you mean {{" + near + "}}?")
                    .orElse(
                        "set "
                            + body
                            + " in application.properties, or give a default: {{"
                            + body
                            + ":...}}"));
      }
    }
    return Optional.empty();
  }

  /** Camel looks into the environment and Java's properties last. */
  private boolean hasValue(String key) {
    String variable = key.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
    return values.containsKey(key)
        || System.getProperty(key) != null
        || System.getenv(key) != null
        || System.getenv(variable) != null;
  }

  private static boolean isRequired(String body) {
    return !body.startsWith("?") && body.indexOf(':') < 0;
  }

  /** Returns the text with every placeholder that has a value replaced by it; often a secret. */
  String resolve(String text) {
    String result = text;
    for (int depth = 0; depth < 5 && result.contains("{{"); depth++) {
      result =
          PLACEHOLDER
              .matcher(result)
              .replaceAll(found -> Matcher.quoteReplacement(value(found.group())));
    }
    return result;
  }

  private String value(String placeholder) {
    String body =
        placeholder.substring(2, placeholder.length() - 2).strip().replaceFirst("^[?!]", "");
    if (FUNCTION.matcher(body).matches()) {
      return placeholder;
    }
    int colon = body.indexOf(':');
    String key = colon < 0 ? body : body.substring(0, colon);
    String otherwise = colon < 0 ? placeholder : body.substring(colon + 1);
    return values.getOrDefault(key, otherwise);
  }
}
