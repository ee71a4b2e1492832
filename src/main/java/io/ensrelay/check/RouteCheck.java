package io.ensrelay.check;

import io.ensrelay.base.Meters;
import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Settings;
import io.ensrelay.config.TenantFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Finds mistakes in route files and kamelets without starting a route: what Camel would refuse, and
 * what it would accept without doing what is written. {@code run}, live reload and {@code check}
 * say these mistakes in the same words.
 *
 * <p>A route that its precondition switches off is checked as YAML only, and a shipped file that
 * nobody changed not at all. Connects to nothing. Each call reads the files again. Threads: one at
 * a time.
 */
public final class RouteCheck {
  /** The file in the data directory with the contents that an earlier start found good. */
  public static final String GOOD_FILES = "routes.checked";

  private final Settings settings;
  private final RoutePatterns patterns;
  private final Supplier<Set<String>> eventTypes;
  private final Optional<Path> goodFiles;

  /**
   * Makes a check that looks at each file and writes nothing.
   *
   * @param settings already checked; they name the route files and the folders of the kamelets
   * @param eventTypes metadata keys and event types of the service, none if they are not known;
   *     asked when a destination names some
   */
  public RouteCheck(Settings settings, Supplier<Set<String>> eventTypes) {
    this(settings, eventTypes, Optional.empty());
  }

  /**
   * Makes a check that looks less closely at files that it found good before.
   *
   * @param goodFiles where to keep which ones
   */
  public RouteCheck(Settings settings, Supplier<Set<String>> eventTypes, Optional<Path> goodFiles) {
    this.settings = settings;
    patterns = new RoutePatterns(settings);
    this.eventTypes = eventTypes;
    this.goodFiles = goodFiles;
  }

  /** Returns the mistakes of all route files and kamelets, by file and line. */
  public List<Mistake> all() {
    Kamelets kamelets = new Kamelets(settings);
    List<Path> wanted =
        Stream.concat(patterns.files().stream(), kamelets.files().stream()).toList();
    List<Mistake> found = new ArrayList<>();
    // these fit together
    if (!wanted.stream().allMatch(GoodFiles::isShipped)) {
      found.addAll(mistakes(kamelets, wanted));
    }
    found.addAll(UnreadFiles.mistakes(patterns, kamelets));
    return found;
  }

  /**
   * Returns the mistakes of one route file or kamelet, which the settings need not name, together
   * with the other files.
   */
  public List<Mistake> of(Path file) {
    return mistakes(new Kamelets(settings), List.of(file));
  }

  private List<Mistake> mistakes(Kamelets kamelets, List<Path> wanted) {
    Map<Path, RouteText.Loaded> routes = new LinkedHashMap<>();
    Stream.concat(patterns.files().stream(), wanted.stream())
        .filter(file -> !Kamelets.isOne(file))
        .forEach(file -> routes.computeIfAbsent(file, RouteText::read));
    GoodFiles good = new GoodFiles(goodFiles);
    Placeholders placeholders = new Placeholders(settings);
    Map<Path, List<Mistake>> found = new LinkedHashMap<>();
    wanted.forEach(file -> found.put(file, new ArrayList<>()));
    Set<String> beans = beans(routes.values());
    try (FileCheck check =
        new FileCheck(kamelets, placeholders, beans, eventTypes, this::tenants, good)) {
      for (Path file : wanted) {
        found
            .get(file)
            .addAll(
                routes.containsKey(file)
                    ? check.route(routes.get(file))
                    : check.kamelet(kamelets.of(file), isUsed(file, routes.values())));
      }
      DuplicateCheck duplicates = new DuplicateCheck();
      routes.values().stream()
          .flatMap(route -> check.running(route).stream())
          .forEach(route -> duplicates.add(route, placeholders));
      duplicates.check(file -> found.getOrDefault(file, new ArrayList<>()));
      if (!beans.contains(BeanCheck.ANY)) {
        links(routes, check, placeholders, found);
      }
    }
    good.save();
    return found.values().stream()
        .flatMap(each -> each.stream().distinct().sorted(Comparator.comparingInt(Mistake::line)))
        .toList();
  }

  private static void links(
      Map<Path, RouteText.Loaded> routes,
      FileCheck check,
      Placeholders placeholders,
      Map<Path, List<Mistake>> found) {
    LinkCheck links = new LinkCheck(placeholders);
    routes.values().forEach(route -> route.content().ifPresent(links::add));
    routes.forEach(
        (file, route) -> {
          if (found.containsKey(file) && !GoodFiles.isShipped(route)) {
            check.running(route).forEach(each -> links.check(each, found.get(file)::add));
          }
        });
  }

  private Set<String> tenants() {
    TenantFolder folder = new TenantFolder(settings);
    return folder.isUsed() ? Set.copyOf(folder.names()) : Set.of();
  }

  /** Camel reads only kamelets that a route or another kamelet uses. */
  private static boolean isUsed(Path kamelet, Collection<RouteText.Loaded> routes) {
    String name = Kamelets.name(kamelet);
    return routes.stream().anyMatch(route -> route.text().contains("kamelet:" + name));
  }

  /** Names of the beans of all files and of the settings. */
  private Set<String> beans(Collection<RouteText.Loaded> routes) {
    Set<String> names = new HashSet<>(Set.of(Meters.NAME));
    if (settings.get("camel.main.basePackageScan").isPresent()
        || settings.get("camel.main.configurationClasses").isPresent()) {
      names.add(BeanCheck.ANY);
    }
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
