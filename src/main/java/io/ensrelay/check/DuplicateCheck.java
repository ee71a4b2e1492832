package io.ensrelay.check;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Finds names that two routes or steps of all files share. Threads: one. */
final class DuplicateCheck {
  private final Map<String, List<Place>> places = new LinkedHashMap<>();

  private record Place(Path file, int line) {
    @Override
    public String toString() {
      return file + ", line " + line;
    }
  }

  /** Notes the names of a route; one that is switched off must be left out. */
  void add(RouteBlock route, Placeholders placeholders) {
    note("id", route.node(), route.file(), placeholders);
    route.steps().forEach(step -> note("id", step.value(), route.file(), placeholders));
    route
        .source(placeholders)
        .flatMap(source -> source.option("destination"))
        .ifPresent(
            name ->
                note(
                    "destination " + placeholders.resolve(name.value()),
                    route.file(),
                    name.line()));
  }

  private void note(String key, YamlNode node, Path file, Placeholders placeholders) {
    node.get(key)
        .filter(YamlNode::isText)
        .ifPresent(id -> note("id " + placeholders.resolve(id.text()), file, id.line()));
  }

  private void note(String what, Path file, int line) {
    places.computeIfAbsent(what, each -> new ArrayList<>()).add(new Place(file, line));
  }

  /** Reports each repeated name once in each of the files. */
  void check(Function<Path, List<Mistake>> mistakesOf) {
    places.forEach(
        (what, all) -> {
          for (int i = 1; i < all.size(); i++) {
            report(what, all.get(i), all.get(0), mistakesOf);
            if (!all.get(i).file().equals(all.get(0).file())) {
              report(what, all.get(0), all.get(i), mistakesOf);
            }
          }
        });
  }

  private static void report(
      String what, Place here, Place other, Function<Path, List<Mistake>> mistakesOf) {
    mistakesOf
        .apply(here.file())
        .add(
            Mistake.failed(
                here.file(),
                here.line(),
                "the " + what + " is also in " + other,
                "rename one of them"));
  }
}
