package io.ensrelay.config;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The secrets among the settings, in the forms in which a library may say them. */
public final class Secrets {
  private static final String SECRET =
      "(?i).*(password|passwd|passphrase|token|secret|credentials?|api-?key|access-?key"
          + "|keystore\\.key|jaas\\.config)";
  private static final String ADDRESS = "(?i).*(ur[li]|proxy|webhook)";

  /** Within a configuration of JAAS. */
  private static final Pattern QUOTED =
      Pattern.compile("(?i)(?:password|secret)\\s*=\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** A shorter one would be found in every other word. */
  private static final int SHORTEST = 4;

  /** The shortest secret in a part of an address. */
  private static final int SHORTEST_PART = 8;

  private final Settings settings;
  private final Set<String> texts = new HashSet<>();

  private Secrets(Settings settings) {
    this.settings = settings;
  }

  /** The longest first, for one may be part of another. */
  public static List<String> of(Settings settings) {
    return sorted(texts(settings, settings.asProperties().stringPropertyNames()));
  }

  /** With those of the tenants. */
  public static List<String> of(Settings shared, TenantFolder.All tenants) {
    Set<String> all = texts(shared, shared.asProperties().stringPropertyNames());
    tenants.right().forEach(tenant -> all.addAll(texts(tenant.settings(), tenant.own().keySet())));
    return sorted(all);
  }

  private static Set<String> texts(Settings settings, Set<String> keys) {
    Secrets secrets = new Secrets(settings);
    for (String key : keys) {
      String value = settings.get(key).orElseThrow();
      if (key.matches(SECRET)) {
        secrets.addCredentials(key, value);
      } else if (key.matches(ADDRESS) || value.contains("://")) {
        secrets.addPartsOf(value);
      }
    }
    return secrets.texts;
  }

  private static List<String> sorted(Set<String> texts) {
    return texts.stream()
        .sorted(Comparator.comparing(String::length).reversed().thenComparing(text -> text))
        .toList();
  }

  private void addCredentials(String key, String value) {
    if (value.length() >= SHORTEST) {
      add(value);
    }
    QUOTED
        .matcher(value)
        .results()
        .map(quoted -> quoted.group(1))
        .filter(text -> text.length() >= SHORTEST)
        .forEach(this::add);
    String group = key.substring(0, key.lastIndexOf('.') + 1);
    Stream.of("username", "user", "proxy-username")
        .map(name -> settings.get(group + name))
        .flatMap(Optional::stream)
        .forEach(user -> texts.add(base64(user + ":" + value)));
  }

  /**
   * What comes after {@code :} before {@code @}, path and query as a whole, each parameter, and
   * what in the path looks random.
   */
  private void addPartsOf(String address) {
    String rest = address.replaceFirst("^\\w+:/*", "");
    int at = rest.indexOf('@');
    if (at > 0) {
      String user = rest.substring(0, at);
      texts.add(base64(user));
      String password = user.substring(user.indexOf(':') + 1);
      if (password.length() >= SHORTEST) {
        add(password);
      }
      rest = rest.substring(at + 1);
    }
    addPathAndQueryOf(rest);
    for (String part : rest.split("[/?&#=;,]")) {
      boolean isHost = rest.startsWith(part);
      if (!isHost && part.length() >= SHORTEST_PART && part.matches(".*[0-9A-Z%].*")) {
        add(part);
      }
    }
  }

  private void addPathAndQueryOf(String hostAndRest) {
    String rest = hostAndRest.replaceFirst("^[^/?#]*", "");
    if (rest.length() >= SHORTEST_PART) {
      texts.add(rest);
    }
    String[] parts = rest.split("\\?", 2);
    if (parts[0].length() >= SHORTEST_PART) {
      texts.add(parts[0]);
    }
    if (parts.length > 1) {
      Stream.of(parts[1].split("&"))
          .filter(parameter -> parameter.length() >= SHORTEST)
          .forEach(this::add);
    }
  }

  private void add(String text) {
    texts.add(text);
    texts.add(URLEncoder.encode(text, StandardCharsets.UTF_8));
    texts.add(URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20"));
    texts.add(base64(text));
    try {
      String decoded = URLDecoder.decode(text, StandardCharsets.UTF_8);
      if (decoded.length() >= SHORTEST) {
        texts.add(decoded);
        texts.add(decoded.replace(' ', '+'));
      }
    } catch (IllegalArgumentException e) {
      // it is not encoded
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
