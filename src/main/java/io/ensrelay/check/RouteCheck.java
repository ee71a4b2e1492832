package io.ensrelay.check;

import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds mistakes in route files and kamelets without starting a route: what Camel would refuse, and
 * what it would accept without doing what is written. {@code run}, live reload and {@code check}
 * say these mistakes in the same words.
 *
 * <p>A route that its precondition switches off is checked as YAML only. Connects to nothing and
 * writes nothing. Each call reads the files again. Threads: one at a time.
 */
public final class RouteCheck {
  private final Settings settings;
  private final RoutePatterns patterns;

  /**
   * @param settings already checked; they name the route files and the folders of the kamelets
   */
  public RouteCheck(Settings settings) {
    this.settings = settings;
    patterns = new RoutePatterns(settings);
  }

  /** Returns the mistakes of all route files and kamelets, by file and line. */
  public List<Mistake> all() {
    List<Path> files = patterns.files();
    Kamelets kamelets = new Kamelets(settings);
    List<Path> every =
        Stream.concat(files.stream(), kamelets.all().stream().map(kamelet -> kamelet.text().file()))
            .toList();
    return mistakes(files, kamelets, every);
  }

  /** Returns the mistakes of one route file or kamelet, which the settings need not name. */
  public List<Mistake> of(Path file) {
    List<Path> files = new ArrayList<>(patterns.files());
    boolean isKamelet = file.toString().endsWith(Kamelets.ENDING);
    if (!isKamelet && !files.contains(file)) {
      files.add(file);
    }
    return mistakes(files, new Kamelets(settings), List.of(file));
  }

  private List<Mistake> mistakes(List<Path> files, Kamelets kamelets, List<Path> wanted) {
    Map<Path, RouteText.Loaded> routes = new LinkedHashMap<>();
    files.forEach(file -> routes.put(file, RouteText.read(file)));
    Placeholders placeholders = new Placeholders(settings);
    Set<String> beans = beans(routes.values().stream().toList());
    List<Mistake> found = new ArrayList<>();
    ComponentCatalog catalog = new ComponentCatalog();
    try (ExpressionCheck expressions = new ExpressionCheck(catalog)) {
      RouteWalk walk =
          new RouteWalk(new EndpointCheck(catalog, kamelets), expressions, new BeanCheck(catalog));
      RouteSchema schema = new RouteSchema();
      routes.values().stream()
          .filter(route -> wanted.contains(route.file()))
          .forEach(
              route -> {
                Scope scope = new Scope(route.file(), placeholders, beans);
                scope.mistakes().addAll(route.mistakes());
                route
                    .content()
                    .ifPresent(
                        content -> {
                          walk.check(content, scope);
                          schema.mistake(route.file(), content).ifPresent(scope.mistakes()::add);
                        });
                found.addAll(scope.mistakes());
              });
    }
    return found.stream()
        .distinct()
        .sorted(
            Comparator.comparing((Mistake each) -> each.file().toString())
                .thenComparingInt(Mistake::line))
        .toList();
  }

  /** Names of the beans of all files and of the settings. */
  private Set<String> beans(List<RouteText.Loaded> routes) {
    Set<String> names = new HashSet<>();
    routes.stream()
        .flatMap(route -> route.content().stream())
        .flatMap(content -> content.items().stream())
        .flatMap(item -> item.get("beans").stream())
        .flatMap(beans -> beans.items().stream())
        .flatMap(bean -> bean.text("name").stream())
        .forEach(names::add);
    String prefix = "camel.beans.";
    settings.asProperties().stringPropertyNames().stream()
        .filter(key -> key.startsWith(prefix))
        .map(key -> key.substring(prefix.length()).replaceFirst("[.\\[].*", ""))
        .forEach(names::add);
    return names;
  }
}
