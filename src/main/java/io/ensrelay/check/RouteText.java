package io.ensrelay.check;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The text of a route file as YAML, within limits: 1 MB, 60 levels, 50 aliases, 100,000 values
 * after the aliases are expanded. Threads: stateless.
 */
final class RouteText {
  private static final int LARGEST = 1 << 20;
  private static final int DEEPEST = 60;
  private static final int MOST_ALIASES = 50;
  private static final int MOST_VALUES = 100_000;
  private static final Pattern UNQUOTED = Pattern.compile("^\\s*(- +)*[\\w.-]+: +\\{\\{");
  private static final String SPLIT = "split it into several files";

  private final Path file;
  private final List<Mistake> mistakes = new ArrayList<>();

  private RouteText(Path file) {
    this.file = file;
  }

  /**
   * @param content the file's tree, empty if it can't be read
   * @param text the file's text, empty if it can't be read
   */
  record Loaded(Path file, Optional<YamlNode> content, String text, List<Mistake> mistakes) {}

  /** Reads a file; never throws for its content. */
  static Loaded read(Path file) {
    RouteText reader = new RouteText(file);
    String text = reader.text();
    Optional<YamlNode> content =
        reader.mistakes.isEmpty() ? reader.content(text) : Optional.empty();
    return new Loaded(file, content, text, List.copyOf(reader.mistakes));
  }

  private String text() {
    try {
      long size = Files.size(file);
      if (size > LARGEST) {
        return failed(1, "has " + (size >> 10) + " KB, and a route file may have 1024", SPLIT);
      }
      String text = Files.readString(file);
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      return failed(1, "is not UTF-8 text", "save it as UTF-8");
    } catch (IOException e) {
      return failed(1, "can't be read", "let the user of the relay read it");
    }
  }

  private String failed(int line, String problem, String remedy) {
    mistakes.add(Mistake.failed(file, line, problem, remedy));
    return "";
  }

  private Optional<YamlNode> content(String text) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(file.toString())
            .setMaxAliasesForCollections(MOST_ALIASES)
            .build();
    try {
      if (isTooComplex(settings, text)) {
        return Optional.empty();
      }
      Optional<YamlNode> root = new Compose(settings).composeString(text).map(YamlNode::new);
      if (root.isEmpty() || root.get().isText()) {
        failed(1, root.isEmpty() ? "is empty" : "holds no route", "write a route, or remove it");
        return Optional.empty();
      }
      if (root.get().isMap() && !Kamelets.isOne(file) && root.get().get("kind").isEmpty()) {
        // Camel would ignore the whole file without a word
        failed(root.get().line(), "is no list of routes", "begin each with a hyphen: '- route:'");
        return Optional.empty();
      }
      return isSmall(root.get()) ? root : Optional.empty();
    } catch (YamlEngineException e) {
      broken(e, text);
    }
    return Optional.empty();
  }

  private void broken(YamlEngineException e, String text) {
    Optional<Integer> unquoted = unquoted(text);
    if (unquoted.isPresent()) {
      failed(
          unquoted.get(),
          "a placeholder without quotes is a map for YAML",
          "put quotes around it: \"{{...}}\"");
    } else if (e instanceof MarkedYamlEngineException marked) {
      int line = marked.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      boolean tab =
          lineOf(text, line).strip().length() > 0 && lineOf(text, line).matches("\\s*\\t.*");
      failed(
          line,
          tab ? "a tab in front of the text" : problem(marked),
          tab ? "indent by spaces" : "correct the YAML");
    } else {
      failed(1, String.valueOf(e.getMessage()).replaceAll("\\s+", " "), "correct the YAML");
    }
  }

  /**
   * The first line whose value begins with a placeholder; the parser names another one, or none.
   */
  private static Optional<Integer> unquoted(String text) {
    List<String> lines = text.lines().toList();
    return IntStream.range(0, lines.size())
        .filter(i -> UNQUOTED.matcher(lines.get(i)).find())
        .mapToObj(i -> i + 1)
        .findFirst();
  }

  private static String problem(MarkedYamlEngineException e) {
    String problem = String.valueOf(e.getProblem());
    return problem.startsWith("but ") ? e.getContext() + ", " + problem : problem;
  }

  private static String lineOf(String text, int number) {
    return text.lines().skip(number - 1L).findFirst().orElse("");
  }

  /** The parser's events come one by one: no depth can exhaust the stack here. */
  private boolean isTooComplex(LoadSettings settings, String text) {
    int depth = 0;
    int aliases = 0;
    for (Event event : new Parse(settings).parseString(text)) {
      int line = event.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
      switch (event.getEventId()) {
        case MappingStart, SequenceStart -> depth++;
        case MappingEnd, SequenceEnd -> depth--;
        case Alias -> aliases++;
        default -> {}
      }
      if (depth > DEEPEST) {
        failed(line, "is nested deeper than " + DEEPEST + " levels", "simplify it");
        return true;
      }
      if (aliases > MOST_ALIASES) {
        failed(line, "has more than " + MOST_ALIASES + " aliases", "write the values out");
        return true;
      }
    }
    return false;
  }

  /** Finds repeated keys too: Camel would take one of the values and drop the others. */
  private boolean isSmall(YamlNode root) {
    Deque<YamlNode> open = new ArrayDeque<>(List.of(root));
    for (int seen = 0; !open.isEmpty(); seen++) {
      if (seen > MOST_VALUES) {
        failed(1, "has more than " + MOST_VALUES + " values", SPLIT);
        return false;
      }
      YamlNode here = open.pop();
      Map<String, Integer> lines = new HashMap<>();
      for (YamlNode.Entry entry : here.entries()) {
        Integer before = lines.put(entry.key(), entry.line());
        if (before != null) {
          failed(
              entry.line(),
              "has the key " + entry.key() + " again, which line " + before + " has already",
              "remove one of them");
        }
        open.push(entry.value());
      }
      here.items().forEach(open::push);
    }
    return true;
  }
}
