package io.ensrelay.runtime;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The text of a route file or a kamelet, for exchanging it in a running relay. Immutable.
 *
 * @param path as the settings name it
 */
record RouteFile(Path path, String text) {
  static final String KAMELET = ".kamelet.yaml";

  /** Parts that concern a single file; every other part concerns routes of other files. */
  private static final Set<String> OWN =
      Set.of(
          "beans",
          "errorHandler",
          "from",
          "intercept",
          "interceptFrom",
          "interceptSendToEndpoint",
          "onCompletion",
          "onException",
          "route");

  /** The location by which Camel knows its routes. */
  String location() {
    return "file:" + path;
  }

  boolean isKamelet() {
    return path.toString().endsWith(KAMELET);
  }

  /** The name of the kamelet. */
  String kamelet() {
    String name = path.getFileName().toString();
    return name.substring(0, name.length() - KAMELET.length());
  }

  /** The first part with an effect on other files, such as a route configuration. */
  Optional<String> sharedPart() {
    if (isKamelet()) {
      return Optional.empty();
    }
    return parts().stream()
        .flatMap(part -> part.keySet().stream())
        .map(String::valueOf)
        .filter(key -> !OWN.contains(key))
        .findFirst();
  }

  /** The names of its beans that other files can use. */
  Set<String> beans() {
    Set<String> names = new HashSet<>();
    if (!isKamelet()) {
      for (Map<?, ?> part : parts()) {
        if (part.get("beans") instanceof List<?> beans) {
          for (Object bean : beans) {
            if (bean instanceof Map<?, ?> values && values.get("name") != null) {
              names.add(values.get("name").toString());
            }
          }
        }
      }
    }
    return names;
  }

  /** Whether a change of the other file needs this one's routes to be built again. */
  boolean uses(RouteFile other) {
    if (other.isKamelet()) {
      return has("kamelet:(\\s*\\n?\\s*name:)?\\s*[\"']?" + Pattern.quote(other.kamelet()));
    }
    Set<String> own = beans();
    return other.beans().stream()
        .filter(bean -> !own.contains(bean))
        .anyMatch(bean -> has("(#(bean:)?|[rR]ef:\\s*[\"']?|\\bbean:)" + Pattern.quote(bean)));
  }

  private boolean has(String regex) {
    return Pattern.compile(regex + "(?![\\w.-])").matcher(text).find();
  }

  private List<Map<?, ?>> parts() {
    try {
      Object content = new Load(LoadSettings.builder().build()).loadFromString(text);
      return content instanceof List<?> list
          ? list.stream().filter(Map.class::isInstance).<Map<?, ?>>map(Map.class::cast).toList()
          : List.of();
    } catch (YamlEngineException e) {
      return List.of();
    }
  }

  /** The first line that matches; empty: there is none. */
  Optional<Integer> line(Pattern pattern) {
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).strip().startsWith("#") && pattern.matcher(lines.get(i)).find()) {
        return Optional.of(i + 1);
      }
    }
    return Optional.empty();
  }
}
