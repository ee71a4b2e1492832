package io.ensrelay.simulator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The timed steps of a simulation, in YAML or JSON. Each has {@code at}, the time since the start,
 * and one of {@code rate}, {@code sweep}, {@code event} (with {@code count}), {@code fault} and
 * {@code clear}. Steps with the same time run in the order of the file.
 *
 * <p>A file has at most {@value #LONGEST} bytes and {@value #MOST_STEPS} steps.
 */
public final class Scenario {
  private static final int LONGEST = 1024 * 1024;
  private static final int MOST_STEPS = 10_000;

  private final List<Step> steps;

  private Scenario(List<Step> steps) {
    this.steps = steps;
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException with one line that names the error and the step
   */
  public static Scenario read(Path file) {
    byte[] text;
    try {
      if (Files.size(file) > LONGEST) {
        throw new IllegalArgumentException("%s has more than %s bytes".formatted(file, LONGEST));
      }
      text = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalArgumentException("%s can't be read".formatted(file), e);
    }
    return of(new String(text, StandardCharsets.UTF_8), file.toString());
  }

  static Scenario of(String text, String name) {
    Object parsed;
    try {
      parsed = new Load(LoadSettings.builder().setLabel(name).build()).loadFromString(text);
    } catch (YamlEngineException | StackOverflowError e) {
      throw new IllegalArgumentException(
          "%s is neither YAML nor JSON: %s".formatted(name, firstLine(e.getMessage())), e);
    }
    if (!(parsed instanceof List<?> list)) {
      throw new IllegalArgumentException("%s must be a list of steps".formatted(name));
    }
    if (list.size() > MOST_STEPS) {
      throw new IllegalArgumentException(
          "%s has %s steps, %s at most".formatted(name, list.size(), MOST_STEPS));
    }
    return new Scenario(steps(list, name));
  }

  /** Returns the steps in the order to run them. */
  List<Step> steps() {
    return steps;
  }

  /** Returns the time of the last step, from the start. */
  public Duration length() {
    return steps.isEmpty() ? Duration.ZERO : steps.get(steps.size() - 1).at();
  }

  private static List<Step> steps(List<?> list, String name) {
    List<Step> steps = new ArrayList<>();
    for (Object each : list) {
      try {
        if (each == null) {
          throw new IllegalArgumentException("is empty");
        }
        steps.add(JsonText.convert(each, Step.Written.class).step());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "%s, step %s: %s".formatted(name, steps.size() + 1, e.getMessage()), e);
      }
    }
    steps.sort(Comparator.comparing(Step::at));
    return List.copyOf(steps);
  }

  private static String firstLine(String message) {
    return message == null ? "too deep" : message.lines().findFirst().orElse("");
  }
}
