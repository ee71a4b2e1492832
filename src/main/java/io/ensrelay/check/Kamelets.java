package io.ensrelay.check;

import io.ensrelay.config.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The kamelets of the folders that the settings name; each is read when it is needed first.
 * Threads: one at a time.
 */
final class Kamelets {
  private static final String KEY = "camel.component.kamelet.location";
  private static final String FILE = "file:";
  static final String ENDING = ".kamelet.yaml";

  private final Settings settings;
  private final Map<String, Path> files = new TreeMap<>();
  private final Map<String, Kamelet> read = new HashMap<>();
  private final boolean complete;
  private final List<Path> folders;

  /**
   * A kamelet.
   *
   * @param parameters each with its description
   * @param required parameters without a default, neither in the file nor in the settings
   * @param beans names of the template's own beans
   */
  record Kamelet(
      String name,
      RouteText.Loaded text,
      Map<String, YamlNode> parameters,
      Set<String> required,
      Set<String> beans) {

    /** Returns the keys that are settings of it, below those of the destination it is used for. */
    Set<String> settings() {
      return SETTING
          .matcher(text.text())
          .results()
          .map(key -> key.group(1))
          .collect(Collectors.toSet());
    }

    /** Whether the template takes a parameter that nobody has described. */
    boolean uses(String parameter) {
      return text.text().contains("{{" + parameter + "}}")
          || text.text().contains("{{?" + parameter + "}}")
          || text.text().contains("{{" + parameter + ":");
    }
  }

  /** Keys of a sink below {@code ens.destination.<destination>.}, as its file names them. */
  private static final Pattern SETTING =
      Pattern.compile("ens\\.destination\\.\\{\\{destination}}\\.([\\w.-]+)");

  Kamelets(Settings settings) {
    this.settings = settings;
    List<String> places =
        Stream.of(settings.get(KEY).orElse("").split(",")).map(String::strip).toList();
    complete = places.stream().allMatch(place -> place.startsWith(FILE));
    folders =
        places.stream()
            .filter(place -> place.startsWith(FILE))
            .map(place -> Path.of(place.substring(FILE.length())))
            .filter(Files::isDirectory)
            .toList();
    folders.forEach(folder -> files(folder).forEach(file -> files.putIfAbsent(name(file), file)));
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Kamelets::isOne).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the file is a kamelet by its name. */
  static boolean isOne(Path file) {
    return file.toString().endsWith(ENDING);
  }

  static String name(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.length() - ENDING.length());
  }

  /** Returns the kamelet of a file, whether or not it is in one of the folders. */
  Kamelet of(Path file) {
    String name = name(file);
    RouteText.Loaded text = RouteText.read(file);
    YamlNode root = text.content().orElse(YamlNode.list(List.of()));
    Map<String, YamlNode> properties = new TreeMap<>();
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
    return new Kamelet(name, text, properties, required, beans);
  }

  Optional<Kamelet> find(String name) {
    return Optional.ofNullable(files.get(name))
        .map(file -> read.computeIfAbsent(name, each -> of(file)));
  }

  Set<String> names() {
    return files.keySet();
  }

  /** The files, by name. */
  List<Path> files() {
    return List.copyOf(files.values());
  }

  List<Path> folders() {
    return folders;
  }

  /** Whether all places are folders, so that a kamelet that is not here is nowhere. */
  boolean areComplete() {
    return complete;
  }
}
