package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes values as a person would write them in YAML. */
final class DestinationTestYaml {
  private static final String PLAIN = "[A-Za-z_][A-Za-z0-9_./+@-]*( [A-Za-z0-9_./+-]+)*";
  private static final Set<String> WORDS =
      Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n");
  private static final int LONGEST_LINE = 100;

  private DestinationTestYaml() {}

  /** Adds the lines of an object or an array. */
  static void block(JsonNode value, String indent, List<String> out) {
    if (value.isObject()) {
      value
          .properties()
          .forEach(
              each -> member(indent + scalar(each.getKey()) + ":", each.getValue(), indent, out));
    } else {
      value.forEach(each -> member(indent + "-", each, indent, out));
    }
  }

  private static void member(String head, JsonNode value, String indent, List<String> out) {
    String inline = inline(value);
    if (!value.isContainerNode()
        || value.isEmpty()
        || head.length() + inline.length() < LONGEST_LINE) {
      out.add(head + " " + inline);
    } else if (head.endsWith("-")) {
      int first = out.size();
      block(value, indent + "  ", out);
      out.set(first, indent + "- " + out.get(first).substring(indent.length() + 2));
    } else {
      out.add(head);
      block(value, indent + "  ", out);
    }
  }

  private static String inline(JsonNode value) {
    if (value.isObject()) {
      return value.properties().stream()
          .map(each -> scalar(each.getKey()) + ": " + inline(each.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (value.isArray()) {
      List<String> all = new ArrayList<>();
      value.forEach(each -> all.add(inline(each)));
      return "[" + String.join(", ", all) + "]";
    }
    return value.isTextual() ? scalar(value.asText()) : value.toString();
  }

  static String scalar(String text) {
    boolean isUrl = text.matches("[a-z]+://[A-Za-z0-9_.:/?=&%+~-]*[A-Za-z0-9_/=-]");
    boolean isPlain = text.matches(PLAIN) && !WORDS.contains(text.toLowerCase(Locale.ROOT));
    return isUrl || isPlain ? text : quoted(text);
  }

  /** JSON's strings are YAML's. */
  static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }
}
