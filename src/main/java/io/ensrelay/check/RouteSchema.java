package io.ensrelay.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Validates route files against the schema of Camel's YAML DSL from Camel's jar. */
public final class RouteSchema {
  private static final String SCHEMA = "/schema/camelYamlDsl.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonSchema schema;

  public RouteSchema() throws IOException {
    try (InputStream file = RouteSchema.class.getResourceAsStream(SCHEMA)) {
      // loads only the parts that the files use: the whole schema needs 300 MB of memory
      SchemaValidatorsConfig asNeeded =
          SchemaValidatorsConfig.builder().preloadJsonSchema(false).build();
      schema =
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7)
              .getSchema(JSON.readTree(file), asNeeded);
    }
  }

  /** Returns the most specific error of a file, with its line; empty if there is none. */
  public Optional<String> problem(Path file) {
    LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
    try {
      String text = Files.readString(file);
      JsonNode content = JSON.valueToTree(new Load(settings).loadFromString(text));
      if (content == null || content.isNull()) {
        return Optional.of(file + ": is empty");
      }
      List<ValidationMessage> wrong = new ArrayList<>(schema.validate(content));
      if (wrong.isEmpty()) {
        return Optional.empty();
      }
      ValidationMessage deepest = deepest(wrong);
      Node root = new Compose(settings).composeString(text).orElseThrow();
      return Optional.of("%s, line %s: %s".formatted(file, line(root, deepest), said(deepest)));
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      return Optional.of("%s, line %s: %s".formatted(file, line, e.getProblem()));
    } catch (YamlEngineException | IOException e) {
      return Optional.of(file + ": " + e.getMessage());
    }
  }

  /** Picks the deepest error; the others often only report that its parent does not fit either. */
  private static ValidationMessage deepest(List<ValidationMessage> wrong) {
    ValidationMessage deepest = wrong.get(0);
    for (ValidationMessage each : wrong) {
      if (depth(each) > depth(deepest)) {
        deepest = each;
      }
    }
    return deepest;
  }

  private static int depth(ValidationMessage message) {
    return message.getInstanceLocation().getNameCount();
  }

  private static String said(ValidationMessage message) {
    return message.getMessage().replaceFirst("^\\$[^:]*: ", "");
  }

  private static int line(Node root, ValidationMessage message) {
    Node node = root;
    int line = lineOf(root);
    for (int i = 0; i < depth(message); i++) {
      Object name = message.getInstanceLocation().getName(i);
      Optional<Node> child = child(node, name.toString());
      if (child.isEmpty()) {
        return line;
      }
      node = child.get();
      line = lineOf(node);
    }
    return line;
  }

  private static Optional<Node> child(Node node, String name) {
    if (node instanceof SequenceNode sequence && name.matches("\\d+")) {
      int index = Integer.parseInt(name);
      return index < sequence.getValue().size()
          ? Optional.of(sequence.getValue().get(index))
          : Optional.empty();
    }
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name)) {
          return Optional.of(tuple.getValueNode());
        }
      }
    }
    return Optional.empty();
  }

  private static int lineOf(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }
}
