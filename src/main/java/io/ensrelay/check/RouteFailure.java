package io.ensrelay.check;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.base.FailureText;
import io.ensrelay.base.Redaction;
import io.ensrelay.config.RoutePatterns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.component.kamelet.FailedToCreateKameletException;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * Finds the route file that made a start fail. Camel names file and line of a YAML syntax error,
 * but for later errors only the route or the kamelet.
 */
public final class RouteFailure {
  private static final String REMEDY = "correct the file";
  private static final Pattern WRONG = Pattern.compile("^(\\w+)=([^:]*): ");

  /** How Camel and Java quote what stands in a file. */
  private static final Pattern QUOTED =
      Pattern.compile(
          "For input string: \"(.+?)\"|Method with name: (\\S+) not found|Unsupported field: (\\S+)"
              + "|Property with key \\[(.+?)] not found|Unknown parameters=\\[\\{(\\w+)=");

  private static final Pattern MISSING_COMPONENT =
      Pattern.compile(
          "No component found with scheme: ([\\w.+-]+)"
              + "|No endpoint could be found for: ([\\w.+-]+):");
  private static final Pattern MISSING_KAMELET =
      Pattern.compile("Resource not found: \\S*?([^/\\s]+)\\.kamelet\\.yaml");
  private static final Pattern EMPTY = Pattern.compile("^Resource is empty: (?:file:)?(.*)$");
  private static final Pattern MISSING_KEY =
      Pattern.compile("^Property with key \\[(.+?)] not found");
  private static final Pattern FAILED_TO_START =
      Pattern.compile(
          "Failed to start route: (\\S+) because: "
              + "((?:Duplicate id detected|Multiple consumers).*?)(?:\\.? Please.*)?$");
  private static final Pattern CAMEL_KEY = Pattern.compile("\\((camel\\.[^=]+)=");
  private static final Pattern PARAMETER =
      Pattern.compile("((?:[?&{(]|, )\\w+)=(?!\\{\\{)[^&,}\\s\\]]*");
  private static final Pattern DUPLICATES =
      Pattern.compile("(Duplicate route ids detected: ([^,\\s]+?))(?:\\.? Please.*|,.*|$)");

  private final RoutePatterns patterns;

  public RouteFailure(RoutePatterns patterns) {
    this.patterns = patterns;
  }

