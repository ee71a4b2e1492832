package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ensrelay.base.Closest;
import io.ensrelay.base.ConfigurationException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A value of a YAML file with its place in it.
 *
 * @param at line, from 1
 */
record DestinationTestNode(Path file, int at, Node yaml) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int LARGEST = 4 << 20;

  /**
   * @throws ConfigurationException if it is not YAML, empty, or larger than 4 MB
   */
  static DestinationTestNode of(Path file, String text) {
    if (text.length() > LARGEST) {
      throw DestinationTestMistake.at(file, 1, "is larger than 4 MB", "make several files of it");
    }
    LoadSettings settings =
        LoadSettings.builder().setLabel(file.toString()).setCodePointLimit(LARGEST).build();
    try {
      return new Compose(settings)
          .composeString(text)
          .map(node -> of(file, node))
          .orElseThrow(
              () -> DestinationTestMistake.at(file, 1, "has no test", "begin with '- test: ...'"));
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      throw DestinationTestMistake.at(file, line, "is no YAML: " + e.getProblem(), "correct it");
    } catch (YamlEngineException e) {
      throw DestinationTestMistake.at(file, 1, "is no YAML: " + e.getMessage(), "correct it");
    }
  }

  private static DestinationTestNode of(Path file, Node node) {
    return new DestinationTestNode(
        file, node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1), node);
  }

  ConfigurationException mistake(String problem, String remedy) {
    return DestinationTestMistake.at(file, at, problem, remedy);
  }

  boolean isMap() {
    return yaml instanceof MappingNode;
  }

  boolean isList() {
    return yaml instanceof SequenceNode;
  }

  boolean isText() {
    return yaml instanceof ScalarNode;
  }

  /** Whether it stands between braces or brackets. */
  boolean isInline() {
    return yaml instanceof MappingNode map && map.getFlowStyle() == FlowStyle.FLOW
        || yaml instanceof SequenceNode list && list.getFlowStyle() == FlowStyle.FLOW;
  }

  /** The text of a scalar as it is written. */
  String text(String what) {
    if (yaml instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw mistake(what + " is no text", "write it on one line");
  }

  /** The elements of a list; anything else is a list of one. */
  List<DestinationTestNode> list() {
    return yaml instanceof SequenceNode list
        ? list.getValue().stream().map(each -> of(file, each)).toList()
        : List.of(this);
  }

  /** The members of a map, in order. */
  Map<String, DestinationTestNode> map(String what) {
    if (!(yaml instanceof MappingNode map)) {
      throw mistake(what + " is no map", "write 'name: value'");
    }
    Map<String, DestinationTestNode> members = new LinkedHashMap<>();
    for (NodeTuple each : map.getValue()) {
      DestinationTestNode key = of(file, each.getKeyNode());
      String name = key.text("a name");
      DestinationTestNode value = of(file, each.getValueNode());
      if (members.put(name, new DestinationTestNode(file, key.at(), value.yaml())) != null) {
        throw key.mistake(name + " stands twice", "remove one");
      }
    }
    return members;
  }

  /** The same, with known names only. */
  Map<String, DestinationTestNode> map(String what, Set<String> known) {
    Map<String, DestinationTestNode> members = map(what);
    members.forEach(
        (name, value) -> {
          if (!known.contains(name)) {
            throw value.mistake("unknown field '" + name + "' of " + what, meant(name, known));
          }
        });
    return members;
  }

  static String meant(String name, Set<String> known) {
    // two letters of a short word are often exchanged
    int farthest = name.length() < 4 ? 1 : name.length() < 9 ? 2 : 3;
    return Closest.to(name, known, farthest)
        .map(near -> "did you mean " + near + "?")
        .orElse("use one of " + String.join(", ", known));
  }

  /** The value as JSON, by the rules of YAML 1.2. */
  JsonNode json() {
    if (yaml instanceof MappingNode) {
      ObjectNode object = JSON.objectNode();
      map("this").forEach((name, value) -> object.set(name, value.json()));
      return object;
    }
    if (yaml instanceof SequenceNode) {
      ArrayNode array = JSON.arrayNode();
      list().forEach(each -> array.add(each.json()));
      return array;
    }
    String text = ((ScalarNode) yaml).getValue();
    Tag tag = yaml.getTag();
    if (tag.equals(Tag.NULL)) {
      return JSON.nullNode();
    }
    if (tag.equals(Tag.BOOL)) {
      return JSON.booleanNode(Boolean.parseBoolean(text));
    }
    return tag.equals(Tag.INT) || tag.equals(Tag.FLOAT) ? number(text) : JSON.textNode(text);
  }

  private JsonNode number(String text) {
    try {
      // bodies are read in the same way, so that the two compare
      return text.matches("[-+]?\\d+")
          ? MAPPER.readTree(new BigInteger(text.replaceFirst("^\\+", "")).toString())
          : MAPPER.readTree(new BigDecimal(text).toString());
    } catch (com.fasterxml.jackson.core.JsonProcessingException | NumberFormatException e) {
      return JSON.textNode(text);
    }
  }
}
