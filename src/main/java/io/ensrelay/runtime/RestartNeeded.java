package io.ensrelay.runtime;

import io.ensrelay.runtime.WatchedFiles.Content;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files whose changes need a restart: the settings, the route files of the stages, and a
 * destination's file with a part that affects other files. Tells each changed content once in the
 * log. Threads: one.
 */
final class RestartNeeded {
  private static final Logger LOG = LoggerFactory.getLogger(RestartNeeded.class);
  private static final int MOST_KEYS = 5;

  /** The files at the start. */
  private final Map<Path, Content> atStart = new TreeMap<>();

  private final Map<Path, Told> told = new TreeMap<>();
  private final Predicate<String> live;

  private record Told(Optional<Content> content, String text) {}

  /**
   * @param live keys whose changes take effect without a restart
   */
  RestartNeeded(Map<Path, Content> all, Predicate<String> live) {
    this.live = live;
    all.forEach(
        (path, content) -> {
          if (!isLive(path, Optional.of(content))) {
            atStart.put(path, content);
          }
        });
  }

  Set<Path> files() {
    return atStart.keySet();
  }

  boolean isAtStart(Path file, Optional<Content> content) {
    Optional<Content> before = Optional.ofNullable(atStart.get(file));
    return before.equals(content) || isLiveChange(file, before, content);
  }

  private boolean isLiveChange(Path file, Optional<Content> before, Optional<Content> now) {
    if (!file.toString().endsWith(".properties")) {
      return false;
    }
    Set<String> keys = keys(text(before), text(now));
    return !keys.isEmpty() && keys.stream().allMatch(live);
  }

  /** Whether such a file can be put into effect in a running relay. */
  boolean isLive(Path file, Optional<Content> content) {
    boolean isPlace =
        file.toString().endsWith(RouteFile.KAMELET)
            || (file.toString().endsWith(".yaml") && isInDestinations(file));
    return isPlace && shared(file, content).isEmpty();
  }

  private static boolean isInDestinations(Path file) {
    Path folder = file.toAbsolutePath().getParent().getFileName();
    return folder != null && folder.toString().equals("destinations");
  }

  private static Optional<String> shared(Path file, Optional<Content> content) {
    return content.flatMap(text -> new RouteFile(file, text.text()).sharedPart());
  }

  void tell(Path file, Optional<Content> content) {
    Told before = told.get(file);
    if (before == null || !before.content().equals(content)) {
      String text = file + what(file, content);
      told.put(file, new Told(content, text));
      LOG.warn("{}: the change needs a restart", text);
    }
  }

  private String what(Path file, Optional<Content> content) {
    if (content.isEmpty()) {
      return " (removed)";
    }
    if (file.toString().endsWith(".properties")) {
      Set<String> keys = keys(text(Optional.ofNullable(atStart.get(file))), text(content));
      return keys.isEmpty()
          ? " (comments only)"
          : keys.stream()
              .filter(live.negate())
              .limit(MOST_KEYS)
              .collect(Collectors.joining(", ", " (", keys.size() > MOST_KEYS ? ", ...)" : ")"));
    }
    return isInDestinations(file)
        ? shared(file, content).map(part -> " (it has " + part + ")").orElse("")
        : "";
  }

  private static String text(Optional<Content> content) {
    return content.map(Content::text).orElse("");
  }

  /** The keys whose values differ; no value, which may be a secret. */
  private static Set<String> keys(String before, String now) {
    Properties old = properties(before);
    Properties given = properties(now);
    Map<Object, Object> all = new HashMap<>(old);
    all.putAll(given);
    return all.keySet().stream()
        .filter(key -> !Objects.equals(old.get(key), given.get(key)))
        .map(String::valueOf)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Properties properties(String text) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(text));
    } catch (IOException | IllegalArgumentException e) {
      LOG.debug("no properties", e);
    }
    return properties;
  }

  void clear(Path file) {
    if (told.remove(file) != null) {
      LOG.info("{} needs no restart any more", file);
    }
  }

  List<String> told() {
    return told.values().stream().map(Told::text).toList();
  }
}
