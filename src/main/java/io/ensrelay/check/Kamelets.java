package io.ensrelay.check;

import io.ensrelay.config.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The kamelets of the folders that the settings name. Immutable. */
final class Kamelets {
  private static final String KEY = "camel.component.kamelet.location";
  private static final String FILE = "file:";
  static final String ENDING = ".kamelet.yaml";

  private final Map<String, Kamelet> byName = new TreeMap<>();
  private final boolean complete;
  private final List<Path> folders;

  /**
   * A kamelet.
   *
   * @param required parameters without a default, neither in the file nor in the settings
   * @param beans names of the template's own beans
   */
  record Kamelet(
      String name,
      RouteText.Loaded text,
      Set<String> parameters,
      Set<String> required,
      Set<String> beans) {}

  Kamelets(Settings settings) {
    List<String> places =
        Stream.of(settings.get(KEY).orElse("").split(",")).map(String::strip).toList();
    complete = places.stream().allMatch(place -> place.startsWith(FILE));
    folders =
        places.stream()
            .filter(place -> place.startsWith(FILE))
            .map(place -> Path.of(place.substring(FILE.length())))
            .filter(Files::isDirectory)
            .toList();
    for (Path folder : folders) {
      for (Path file : files(folder)) {
        Kamelet kamelet = kamelet(file, settings);
        byName.putIfAbsent(kamelet.name(), kamelet);
      }
    }
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(ENDING)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Kamelet kamelet(Path file, Settings settings) {
    String fileName = file.getFileName().toString();
    String name = fileName.substring(0, fileName.length() - ENDING.length());
    RouteText.Loaded text = RouteText.read(file);
    YamlNode root = text.content().orElse(YamlNode.list(List.of()));
    Map<String, YamlNode> properties = new HashMap<>();
    root.at(List.of("spec", "definition", "properties"))
        .entries()
        .forEach(entry -> properties.put(entry.key(), entry.value()));
    Set<String> required =
        root.at(List.of("spec", "definition", "required")).items().stream()
            .map(YamlNode::text)
            .filter(
                each ->
                    properties.get(each) == null || properties.get(each).get("default").isEmpty())
            .filter(each -> settings.get("camel.kamelet." + name + "." + each).isEmpty())
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> beans =
        root.at(List.of("spec", "template", "beans")).items().stream()
            .flatMap(bean -> bean.text("name").stream())
            .collect(Collectors.toSet());
    return new Kamelet(name, text, new TreeSet<>(properties.keySet()), required, beans);
  }

  Optional<Kamelet> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  Set<String> names() {
    return new HashSet<>(byName.keySet());
  }

  List<Kamelet> all() {
    return List.copyOf(byName.values());
  }

  List<Path> folders() {
    return folders;
  }

  /** Whether all places are folders, so that a kamelet that is not here is nowhere. */
  boolean areComplete() {
    return complete;
  }
}
