package io.ensrelay.runtime;

import io.ensrelay.delivery.RouteProblems;
import io.ensrelay.runtime.WatchedFiles.Content;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts changes of destinations and kamelets into effect while the relay runs. A file counts when it
 * has been the same for a second; then it is checked, and its routes are exchanged. A mistake
 * changes nothing and is shown until it is corrected. A change of any other file is reported: it
 * needs a restart.
 *
 * <p>Threads: one of its own.
 */
final class RouteWatch extends FileWatch {
  private static final Logger LOG = LoggerFactory.getLogger(RouteWatch.class);
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final WatchedFiles files;
  private final LiveRoutes live;
  private final RouteMistakes mistakes;
  private final PendingProblems problems;
  private final RestartNeeded restart;

  /** Destinations and kamelets in effect. */
  private final Map<Path, RouteFile> running = new TreeMap<>();

  private final Map<Path, Seen> seen = new HashMap<>();

  /** Contents that were tried without success. */
  private final Map<Path, Optional<Content>> tried = new HashMap<>();

  private long triedAt;

  /**
   * The content of a file at the last look.
   *
   * @param content empty: it does not exist
   * @param since nanoTime of the first look that found this
   */
  private record Seen(Optional<Content> content, long since) {}

  /** A file whose content is not in effect. */
  private record Change(Path path, Optional<Content> content) {
    Optional<RouteFile> file() {
      return content.map(text -> new RouteFile(path, text.text()));
    }
  }

  /**
   * @param atStart the files by which the routes were started
   * @param ofTenants keys of the settings whose changes another watch puts into effect
   */
  RouteWatch(
      WatchedFiles files,
      Map<Path, Content> atStart,
      LiveRoutes live,
      RouteMistakes mistakes,
      RouteProblems shown,
      Predicate<String> ofTenants) {
    super("route-watch");
    this.files = files;
    this.live = live;
    this.mistakes = mistakes;
    problems = new PendingProblems(shown);
    restart = new RestartNeeded(atStart, ofTenants);
    atStart.forEach(
        (path, content) -> {
          RouteFile file = new RouteFile(path, content.text());
          if (restart.isLive(path, Optional.of(content))) {
            running.put(path, file);
          }
        });
  }

  @Override
  void failed(RuntimeException failure) {
    LOG.warn("The route files can't be watched, trying again", failure);
  }

  /** Looks at the files once, and puts their changes into effect as far as possible. */
  @Override
  void look() throws InterruptedException {
    Map<Path, Content> now;
    try {
      now = files.read();
    } catch (IOException e) {
      folderIsAway(e);
      return;
    }
    Set<Path> paths = new TreeSet<>(now.keySet());
    paths.addAll(running.keySet());
    paths.addAll(restart.files());
    List<Change> changes = new ArrayList<>();
    for (Path path : paths) {
      Optional<Content> content = Optional.ofNullable(now.get(path));
      if (isInEffect(path, content)) {
        seen.remove(path);
        tried.remove(path);
        problems.clear(path);
        restart.clear(path);
      } else if (isQuiet(path, content)) {
        changes.add(new Change(path, content));
      }
    }
    problems.keep(paths);
    change(changes);
    problems.show(restart.told());
  }

  /** The existing files are unknown then, so none counts as gone. */
  private void folderIsAway(IOException e) {
    Path folder = Path.of(String.valueOf(e.getMessage()));
    Content why = Content.unreadable("can't be read: the routes go on as they are");
    if (isQuiet(folder, Optional.of(why))) {
      problems.put(folder, unreadable(folder, why.problem().get()));
      problems.show(restart.told());
    }
  }

  private boolean isInEffect(Path path, Optional<Content> content) {
    RouteFile file = running.get(path);
    if (file != null) {
      return content
          .filter(now -> now.problem().isEmpty() && now.text().equals(file.text()))
          .isPresent();
    }
    return restart.isAtStart(path, content);
  }

  private boolean isQuiet(Path path, Optional<Content> content) {
    Seen before = seen.get(path);
    if (before == null || !before.content().equals(content)) {
      seen.put(path, new Seen(content, System.nanoTime()));
      return false;
    }
    return System.nanoTime() - before.since() >= QUIET_NANOS;
  }

