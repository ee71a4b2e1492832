package io.ensrelay.runtime;

import io.ensrelay.delivery.RouteProblems;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mistakes that live editing has found, each told once in the log. Threads: one. */
final class PendingProblems {
  private static final Logger LOG = LoggerFactory.getLogger(PendingProblems.class);

  /** Most mistakes shown for a file. */
  private static final int MOST = 10;

  private final Map<Path, List<RouteProblems.Problem>> byFile = new TreeMap<>();
  private final RouteProblems shown;

  PendingProblems(RouteProblems shown) {
    this.shown = shown;
  }

  /** Replaces the known mistakes of the file. */
  void put(Path file, List<RouteProblems.Problem> mistakes) {
    List<RouteProblems.Problem> before = byFile.getOrDefault(file, List.of());
    List<RouteProblems.Problem> now =
        mistakes.stream().limit(MOST).map(each -> known(each, before)).toList();
    byFile.put(file, now);
    now.stream()
        .filter(each -> !before.contains(each))
        .forEach(each -> LOG.warn("Change not in effect: {}", each));
  }

  /** The known problem with the time when it was found, if there is one; else the new one. */
  private static RouteProblems.Problem known(
      RouteProblems.Problem now, List<RouteProblems.Problem> before) {
    return before.stream()
        .filter(each -> each.text().equals(now.text()) && each.line().equals(now.line()))
        .findFirst()
        .orElse(now);
  }

  void clear(Path file) {
    if (byFile.remove(file) != null) {
      LOG.info("{} has no mistake any more", file);
    }
  }

  /** Forgets files that are neither there nor in effect. */
  void keep(Set<Path> files) {
    List.copyOf(byFile.keySet()).stream()
        .filter(file -> !files.contains(file))
        .forEach(this::clear);
  }

  void show(List<String> restartNeeded) {
    List<RouteProblems.Problem> all = byFile.values().stream().flatMap(List::stream).toList();
    shown.become(new RouteProblems.State(all, restartNeeded));
  }
}
