package io.ensrelay.check;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/** Finds mistakes in kamelet files, and values that a kamelet does not take. Threads: one. */
final class KameletCheck {
  private static final String CORRECT = "correct it, or copy it from a shipped kamelet";

  private final RouteWalk walk;

  KameletCheck(RouteWalk walk) {
    this.walk = walk;
  }

  /** Returns the routes of the kamelet in the form of a route file, for the schema. */
  static YamlNode routes(YamlNode content) {
    List<YamlNode.Entry> parts = new ArrayList<>();
    content
        .get("spec")
        .flatMap(spec -> spec.get("template"))
        .map(YamlNode::entries)
        .orElse(List.of())
        .stream()
        .filter(entry -> Set.of("beans", "from", "route").contains(entry.key()))
        .forEach(parts::add);
    return YamlNode.list(parts);
  }

  void check(Kamelets.Kamelet kamelet, YamlNode content, Scope scope) {
    if (!content.text("kind").equals(Optional.of("Kamelet"))) {
      scope.failed(content.line(), "has no kind: Kamelet", CORRECT);
      return;
    }
    YamlNode name = content.at(List.of("metadata", "name"));
    if (!name.text().equals(kamelet.name())) {
      scope.failed(
          name.line(),
          "metadata.name is not the name of the file",
          "write name: " + kamelet.name() + ", or rename the file");
    }
    kamelet.required().stream()
        .filter(each -> !kamelet.parameters().containsKey(each))
        .forEach(
            each ->
                scope.failed(
                    content.at(List.of("spec", "definition", "required")).line(),
                    "requires the parameter " + each + ", which it does not describe",
                    "add it under properties"));
    YamlNode routes = routes(content);
    if (routes.items().stream().allMatch(part -> part.get("beans").isPresent())) {
      scope.failed(content.line(), "has no spec.template with from or route", CORRECT);
      return;
    }
    Set<String> names = new HashSet<>(kamelet.parameters().keySet());
    names.addAll(kamelet.beans());
    walk.check(routes, scope.inTemplate(names, kamelet.beans()));
  }

  /** Compares the value of a parameter with the kamelet's description of it. */
  static void value(Endpoint.Option option, YamlNode parameter, Scope scope) {
    String value = scope.placeholders().resolve(option.value()).strip();
    if (value.isEmpty() || value.contains("{{") || value.startsWith("#")) {
      return;
    }
    String expected = expected(value, parameter);
    if (!expected.isEmpty()) {
      scope.failed(
          option.line(),
          "parameter " + option.name() + " does not take this value",
          "it takes " + expected);
    }
  }

  private static String expected(String value, YamlNode parameter) {
    List<YamlNode> words = parameter.get("enum").map(YamlNode::items).orElse(List.of());
    if (words.stream().noneMatch(word -> word.text().equals(value)) && !words.isEmpty()) {
      return words.stream().map(YamlNode::text).collect(Collectors.joining(", "));
    }
    Optional<String> pattern = parameter.text("pattern");
    if (pattern.isPresent() && !fits(value, pattern.get())) {
      return parameter.text("example").orElse("what matches " + pattern.get());
    }
    String type = parameter.text("type").orElse("string");
    if (type.equals("boolean") && !value.matches("(?i)true|false")) {
      return "true or false";
    }
    if (!type.equals("integer")) {
      return "";
    }
    long least = number(parameter, "minimum", Long.MIN_VALUE);
    long most = number(parameter, "maximum", Long.MAX_VALUE);
    boolean fits = value.matches("-?\\d{1,18}");
    if (fits && Long.parseLong(value) >= least && Long.parseLong(value) <= most) {
      return "";
    }
    boolean limited = least != Long.MIN_VALUE && most != Long.MAX_VALUE;
    return limited ? least + " to " + most : "a whole number";
  }

  /** A pattern that Java does not know lets every value through. */
  private static boolean fits(String value, String pattern) {
    try {
      return value.matches(pattern);
    } catch (PatternSyntaxException e) {
      return true;
    }
  }

  private static long number(YamlNode parameter, String key, long otherwise) {
    return parameter
        .text(key)
        .filter(text -> text.matches("-?\\d{1,18}"))
        .map(Long::parseLong)
        .orElse(otherwise);
  }
}
