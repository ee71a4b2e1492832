package io.ensrelay.runtime;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.KnownKeys;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tests of a destination, {@code <destination>.test.yaml} beside its routes.
 *
 * @param destination its name
 * @param routes the file under test
 */
record DestinationTestFile(
    Path path, String destination, Path routes, List<DestinationTestCase> tests) {
  static final String ENDING = ".test.yaml";
  static final String ROUTES = ".camel.yaml";

  private static final Set<String> FIELDS =
      new LinkedHashSet<>(List.of("test", "send", "with", "config", "details", "answer", "expect"));

  /**
   * @throws ConfigurationException for a mistake, with its line
   */
  static DestinationTestFile read(Path path) {
    return of(path, text(path));
  }

  static DestinationTestFile of(Path path, String text) {
    String name = path.getFileName().toString().replace(ENDING, "");
    Path routes = path.resolveSibling(name + ROUTES);
    if (!Files.isRegularFile(routes)) {
      throw new ConfigurationException(
          path.toString(),
          "there is no " + routes.getFileName() + " beside it",
          "name it like the file that it tests");
    }
    return new DestinationTestFile(path, name, routes, tests(path, text));
  }

  static String text(Path path) {
    try {
      return Files.readString(path);
    } catch (CharacterCodingException e) {
      throw new ConfigurationException(path.toString(), "is not UTF-8 text", "save it as UTF-8");
    } catch (IOException e) {
      throw new ConfigurationException(
          path.toString(), "can't be read: " + e.getMessage(), "give a file this user may read");
    }
  }

  static List<DestinationTestCase> tests(Path path, String text) {
    DestinationTestNode root = DestinationTestNode.of(path, text);
    if (!root.isList()) {
      throw root.mistake("is no list of tests", "begin each with '- test: ...'");
    }
    Map<String, DestinationTestNode> config = new LinkedHashMap<>();
    Map<String, Integer> names = new LinkedHashMap<>();
    List<DestinationTestCase> tests = new ArrayList<>();
    for (DestinationTestNode each : root.list()) {
      Map<String, DestinationTestNode> fields = each.map("a test", FIELDS);
      if (fields.keySet().equals(Set.of("config"))) {
        // for all tests that follow
        config.putAll(config(fields.get("config")));
        continue;
      }
      DestinationTestCase test = test(each, fields, config);
      Integer before = names.put(test.name(), each.at());
      if (before != null) {
        throw each.mistake(
            "a test of this name stands in line " + before + " too", "choose another name");
      }
      tests.add(test);
    }
    if (tests.isEmpty()) {
      throw root.mistake("has no test", "begin with '- test: ...'");
    }
    return tests;
  }

  private static DestinationTestCase test(
      DestinationTestNode node,
      Map<String, DestinationTestNode> fields,
      Map<String, DestinationTestNode> common) {
    if (!fields.containsKey("test") || fields.get("test").text("test").isBlank()) {
      throw node.mistake("a test without a name", "begin with 'test: ' and what it shows");
    }
    if (!fields.containsKey("send")) {
      throw node.mistake("a test without 'send'", "name a sample, such as send: not_compliant");
    }
    Map<String, DestinationTestNode> config = new LinkedHashMap<>(common);
    Optional.ofNullable(fields.get("config"))
        .map(DestinationTestFile::config)
        .ifPresent(config::putAll);
    return new DestinationTestCase(
        node,
        fields.get("test").text("test"),
        fields.get("send").list(),
        Optional.ofNullable(fields.get("with")),
        config,
        Optional.ofNullable(fields.get("answer")).map(DestinationTestAnswer::all).orElse(Map.of()),
        Optional.ofNullable(fields.get("details"))
            .map(DestinationTestDetails::of)
            .orElse(DestinationTestDetails.MISSING),
        Optional.ofNullable(fields.get("expect")));
  }

  private static Map<String, DestinationTestNode> config(DestinationTestNode node) {
    Map<String, DestinationTestNode> config = node.map("config");
    config.forEach(
        (key, value) -> {
          value.text(key);
          if (!key.matches("(ens|camel)\\..+")) {
            throw value.mistake(
                "the key " + key + " is none of application.properties",
                "write it in full, such as ens.destination.webhook.url");
          }
          if (key.startsWith("ens.")) {
            known(key, value);
          }
        });
    return config;
  }

  private static void known(String key, DestinationTestNode value) {
    try {
      KnownKeys.requireKnown(key);
    } catch (ConfigurationException e) {
      throw value.mistake(
          e.getMessage().replaceFirst("; .*", ""), e.getMessage().replaceFirst(".*?; ", ""));
    }
  }
}
