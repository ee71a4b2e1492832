package io.ensrelay.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * A tenant whose events the relay takes. Immutable.
 *
 * @param name in each event's source and in file names
 * @param suffix what the names of its routes and beans end with: empty if the relay has one tenant,
 *     otherwise a dot and the name
 * @param settings its own: {@code ens.tenant} is its name, {@code ens.data.dir} the folder for what
 *     the relay remembers of it
 */
public record Tenant(String name, String suffix, Settings settings) {
  /** Stands in route files that are used once for each tenant. */
  public static final String PLACE = "{{suffix}}";

  private static final String FOLDER = "tenants";

  /** The only tenant of a relay without a folder of tenants. */
  static Tenant only(Settings settings) {
    return new Tenant(settings.get("ens.tenant").orElse("default"), "", settings);
  }

  /** One of several. */
  static Tenant of(String name, Settings settings) {
    Path data = Path.of(settings.get("ens.data.dir").orElse("data"));
    return new Tenant(
        name,
        "." + name,
        settings
            .with("ens.tenant", name)
            .with("ens.data.dir", data.resolve(FOLDER).resolve(name).toString()));
  }

  /** Returns the text of a route file as this tenant uses it. */
  public String fill(String text) {
    return text.replace(PLACE, suffix);
  }

  /** Returns the name of a bean or a route of this tenant, such as {@code ensSession.acme}. */
  public String own(String bean) {
    return bean + suffix;
  }

  /** Where the relay keeps what it remembers of this tenant. */
  public Path directory() {
    return Path.of(settings.get("ens.data.dir").orElse("data"));
  }

  /** The settings that concern the tenant alone, with the values in effect: often secrets. */
  public Map<String, String> own() {
    Map<String, String> own = new TreeMap<>();
    KnownKeys.inOrder().stream()
        .filter(KnownKeys::isOfTenant)
        .forEach(key -> settings.get(key).ifPresent(value -> own.put(key, value)));
    return own;
  }

  /** Whether the other one has the same name and the same settings of its own. */
  public boolean isSame(Tenant other) {
    return name.equals(other.name()) && own().equals(other.own());
  }

  /** Hides the values. */
  @Override
  public String toString() {
    return name;
  }
}
