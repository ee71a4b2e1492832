package io.ensrelay.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A value in a YAML file with its line. Immutable. */
record YamlNode(Node node) {

  /** A key of a mapping, its line, and its value. */
  record Entry(String key, int line, YamlNode value) {}

  /** Returns a list of mappings with one key each, in the form of a route file. */
  static YamlNode list(List<Entry> parts) {
    List<Node> items =
        parts.stream()
            .map(
                part -> {
                  ScalarNode key = scalar(part);
                  NodeTuple only = new NodeTuple(key, part.value().node());
                  return (Node) new MappingNode(Tag.MAP, List.of(only), FlowStyle.BLOCK);
                })
            .toList();
    return new YamlNode(new SequenceNode(Tag.SEQ, items, FlowStyle.BLOCK));
  }

  private static ScalarNode scalar(Entry part) {
    return new ScalarNode(Tag.STR, part.key(), ScalarStyle.PLAIN);
  }

  /** From 1. */
  int line() {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }

  boolean isText() {
    return node instanceof ScalarNode;
  }

  boolean isMap() {
    return node instanceof MappingNode;
  }

  /** Returns a scalar as it is written; empty text for anything else. */
  String text() {
    return node instanceof ScalarNode scalar ? scalar.getValue() : "";
  }

  List<YamlNode> items() {
    return node instanceof SequenceNode sequence
        ? sequence.getValue().stream().map(YamlNode::new).toList()
        : List.of();
  }

  /** The entries whose keys are texts. */
  List<Entry> entries() {
    return node instanceof MappingNode mapping
        ? mapping.getValue().stream()
            .filter(tuple -> tuple.getKeyNode() instanceof ScalarNode)
            .map(tuple -> entry(tuple))
            .toList()
        : List.of();
  }

  private static Entry entry(NodeTuple tuple) {
    YamlNode key = new YamlNode(tuple.getKeyNode());
    return new Entry(key.text(), key.line(), new YamlNode(tuple.getValueNode()));
  }

  Optional<YamlNode> get(String key) {
    return entries().stream().filter(e -> e.key().equals(key)).map(Entry::value).findFirst();
  }

  /** Returns the scalar under that key. */
  Optional<String> text(String key) {
    return get(key).filter(YamlNode::isText).map(YamlNode::text);
  }

  /** Returns the value at a place in the tree, or its closest parent. */
  YamlNode at(List<String> path) {
    YamlNode here = this;
    for (String name : path) {
      Optional<YamlNode> next = here.child(name);
      if (next.isEmpty()) {
        return here;
      }
      here = next.get();
    }
    return here;
  }

  private Optional<YamlNode> child(String name) {
    List<YamlNode> items = items();
    if (!items.isEmpty() && name.matches("\\d{1,6}")) {
      int index = Integer.parseInt(name);
      return index < items.size() ? Optional.of(items.get(index)) : Optional.empty();
    }
    return get(name);
  }

  JsonNode json() {
    JsonNodeFactory make = JsonNodeFactory.instance;
    if (node instanceof MappingNode) {
      ObjectNode object = make.objectNode();
      entries().forEach(entry -> object.set(entry.key(), entry.value().json()));
      return object;
    }
    if (node instanceof SequenceNode) {
      ArrayNode array = make.arrayNode();
      items().forEach(item -> array.add(item.json()));
      return array;
    }
    return scalarJson(make);
  }

  private JsonNode scalarJson(JsonNodeFactory make) {
    Tag tag = node.getTag();
    if (tag.equals(Tag.NULL)) {
      return make.nullNode();
    }
    if (tag.equals(Tag.BOOL)) {
      return make.booleanNode(Boolean.parseBoolean(text()));
    }
    if (tag.equals(Tag.INT) && text().matches("-?\\d{1,18}")) {
      return make.numberNode(Long.parseLong(text()));
    }
    return tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)
        ? make.numberNode(0.5)
        : make.textNode(text());
  }
}
