package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Writes the outcome into the text of a test file as the expectation: replaces the lines of {@code
 * expect} and keeps all others, with their comments.
 */
final class DestinationTestRecording {
  /** Headers that differ from run to run, or are secrets. */
  private static final Set<String> NOT_KEPT =
      Set.of(
          "authorization",
          "cookie",
          "eventid",
          "webhook-id",
          "webhook-signature",
          "webhook-timestamp",
          "x-splunk-request-channel");

  private final List<String> lines;
  private final UnaryOperator<String> safe;

  /**
   * @param safe takes secrets out of a text
   */
  DestinationTestRecording(String text, UnaryOperator<String> safe) {
    lines = new ArrayList<>(List.of(text.split("\n", -1)));
    this.safe = safe;
  }

  String text() {
    return String.join("\n", lines);
  }

  /**
   * Call it for the last test of a file first, so that the lines of the tests before it do not
   * move.
   */
  void write(DestinationTestCase test, DestinationTestOutcome outcome) {
    if (test.node().isInline()) {
      throw test.node()
          .mistake("a test between braces can't be recorded", "write a line for each field");
    }
    MappingNode map = (MappingNode) test.node().yaml();
    int column = column(map.getValue().get(0).getKeyNode());
    Optional<NodeTuple> expect =
        map.getValue().stream()
            .filter(each -> ((ScalarNode) each.getKeyNode()).getValue().equals("expect"))
            .findFirst();
    int from = expect.map(each -> line(each.getKeyNode())).orElse(lastLine(map) + 1);
    if (expect.isPresent()) {
      boolean isFirst = lines.get(from).stripLeading().startsWith("- ");
      if (isFirst) {
        throw test.node().mistake("expect is the first field of a test", "begin with 'test: '");
      }
      for (int i = lastLine(expect.get().getValueNode()); i >= from; i--) {
        lines.remove(i);
      }
    }
    List<String> written = new ArrayList<>();
    expectation(outcome, written);
    String indent = " ".repeat(column);
    lines.addAll(from, written.stream().map(line -> indent + line).toList());
  }

  private static int column(Node node) {
    return node.getStartMark().map(Mark::getColumn).orElse(0);
  }

  private static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0);
  }

  private static int lastLine(Node node) {
    boolean isInline = new DestinationTestNode(java.nio.file.Path.of(""), 0, node).isInline();
    if (!isInline && node instanceof MappingNode map && !map.getValue().isEmpty()) {
      return lastLine(map.getValue().get(map.getValue().size() - 1).getValueNode());
    }
    if (!isInline && node instanceof SequenceNode list && !list.getValue().isEmpty()) {
      return lastLine(list.getValue().get(list.getValue().size() - 1));
    }
    Mark end = node.getEndMark().orElseThrow();
    // a block of text ends at the beginning of the next line
    boolean isBefore = end.getColumn() == 0 && end.getLine() > line(node);
    return isBefore ? end.getLine() - 1 : end.getLine();
  }

  private void expectation(DestinationTestOutcome outcome, List<String> out) {
    Map<String, List<DestinationTestMessage>> receivers = new LinkedHashMap<>();
    for (DestinationTestMessage each : outcome.accepted()) {
      receivers.computeIfAbsent(each.receiver(), key -> new ArrayList<>()).add(each);
    }
    if (receivers.isEmpty() && outcome.dead().isEmpty() && outcome.attempts() == 0) {
      out.add("expect: nothing");
      return;
    }
    out.add("expect:");
    receivers.forEach(
        (name, messages) -> {
          out.add("  " + DestinationTestYaml.scalar(name(name, receivers.keySet())) + ":");
          messages.forEach(each -> message(each, out));
        });
    if (outcome.attempts() != receivers.values().stream().mapToInt(List::size).sum()) {
      out.add("  attempts: " + outcome.attempts());
    }
    if (!outcome.pauses().isEmpty()) {
      out.add(
          outcome.pauses().stream()
              .map(DestinationTestTimes::shown)
              .collect(Collectors.joining(", ", "  pauses: [", "]")));
    }
    if (!outcome.dead().isEmpty()) {
      out.add("  dead:");
      outcome
          .dead()
          .forEach(
              each -> {
                out.add("    - type: " + DestinationTestYaml.scalar(each.type()));
                String reason = each.answer().orElse(each.reason());
                if (safe.apply(reason).equals(reason)) {
                  out.add("      reason: " + DestinationTestYaml.scalar(reason));
                }
              });
    }
  }

  /**
   * Leaves out the query, which often has a signature, if the rest is unique; never shows a secret.
   */
  private String name(String receiver, Set<String> all) {
    String plain = receiver.replaceFirst("\\?.*", "");
    boolean isEnough =
        all.stream().filter(each -> each.replaceFirst("\\?.*", "").equals(plain)).count() == 1;
    return safe.apply(isEnough ? plain : receiver);
  }

  private void message(DestinationTestMessage message, List<String> out) {
    List<String> fields = new ArrayList<>();
    if (!message.method().isEmpty()) {
      fields.add("method: " + message.method());
    }
    String headers =
        message.headers().entrySet().stream()
            .filter(each -> isKept(message, each.getKey(), each.getValue()))
            .map(
                each ->
                    DestinationTestYaml.scalar(each.getKey())
                        + ": "
                        + DestinationTestYaml.scalar(each.getValue()))
            .collect(Collectors.joining(", "));
    if (!headers.isEmpty()) {
      fields.add("headers: {" + headers + "}");
    }
    Optional<JsonNode> json = message.json();
    if (!safe.apply(message.text()).equals(message.text())) {
      fields.add("# the body has a secret of the settings in it");
    } else if (json.isPresent() && json.get().isContainerNode()) {
      fields.add("json:");
      DestinationTestYaml.block(json.get(), "  ", fields);
    } else if (message.body().length > 0) {
      fields.add("text: " + DestinationTestYaml.quoted(message.text()));
    }
    for (int i = 0; i < fields.size(); i++) {
      out.add("    " + (i == 0 ? "- " : "  ") + fields.get(i));
    }
    if (fields.isEmpty()) {
      out.add("    - {}");
    }
  }

  /** A message without HTTP keeps only its key: its other headers are attributes of the event. */
  private boolean isKept(DestinationTestMessage message, String name, String value) {
    String plain = name.toLowerCase(Locale.ROOT);
    return message.method().isEmpty()
        ? plain.equals("key")
        : !NOT_KEPT.contains(plain)
            && !DestinationTestServer.OF_CONNECTION.contains(plain)
            && safe.apply(value).equals(value);
  }
}
