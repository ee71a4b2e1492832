package io.ensrelay.check;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.camel.tooling.model.ComponentModel;
import org.apache.camel.tooling.model.JsonMapper;

/**
 * What the class path holds of Camel: components with their options, languages, data formats. The
 * options come from the description in JSON that each component's jar holds, so that a jar in
 * {@code lib/} counts too. Threads: one at a time.
 */
final class ComponentCatalog {
  private static final String SERVICES = "META-INF/services/org/apache/camel/";

  private final ClassLoader loader = ComponentCatalog.class.getClassLoader();
  private final Map<String, Optional<ComponentModel>> models = new HashMap<>();

  boolean hasComponent(String scheme) {
    return has("component/" + scheme);
  }

  boolean hasLanguage(String name) {
    return has("language/" + name);
  }

  boolean hasDataFormat(String name) {
    return has("dataformat/" + name);
  }

  private boolean has(String service) {
    return loader.getResource(SERVICES + service) != null;
  }

  boolean hasClass(String name) {
    return loader.getResource(name.replace('.', '/') + ".class") != null || isOfJava(name);
  }

  private static boolean isOfJava(String name) {
    return ClassLoader.getPlatformClassLoader().getResource(name.replace('.', '/') + ".class")
        != null;
  }

  /** Returns the options of a component; empty if it is not here or does not describe itself. */
  Optional<ComponentModel> component(String scheme) {
    return models.computeIfAbsent(scheme, this::read);
  }

  private Optional<ComponentModel> read(String scheme) {
    URL service = loader.getResource(SERVICES + "component/" + scheme);
    if (service == null) {
      return Optional.empty();
    }
    Properties named = new Properties();
    try (InputStream in = service.openStream()) {
      named.load(in);
      String type = named.getProperty("class", "");
      String folder = type.substring(0, Math.max(0, type.lastIndexOf('.'))).replace('.', '/');
      return json("META-INF/" + folder + "/" + scheme + ".json")
          .map(JsonMapper::generateComponentModel);
    } catch (IOException e) {
      throw new UncheckedIOException(scheme, e);
    }
  }

  private Optional<String> json(String resource) throws IOException {
    try (InputStream in = loader.getResourceAsStream(resource)) {
      return in == null
          ? Optional.empty()
          : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