  /** Returns the error and its file; empty if the failure has another cause. */
  public Optional<ConfigurationException> problem(Throwable failure) {
    Optional<ConfigurationException> component = missingComponent(failure);
    if (component.isPresent()) {
      return component;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConfigurationException setting) {
        // a bean of a route names the key better than the route's file
        return Optional.of(setting);
      }
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Optional<ConfigurationException> problem = explain(cause);
      if (problem.isPresent()) {
        return problem;
      }
    }
    return Optional.empty();
  }

  /** An endpoint whose component is neither in the jar nor in {@code lib/}. */
  private Optional<ConfigurationException> missingComponent(Throwable failure) {
    List<Path> files = List.of();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof FailedToCreateRouteException route && route.getRouteId() != null) {
        files = withRoute(route.getRouteId());
      }
      Matcher missing = MISSING_COMPONENT.matcher(String.valueOf(cause.getMessage()));
      if (missing.find()) {
        String scheme = missing.group(missing.group(1) != null ? 1 : 2);
        Pattern used = Pattern.compile(":\\s*[\"']?" + Pattern.quote(scheme) + "(?=[:\"'\\s}]|$)");
        return Optional.of(
            new ConfigurationException(
                where(files, used),
                "no component " + scheme,
                "correct it, or get it by: ens-relay add camel:" + scheme));
      }
    }
    return Optional.empty();
  }

  /** The file and the line, as far as it is known which. */
  private String where(List<Path> files, Pattern pattern) {
    List<Path> all = files.isEmpty() ? patterns.files() : files;
    List<String> places = all.stream().flatMap(file -> lineWith(pattern, file).stream()).toList();
    return places.isEmpty() ? names(all) : places.get(0);
  }

  /** The first line that is no comment and has it. */
  private static Optional<String> lineWith(Pattern pattern, Path file) {
    List<String> lines = text(file).lines().toList();
    return IntStream.range(0, lines.size())
        .filter(i -> !lines.get(i).strip().startsWith("#"))
        .filter(i -> pattern.matcher(lines.get(i)).find())
        .mapToObj(i -> file + ", line " + (i + 1))
        .findFirst();
  }

  private String names(List<Path> files) {
    return files.isEmpty()
        ? patterns.toString()
        : files.stream().map(Path::toString).collect(Collectors.joining(" or "));
  }

  private Optional<ConfigurationException> explain(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    if (cause instanceof ConfigurationException setting) {
      return Optional.of(setting);
    }
    if (cause instanceof MarkedYamlEngineException yaml && yaml.getProblemMark().isPresent()) {
      Mark place = yaml.getProblemMark().get();
      String file = place.getName().replaceFirst("^file:", "");
      return problem(file + ", line " + (place.getLine() + 1), yaml.getProblem());
    }
    Matcher empty = EMPTY.matcher(message);
    if (empty.find()) {
      return problem(empty.group(1), "is empty");
    }
    Matcher duplicates = DUPLICATES.matcher(message);
    if (duplicates.find()) {
      return problem(withRoute(duplicates.group(2)), duplicates.group(1));
    }
    Matcher kamelet = MISSING_KAMELET.matcher(message);
    if (kamelet.find()) {
      String name = kamelet.group(1);
      return problem(
          Pattern.compile("kamelet:" + Pattern.quote(name) + "\\b"), "no kamelet " + name);
    }
    if (cause instanceof FailedToCreateRouteException route && route.getRouteId() != null) {
      return problem(routeId(route.getRouteId()), FailureText.line(cause));
    }
    Matcher start = FAILED_TO_START.matcher(message);
    if (start.find()) {
      return problem(routeId(start.group(1)), start.group(2));
    }
    if (cause instanceof PropertyBindingException binding) {
      return unbound(binding);
    }
    Matcher key = MISSING_KEY.matcher(message);
    if (key.find()) {
      Pattern used = Pattern.compile("\\{\\{" + Pattern.quote(key.group(1)) + "}}");
      return problem(used, FailureText.line(cause));
    }
    if (cause instanceof ClassNotFoundException) {
      return problem(Pattern.compile(Pattern.quote(message)), "no class " + message);
    }
    if (cause instanceof FailedToCreateKameletException) {
      return problem(with(Pattern.compile("kamelet:")), FailureText.line(cause));
    }
    if (cause instanceof IllegalArgumentException && WRONG.matcher(message).find()) {
      return problem(patterns.files(), message);
    }
    return Optional.empty();
  }

  /** Describes an unknown property of a bean or key, without its value, which may be a secret. */
  private Optional<ConfigurationException> unbound(PropertyBindingException binding) {
    String name = binding.getPropertyName();
    String type = binding.getTarget().getClass().getSimpleName();
    String what = type + " has no property " + name + ", or the value does not fit";
    Matcher key = CAMEL_KEY.matcher(binding.getMessage());
    return key.find()
        ? Optional.of(new ConfigurationException(key.group(1), what, "correct or remove it"))
        : problem(Pattern.compile("\\b" + Pattern.quote(name) + ":"), what);
  }

  private Optional<ConfigurationException> problem(List<Path> files, String what) {
    return problem(files, what, Optional.empty());
  }

  /**
   * @param place in the files and lines that may be meant
   */
  private Optional<ConfigurationException> problem(Pattern place, String what) {
    return problem(with(place), what, Optional.of(place));
  }

  /**
   * @param otherwise finds the line if the text does not quote what stands there
   */
  private Optional<ConfigurationException> problem(
      List<Path> files, String what, Optional<Pattern> otherwise) {
    List<Path> narrowed =
        files.size() == 1 ? files : narrow(files.isEmpty() ? patterns.files() : files, what);
    Optional<String> place =
        narrowed.size() == 1
            ? Stream.concat(quoted(what).stream(), otherwise.stream())
                .flatMap(pattern -> lineWith(pattern, narrowed.get(0)).stream())
                .findFirst()
            : Optional.empty();
    return problem(place.orElseGet(() -> names(narrowed)), what);
  }

  /** Finds what a message quotes from a file. */
  private static Optional<Pattern> quoted(String message) {
    Matcher wrong = WRONG.matcher(message);
    if (wrong.find()) {
      return Optional.of(parameter(wrong.group(1), wrong.group(2)));
    }
    return QUOTED
        .matcher(message)
        .results()
        .flatMap(found -> IntStream.rangeClosed(1, found.groupCount()).mapToObj(found::group))
        .filter(Objects::nonNull)
        .findFirst()
        .map(
            text ->
                Pattern.compile("(^|[\\s\"'{,=?&])" + Pattern.quote(text) + "([\\s\"'},:=&]|$)"));
  }

  private static Pattern parameter(String name, String value) {
    return Pattern.compile("\\b" + name + ":\\s*[\"']?" + Pattern.quote(value));
  }

  private static Optional<ConfigurationException> problem(String where, String what) {
    // the value of a misspelt parameter may be a secret
    String clean =
        PARAMETER
            .matcher(Redaction.text(what.strip()))
            .replaceAll("$1=...")
            .replaceFirst("with value: .*", "");
    return Optional.of(new ConfigurationException(where, clean, REMEDY));
  }

  /** Narrows by the parameter in the message: {@code lanes=999: ...}, or a missing one. */
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
    return parameter(parameter, value).matcher(text(file)).find();
  }

  private List<Path> withRoute(String id) {
    return with(routeId(id));
  }

  private static Pattern routeId(String id) {
    return Pattern.compile("\\bid:\\s*[\"']?" + Pattern.quote(id) + "(?=[\"'\\s,}]|$)");
  }

  private List<Path> with(Pattern pattern) {
    return patterns.files().stream().filter(file -> pattern.matcher(text(file)).find()).toList();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
