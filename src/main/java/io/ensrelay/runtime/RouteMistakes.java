package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FailureText;
import io.ensrelay.check.RouteCheck;
import io.ensrelay.check.RouteFailure;
import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Says what is wrong with a file, before its routes are built or after that failed. */
final class RouteMistakes {
  private static final Pattern PLACE = Pattern.compile("^(.*?)(?:, line (\\d+))?: (.*)$");
  private static final Pattern NAME =
      Pattern.compile("(?:the destination|the id|the bean|registry for:) ([\\w.-]+)");

  private final RouteCheck check;

  RouteMistakes(Settings settings) {
    check = new RouteCheck(settings, () -> RouteContext.eventTypes(settings));
  }

  /**
   * A mistake in a file.
   *
   * @param line from 1; empty: it is not known
   */
  record Mistake(Optional<Integer> line, String text) {}

  /** The mistakes that show without building the routes. */
  List<Mistake> of(Path file) {
    return check.of(file).stream()
        .filter(io.ensrelay.check.Mistake::isFailure)
        .map(found -> new Mistake(Optional.of(found.line()), found.text()))
        .toList();
  }

  /**
   * Why routes did not start.
   *
   * @param changed the file that was changed
   * @param files what was to begin, with those that use that file
   * @param isBack whether the routes before it run again
   */
  List<Mistake> of(Path changed, Exception failure, List<RouteFile> files, boolean isBack) {
    String names =
        files.stream()
            .map(file -> file.location().replace(",", "?"))
            .collect(Collectors.joining(","));
    Optional<ConfigurationException> known =
        new RouteFailure(new RoutePatterns(names)).problem(failure);
    Mistake mistake =
        known
            .map(problem -> placed(changed, problem.getMessage()))
            .orElseGet(() -> new Mistake(Optional.empty(), FailureText.line(failure)));
    Optional<Integer> line = mistake.line().or(() -> line(mistake.text(), files));
    String more = isBack ? "" : "; what ran before does not start again either";
    return List.of(new Mistake(line, mistake.text() + more));
  }

  /** A place in another file stays in the text. */
  private static Mistake placed(Path file, String text) {
    Matcher place = PLACE.matcher(text);
    return place.matches() && place.group(1).equals(file.toString())
        ? new Mistake(Optional.ofNullable(place.group(2)).map(Integer::valueOf), place.group(3))
        : new Mistake(Optional.empty(), text);
  }

  private static Optional<Integer> line(String text, List<RouteFile> files) {
    Matcher name = NAME.matcher(text);
    return name.find()
        ? files.stream()
            .flatMap(
                file ->
                    file
                        .line(
                            Pattern.compile(
                                "(id|name|destination|ref):\\s*[\"']?\\Q"
                                    + name.group(1)
                                    + "\\E[\"']?\\s*(#.*)?$"))
                        .stream())
            .findFirst()
        : Optional.empty();
  }
}
