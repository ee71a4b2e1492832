package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares the expectation of a test with what happened. */
final class DestinationTestExpectation {
  private static final Set<String> COUNTS =
      new LinkedHashSet<>(List.of("attempts", "dead", "pauses"));
  private static final Set<String> OF_MESSAGE =
      new LinkedHashSet<>(List.of("method", "headers", "json", "equals", "text"));
  private static final Set<String> OF_DEAD = new LinkedHashSet<>(List.of("reason", "type", "json"));

  private final DestinationTestOutcome outcome;
  private final List<DestinationTestDifference> differences = new ArrayList<>();

  private DestinationTestExpectation(DestinationTestOutcome outcome) {
    this.outcome = outcome;
  }

  /** Finds mistakes in what a test expects, before anything runs. */
  static void check(DestinationTestNode expect) {
    compare(
        expect,
        new DestinationTestOutcome(List.of(), 0, List.of(), List.of(), 0, Optional.empty()));
  }

  /** Returns the differences; none: the test passes. */
  static List<DestinationTestDifference> compare(
      DestinationTestNode expect, DestinationTestOutcome outcome) {
    DestinationTestExpectation comparison = new DestinationTestExpectation(outcome);
    comparison.compare(expect);
    return comparison.differences.stream()
        .sorted(Comparator.comparingInt(DestinationTestDifference::line))
        .toList();
  }

  private void compare(DestinationTestNode expect) {
    if (expect.isText()) {
      String word = expect.text("expect");
      if (!word.equals("nothing")) {
        throw expect.mistake("unknown word '" + word + "'", "write nothing, or what is expected");
      }
      compareMessages(expect, Map.of());
      compareDead(expect, "0");
      return;
    }
    Map<String, DestinationTestNode> receivers = new LinkedHashMap<>();
    expect
        .map("expect")
        .forEach(
            (name, value) -> {
              switch (name) {
                case "attempts" -> compareAttempts(value);
                case "dead" -> compareDead(value);
                case "pauses" -> comparePauses(value);
                default -> receivers.put(receiver(name, value), value);
              }
            });
    if (!receivers.isEmpty()) {
      compareMessages(expect, receivers);
    }
  }

  private static String receiver(String name, DestinationTestNode value) {
    boolean isReceiver = name.contains(":") || !value.isText();
    if (!isReceiver || name.matches("(?i)attempt|dead.?letters?|pause|retries|tries")) {
      throw value.mistake(
          "unknown field '" + name + "' of expect",
          DestinationTestNode.meant(name, COUNTS) + " or name a receiver, such as https://...");
    }
    return name;
  }

  private void compareAttempts(DestinationTestNode node) {
    int wanted = number(node, "attempts");
    if (wanted != outcome.attempts()) {
      differ(node, "attempts", String.valueOf(wanted), String.valueOf(outcome.attempts()));
    }
  }

  private static int number(DestinationTestNode node, String what) {
    String text = node.text(what);
    if (!text.matches("\\d{1,6}")) {
      throw node.mistake(what + " is no number", "give one");
    }
    return Integer.parseInt(text);
  }

  private void compareDead(DestinationTestNode node, String none) {
    if (!outcome.dead().isEmpty()) {
      differ(node, "dead", none, said(outcome.dead()));
    }
  }

  private void compareDead(DestinationTestNode node) {
    if (node.isText()) {
      int wanted = number(node, "dead");
      if (wanted != outcome.dead().size()) {
        differ(node, "dead", String.valueOf(wanted), said(outcome.dead()));
      }
      return;
    }
    List<DestinationTestNode> wanted = node.list();
    if (wanted.size() != outcome.dead().size()) {
      differ(node, "dead", String.valueOf(wanted.size()), said(outcome.dead()));
    }
    for (int i = 0; i < wanted.size(); i++) {
      Map<String, DestinationTestNode> fields = wanted.get(i).map("a dead letter", OF_DEAD);
      if (i < outcome.dead().size()) {
        compareDead("dead[" + i + "]", fields, outcome.dead().get(i));
      }
    }
  }

  private void compareDead(
      String path, Map<String, DestinationTestNode> wanted, DestinationTestOutcome.Dead got) {
    wanted.forEach(
        (name, node) -> {
          switch (name) {
            case "reason" -> contains(node, path + ".reason", got.said());
            case "type" -> {
              if (!node.text("type").equals(got.type())) {
                differ(node, path + ".type", node.text("type"), got.type());
              }
            }
            default -> json(node, path + ".json", got.event(), false);
          }
        });
  }

  private static String said(List<DestinationTestOutcome.Dead> dead) {
    StringBuilder text = new StringBuilder().append(dead.size());
    dead.forEach(each -> text.append("\n- ").append(each.type()).append(": ").append(each.said()));
    return text.toString();
  }

