package io.ensrelay.check;

import io.ensrelay.base.Closest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds classes of beans and references to beans that do not exist. Threads: one at a time. */
final class BeanCheck {
  private static final Pattern REFERENCE = Pattern.compile("^#bean:([^{}?&\\s]+)$");

  /** Among the names of beans: further ones can't be known before a start. */
  static final String ANY = "*";

  private static final String CLASS = "#class:";

  /** The value of these keys is the name of a bean. */
  private static final Set<String> NAMES_A_BEAN =
      Set.of(
          "aggregationStrategy",
          "idempotentRepository",
          "onExceptionOccurredRef",
          "onRedeliveryRef",
          "onPrepareFailureRef",
          "redeliveryPolicyRef",
          "retryWhileRef");

  private final ComponentCatalog catalog;

  BeanCheck(ComponentCatalog catalog) {
    this.catalog = catalog;
  }

  /** Checks the class of a bean and the names of its properties. */
  void bean(YamlNode bean, Scope scope) {
    bean.get("type")
        .filter(YamlNode::isText)
        .ifPresent(
            type -> {
              String name = scope.placeholders().resolve(className(type.text()));
              if (name.isEmpty() || name.contains("{{") || name.startsWith("#")) {
                return;
              }
              if (catalog.hasClass(name)) {
                properties(bean, name, scope);
              } else {
                scope.failed(
                    type.line(), "no class " + name, "correct it, or put its jar into lib/");
              }
            });
  }

  private static String className(String type) {
    String name = type.startsWith(CLASS) ? type.substring(CLASS.length()) : type;
    // constructor arguments and a factory method may follow
    return name.replaceFirst("[(#].*", "").strip();
  }

  private static void properties(YamlNode bean, String name, Scope scope) {
    Set<String> known;
    try {
      Class<?> type = Class.forName(name, false, BeanCheck.class.getClassLoader());
      if (Map.class.isAssignableFrom(type) || bean.get("builderClass").isPresent()) {
        return;
      }
      known = setters(type);
    } catch (ClassNotFoundException | LinkageError e) {
      return;
    }
    for (YamlNode.Entry entry : bean.get("properties").map(YamlNode::entries).orElse(List.of())) {
      String property = entry.key().replaceFirst("[.\\[].*", "");
      boolean there = known.stream().anyMatch(each -> each.equalsIgnoreCase(dashless(property)));
      if (!there) {
        scope.failed(
            entry.line(),
            name.substring(name.lastIndexOf('.') + 1) + " has no property " + property,
            Closest.to(property, known)
                .map(near -> "did you mean " + near + "?")
                .orElse("it has: " + known.stream().sorted().collect(Collectors.joining(", "))));
      }
    }
  }

  private static String dashless(String property) {
    return property.replace("-", "");
  }

  private static Set<String> setters(Class<?> type) {
    return Stream.of(type.getMethods())
        .filter(method -> method.getParameterCount() == 1 || method.getParameterCount() == 0)
        .map(method -> property(method.getName(), method.getParameterCount()))
        .filter(name -> !name.isEmpty() && !name.equals("class"))
        .collect(Collectors.toSet());
  }

  /** A property whose value is another object may have a getter only. */
  private static String property(String method, int parameters) {
    String begin = parameters == 1 ? "set" : "get";
    String name = method.startsWith(begin) ? method.substring(3) : parameters == 1 ? method : "";
    return name.isEmpty() ? "" : Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  /** Checks the value of a key that names a bean. */
  void reference(YamlNode.Entry entry, Scope scope) {
    if (entry.key().equals("bean") || entry.key().equals("method")) {
      entry.value().get("ref").ifPresent(ref -> named(ref, scope));
      entry.value().get("beanType").ifPresent(type -> type(type, scope));
    } else if (NAMES_A_BEAN.contains(entry.key()) && !entry.value().text().startsWith("#")) {
      named(entry.value(), scope);
    }
  }

  private void type(YamlNode type, Scope scope) {
    String name = scope.placeholders().resolve(type.text()).strip();
    // such as #class:...
    boolean isReference = name.contains(":");
    if (!name.isEmpty() && !isReference && !name.contains("{{") && !catalog.hasClass(name)) {
      scope.failed(type.line(), "no class " + name, "correct it, or put its jar into lib/");
    }
  }

  /** Checks a value that may be a reference, {@code #bean:x}. */
  void referenceIn(YamlNode value, Scope scope) {
    Matcher reference = REFERENCE.matcher(value.text());
    if (reference.matches()) {
      missing(reference.group(1), value.line(), scope);
    }
  }

  private void named(YamlNode value, Scope scope) {
    String name = value.text().strip().replaceFirst("^#(bean:)?", "");
    if (!name.isEmpty()
        && !name.contains("{{")
        && !name.contains("${")
        && !catalog.hasClass(name)) {
      missing(name, value.line(), scope);
    }
  }

  private static void missing(String name, int line, Scope scope) {
    if (!scope.beans().contains(name) && !scope.beans().contains(ANY)) {
      List<String> known = new ArrayList<>(scope.beans());
      scope.failed(
          line,
          "no bean " + name,
          Closest.to(name, known)
              .map(near -> "did you mean " + near + "?")
              .orElse("add it under beans, in this or another route file"));
    }
  }
}
