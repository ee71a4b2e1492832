package io.ensrelay.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An endpoint of a route with its options.
 *
 * @param scheme empty if it is known only at run time
 * @param rest what stands between the scheme and the options
 * @param options those of the URI, then those of {@code parameters}
 * @param fromSettings whether a placeholder holds the scheme, so that the query may be a secret
 */
record Endpoint(String scheme, String rest, List<Option> options, boolean fromSettings, int line) {

  /**
   * An option of an endpoint.
   *
   * @param value null-free, as written
   * @param inQuery whether it stands in the URI
   */
  record Option(String name, String value, int line, boolean inQuery) {}

  /** Reads {@code to: log:x} as well as {@code to: {uri: log:x, parameters: {...}}}. */
  static Optional<Endpoint> of(YamlNode node, Placeholders placeholders) {
    Optional<YamlNode> place = node.isText() ? Optional.of(node) : node.get("uri");
    return place.filter(YamlNode::isText).map(uri -> of(uri, node.get("parameters"), placeholders));
  }

  private static Endpoint of(
      YamlNode uri, Optional<YamlNode> parameters, Placeholders placeholders) {
    String text = uri.text().strip();
    boolean fromSettings = text.startsWith("{{");
    String resolved = fromSettings ? placeholders.resolve(text) : text;
    int query = resolved.indexOf('?', resolved.startsWith("{{?") ? 3 : 0);
    String before = query < 0 ? resolved : resolved.substring(0, query);
    int colon = before.indexOf(':');
    String scheme = colon < 0 ? before : before.substring(0, colon);
    List<Option> options = new ArrayList<>();
    if (query >= 0) {
      options.addAll(inQuery(resolved.substring(query + 1), uri.line()));
    }
    parameters
        .map(YamlNode::entries)
        .orElse(List.of())
        .forEach(
            entry ->
                options.add(new Option(entry.key(), entry.value().text(), entry.line(), false)));
    boolean known = scheme.matches("[A-Za-z][A-Za-z0-9.+-]*");
    return new Endpoint(
        known ? scheme : "",
        colon < 0 ? "" : before.substring(colon + 1),
        options,
        fromSettings,
        uri.line());
  }

  private static List<Option> inQuery(String query, int line) {
    List<Option> options = new ArrayList<>();
    // a RAW value may hold an ampersand
    for (String part : query.replaceAll("RAW\\([^)]*\\)|RAW\\{[^}]*}", "RAW").split("&")) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        options.add(new Option(part.substring(0, equals), part.substring(equals + 1), line, true));
      }
    }
    return options;
  }

  boolean isHttp() {
    return scheme.equals("http") || scheme.equals("https");
  }

  Optional<Option> option(String name) {
    return options.stream().filter(option -> option.name().equals(name)).findFirst();
  }
}