  private void comparePauses(DestinationTestNode node) {
    if (!DestinationTestTimes.areAbout(node.list(), outcome.pauses())) {
      differ(
          node,
          "pauses",
          node.list().stream().map(each -> each.text("a pause")).toList().toString(),
          outcome.pauses().stream().map(DestinationTestTimes::shown).toList().toString());
    }
  }

  private void compareMessages(
      DestinationTestNode expect, Map<String, DestinationTestNode> receivers) {
    Map<String, List<DestinationTestMessage>> got = new LinkedHashMap<>();
    for (DestinationTestMessage each : outcome.accepted()) {
      got.computeIfAbsent(each.receiver(), key -> new ArrayList<>()).add(each);
    }
    receivers.forEach(
        (name, node) -> {
          List<DestinationTestMessage> messages = remove(got, name);
          List<DestinationTestNode> wanted =
              node.isText() && node.text(name).equals("nothing") ? List.of() : node.list();
          if (wanted.size() != messages.size()) {
            differ(
                node,
                name,
                count(wanted.size()),
                count(messages.size())
                    + DestinationTestDifference.list(messages)
                    + (messages.isEmpty() && !got.isEmpty()
                        ? "; sent to " + String.join(", ", got.keySet())
                        : ""));
          }
          for (int i = 0; i < wanted.size(); i++) {
            compareMessage(
                name + "[" + i + "]",
                wanted.get(i),
                i < messages.size() ? Optional.of(messages.get(i)) : Optional.empty());
          }
        });
    got.forEach(
        (name, messages) ->
            differ(
                expect,
                name,
                "nothing",
                count(messages.size()) + DestinationTestDifference.list(messages)));
  }

  /**
   * Finds a receiver by its exact name, else by the URL without its query, else by the scheme
   * alone. Three stars stand for any text, in place of a secret.
   */
  private static List<DestinationTestMessage> remove(
      Map<String, List<DestinationTestMessage>> got, String name) {
    Predicate<String> named =
        Stream.of(name.split("\\Q***\\E", -1))
            .map(Pattern::quote)
            .collect(Collectors.collectingAndThen(Collectors.joining(".*"), Pattern::compile))
            .asMatchPredicate();
    return Stream.<Predicate<String>>of(
            named,
            each -> named.test(each.replaceFirst("\\?.*", "")),
            each -> each.startsWith(name + ":"))
        .map(fits -> got.keySet().stream().filter(fits).toList())
        .filter(fitting -> fitting.size() == 1)
        .findFirst()
        .map(fitting -> got.remove(fitting.get(0)))
        .orElse(List.of());
  }

  private static String count(int messages) {
    return messages == 0 ? "nothing" : messages == 1 ? "1 message" : messages + " messages";
  }

  private void compareMessage(
      String path, DestinationTestNode wanted, Optional<DestinationTestMessage> message) {
    if (wanted.isText()) {
      message.ifPresent(got -> contains(wanted, path, got.text()));
      return;
    }
    wanted
        .map("a message", OF_MESSAGE)
        .forEach(
            (name, node) -> {
              if (name.equals("headers")) {
                node.map("headers").forEach((header, value) -> value.text(header));
              }
              message.ifPresent(got -> compareField(path, name, node, got));
            });
  }

  private void compareField(
      String path, String name, DestinationTestNode node, DestinationTestMessage got) {
    switch (name) {
      case "method" -> {
        if (!node.text("method").equals(got.method())) {
          differ(node, path + ".method", node.text("method"), got.method());
        }
      }
      case "headers" ->
          node.map("headers")
              .forEach(
                  (header, value) -> {
                    String sent = got.header(header).orElse("(not sent)");
                    if (!matches(value.text(header), sent)) {
                      differ(value, path + ".headers." + header, value.text(header), sent);
                    }
                  });
      case "text" -> contains(node, path + ".text", got.text());
      default -> json(node, path + "." + name, got.json(), name.equals("equals"));
    }
  }

  /** A content type without parameters matches one with any parameters; a star matches any text. */
  private static boolean matches(String wanted, String got) {
    return wanted.equals("*")
        ? !got.equals("(not sent)")
        : got.equals(wanted) || (!wanted.contains(";") && got.split(";")[0].strip().equals(wanted));
  }

  private void contains(DestinationTestNode node, String path, String got) {
    String wanted = node.text(path);
    if (!got.contains(wanted)) {
      differ(node, path, "contains " + wanted, got);
    }
  }

  private void json(DestinationTestNode node, String path, Optional<JsonNode> got, boolean whole) {
    if (got.isPresent()) {
      new DestinationTestJson(node.at(), whole, differences).compare(path, node.json(), got.get());
    } else {
      differ(node, path, node.json().toString(), "no JSON");
    }
  }

  private void differ(DestinationTestNode node, String path, String expected, String got) {
    differences.add(new DestinationTestDifference(node.at(), path, expected, got));
  }
}