  private void change(List<Change> changes) throws InterruptedException {
    List<Change> ours = new ArrayList<>();
    for (Change change : changes) {
      boolean wasOurs =
          running.containsKey(change.path()) || !restart.files().contains(change.path());
      if (wasOurs && restart.isLive(change.path(), change.content())) {
        restart.clear(change.path());
        ours.add(change);
      } else {
        problems.clear(change.path());
        restart.tell(change.path(), change.content());
      }
    }
    boolean isNew = ours.stream().anyMatch(each -> !each.content().equals(tried.get(each.path())));
    boolean isDue =
        System.nanoTime() - triedAt > RETRY_NANOS
            && ours.stream()
                .anyMatch(each -> each.content().isPresent() && !running.containsKey(each.path()));
    if (isNew || isDue) {
      triedAt = System.nanoTime();
      ours.forEach(each -> tried.put(each.path(), each.content()));
      exchange(ours.stream().filter(this::hasNoMistake).toList());
    }
  }

  private boolean hasNoMistake(Change change) {
    List<RouteProblems.Problem> found =
        change
            .content()
            .map(
                content ->
                    content
                        .problem()
                        .map(why -> unreadable(change.path(), why))
                        .orElseGet(() -> mistakes.of(change.path())))
            .orElse(List.of());
    if (!found.isEmpty()) {
      problems.put(change.path(), found);
    }
    return found.isEmpty();
  }

  private static List<RouteProblems.Problem> unreadable(Path path, String why) {
    return List.of(RouteProblems.Problem.now(path, Optional.empty(), why));
  }

  /** Exchanges all at once, because one may need another; if that fails, each on its own. */
  private void exchange(List<Change> changes) throws InterruptedException {
    if (changes.isEmpty() || exchanged(changes, changes.size() == 1) || changes.size() == 1) {
      return;
    }
    List<Change> failed = new ArrayList<>();
    for (Change change : changes) {
      if (!exchanged(List.of(change), true)) {
        failed.add(change);
      }
    }
    if (failed.size() < changes.size()) {
      // they may need a file that is in effect now
      failed.forEach(change -> tried.remove(change.path()));
    }
  }

  private boolean exchanged(List<Change> changes, boolean tells) throws InterruptedException {
    List<RouteFile> begin = changes.stream().flatMap(each -> each.file().stream()).toList();
    List<RouteFile> end =
        changes.stream()
            .map(each -> running.get(each.path()))
            .filter(file -> file != null)
            .collect(Collectors.toCollection(ArrayList::new));
    List<RouteFile> others = dependents(begin, end);
    end.addAll(others);
    List<RouteFile> all = new ArrayList<>(begin);
    all.addAll(others);
    try {
      live.exchange(end, all);
    } catch (LiveRoutes.ChangeFailedException e) {
      if (!e.isBack()) {
        end.forEach(file -> running.remove(file.path()));
      }
      if (tells) {
        Path path = changes.get(0).path();
        problems.put(path, mistakes.of(path, e, all, e.isBack()));
      }
      LOG.debug("not exchanged", e);
      return false;
    }
    end.forEach(file -> running.remove(file.path()));
    all.forEach(file -> running.put(file.path(), file));
    changes.forEach(change -> problems.clear(change.path()));
    LOG.info("{}", said(changes, others));
    return true;
  }

  private static String said(List<Change> changes, List<RouteFile> others) {
    String each =
        changes.stream()
            .map(change -> change.path() + (change.content().isEmpty() ? " (removed)" : ""))
            .collect(Collectors.joining(", "));
    return "In effect: "
        + each
        + (others.isEmpty()
            ? ""
            : ", also for "
                + others.stream()
                    .map(file -> file.path().toString())
                    .collect(Collectors.joining(", ")));
  }

  /** The running files that use one of these, or one that uses it. */
  private List<RouteFile> dependents(Collection<RouteFile> begin, Collection<RouteFile> end) {
    List<RouteFile> changed = new ArrayList<>(begin);
    changed.addAll(end);
    List<RouteFile> found = new ArrayList<>();
    boolean more = true;
    while (more) {
      List<RouteFile> next =
          running.values().stream()
              .filter(file -> changed.stream().noneMatch(other -> other.path().equals(file.path())))
              .filter(file -> changed.stream().anyMatch(file::uses))
              .toList();
      found.addAll(next);
      changed.addAll(next);
      more = !next.isEmpty();
    }
    return found;
  }
}
