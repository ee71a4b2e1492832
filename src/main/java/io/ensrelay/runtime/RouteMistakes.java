package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FailureText;
import io.ensrelay.check.Mistake;
import io.ensrelay.check.RouteCheck;
import io.ensrelay.check.RouteFailure;
import io.ensrelay.config.RoutePatterns;
import io.ensrelay.config.Settings;
import io.ensrelay.delivery.RouteProblems.Problem;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Finds the mistakes of a file, before its routes are built or after the building failed. */
final class RouteMistakes {
  private static final Pattern PLACE = Pattern.compile("^(.*?)(?:, line (\\d+))?: (.*)$");
  private static final Pattern NAME =
      Pattern.compile("(?:the destination|the id|the bean|registry for:) ([\\w.-]+)");

  private final RouteCheck check;

  RouteMistakes(Settings settings) {
    check = new RouteCheck(settings, () -> RouteContext.eventTypes(settings));
  }

  /** The mistakes that show without building the routes. */
  List<Problem> of(Path file) {
    return check.of(file).stream()
        .filter(Mistake::isFailure)
        .map(found -> Problem.now(file, Optional.of(found.line()), found.text()))
        .toList();
  }

  /**
   * Why routes did not start.
   *
   * @param changed the file that was changed
   * @param files those whose routes were to start, with those that use the changed file
   * @param isBack whether the routes before it run again
   */
  List<Problem> of(Path changed, Exception failure, List<RouteFile> files, boolean isBack) {
    String names =
        files.stream()
            .map(file -> file.location().replace(",", "?"))
            .collect(Collectors.joining(","));
    Optional<ConfigurationException> known =
        new RouteFailure(new RoutePatterns(names)).problem(failure);
    Problem problem =
        known
            .map(why -> placed(changed, why.getMessage()))
            .orElseGet(() -> Problem.now(changed, Optional.empty(), FailureText.line(failure)));
    Optional<Integer> line = problem.line().or(() -> line(problem.text(), files));
    String more = isBack ? "" : "; what ran before does not start again either";
    return List.of(Problem.now(changed, line, problem.text() + more));
  }

  /** A place in another file stays in the text. */
  private static Problem placed(Path file, String text) {
    Matcher place = PLACE.matcher(text);
    return place.matches() && place.group(1).equals(file.toString())
        ? Problem.now(
            file, Optional.ofNullable(place.group(2)).map(Integer::valueOf), place.group(3))
        : Problem.now(file, Optional.empty(), text);
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
