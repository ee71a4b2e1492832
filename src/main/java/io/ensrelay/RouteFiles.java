package io.ensrelay;

import jakarta.jms.InvalidSelectorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.component.kamelet.FailedToCreateKameletException;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * Tells which file of the folder {@code routes} a start failed for: Camel names the file and the
 * line of what is no YAML, but only the route or the kamelet of what comes later.
 */
final class RouteFiles {
  private static final String REMEDY = "correct the file";
  private static final Pattern WRONG = Pattern.compile("^(\\w+)=([^:]*): ");
  private static final Pattern MISSING_KAMELET =
      Pattern.compile("Resource not found: \\S*?([^/\\s]+)\\.kamelet\\.yaml");
  private static final Pattern DUPLICATES =
      Pattern.compile("(Duplicate route ids detected: ([^,\\s]+?))(?:\\.? Please.*|,.*|$)");

  private final Path folder;

  RouteFiles(Path folder) {
    this.folder = folder;
  }

  /**
   * @throws ConfigurationException when there is no route file to start with
   */
  void requireSome() {
    if (yaml().isEmpty()) {
      throw new ConfigurationException(
          folder.toString(),
          "there is no *.camel.yaml in it",
          "put the route files back, or remove the folder to run with the built-in ones");
    }
  }

  /** What is wrong in which file; empty when the failure has another cause. */
  Optional<ConfigurationException> problem(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Optional<ConfigurationException> problem = explain(cause);
      if (problem.isPresent()) {
        return problem;
      }
    }
    return Optional.empty();
  }

  private Optional<ConfigurationException> explain(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    if (cause instanceof MarkedYamlEngineException yaml && yaml.getProblemMark().isPresent()) {
      Mark place = yaml.getProblemMark().get();
      String file = place.getName().replaceFirst("^file:", "");
      return problem(file + ", line " + (place.getLine() + 1), yaml.getProblem());
    }
    Matcher duplicates = DUPLICATES.matcher(message);
    if (duplicates.find()) {
      return problem(withRoute(duplicates.group(2)), duplicates.group(1));
    }
    Matcher kamelet = MISSING_KAMELET.matcher(message);
    if (kamelet.find()) {
      String name = kamelet.group(1);
      return problem(with("kamelet:" + Pattern.quote(name) + "\\b"), "no kamelet " + name);
    }
    if (cause instanceof FailedToCreateRouteException route && route.getRouteId() != null) {
      return problem(withRoute(route.getRouteId()), Failure.line(cause));
    }
    if (cause instanceof FailedToCreateKameletException) {
      return problem(with("kamelet:"), Failure.line(cause));
    }
    if (cause instanceof IllegalArgumentException && WRONG.matcher(message).find()) {
      return problem(yaml(), message);
    }
    if (cause instanceof InvalidSelectorException) {
      return problem(with("\\bselector:"), Failure.line(cause));
    }
    return Optional.empty();
  }

  private Optional<ConfigurationException> problem(List<Path> files, String what) {
    List<Path> narrowed =
        files.size() == 1 ? files : narrow(files.isEmpty() ? yaml() : files, what);
    String names = narrowed.stream().map(Path::toString).collect(Collectors.joining(" or "));
    return problem(names.isEmpty() ? folder.toString() : names, what);
  }

  private static Optional<ConfigurationException> problem(String where, String what) {
    return Optional.of(new ConfigurationException(where, what.strip(), REMEDY));
  }

  /** By the parameter that the message is about: {@code lanes=999: ...}, or one that is missing. */
  private static List<Path> narrow(List<Path> files, String message) {
    Matcher wrong = WRONG.matcher(message);
    if (wrong.find()) {
      return files.stream().filter(file -> has(file, wrong.group(1), wrong.group(2))).toList();
    }
    Matcher missing = Pattern.compile("must be provided: (\\w+)").matcher(message);
    return missing.find()
        ? files.stream().filter(file -> !has(file, missing.group(1), "")).toList()
        : files;
  }

  private static boolean has(Path file, String parameter, String value) {
    String regex = "\\b" + parameter + ":\\s*[\"']?" + Pattern.quote(value);
    return Pattern.compile(regex).matcher(text(file)).find();
  }

  private List<Path> withRoute(String id) {
    return with("\\bid:\\s*[\"']?" + Pattern.quote(id) + "[\"']?\\s");
  }

  private List<Path> with(String regex) {
    Pattern pattern = Pattern.compile(regex);
    return yaml().stream().filter(file -> pattern.matcher(text(file)).find()).toList();
  }

  private List<Path> yaml() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".camel.yaml")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
