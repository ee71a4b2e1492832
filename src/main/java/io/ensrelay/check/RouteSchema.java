package io.ensrelay.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import io.ensrelay.base.Closest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Validates routes against the schema of Camel's YAML DSL from Camel's jar. Loading it takes about
 * a second. Threads: one at a time.
 */
final class RouteSchema {
  private static final String SCHEMA = "/schema/camelYamlDsl.json";
  private static final Set<String> SAYING = Set.of("additionalProperties", "required", "enum");
  private static final Set<String> ALTERNATIVES = Set.of("anyOf", "oneOf");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonNode source;
  private final JsonSchema schema;

  RouteSchema() {
    try (InputStream file = RouteSchema.class.getResourceAsStream(SCHEMA)) {
      source = JSON.readTree(file);
      // loads only the parts that the files use: the whole schema needs 300 MB of memory
      SchemaValidatorsConfig asNeeded =
          SchemaValidatorsConfig.builder().preloadJsonSchema(false).build();
      schema =
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(source, asNeeded);
    } catch (IOException e) {
      throw new UncheckedIOException(SCHEMA, e);
    }
  }

  /**
   * Returns the most specific mistake of a route file's content; empty if there is none. A value of
   * another type is none: Camel converts texts, and resolves placeholders first.
   */
  Optional<Mistake> mistake(Path file, YamlNode content) {
    // the deepest one; the others often only report that its parent does not fit either
    return schema.validate(content.json()).stream()
        .max(
            Comparator.comparingInt(
                    (ValidationMessage each) -> each.getInstanceLocation().getNameCount())
                .thenComparing(RouteSchema::isValue)
                .thenComparing(each -> SAYING.contains(each.getType())))
        .filter(deepest -> !isValue(deepest) || isWrongWord(deepest))
        // the start says more than that no alternative fits
        .filter(deepest -> !ALTERNATIVES.contains(deepest.getType()))
        .map(deepest -> mistake(file, content, deepest));
  }

  /** Whether no step takes this word; Camel compares them like this. */
  private static boolean isWrongWord(ValidationMessage message) {
    String value = message.getInstanceNode().asText();
    return message.getType().equals("enum")
        && !value.contains("{{")
        && words(message).noneMatch(word -> plain(word).equals(plain(value)));
  }

  private static Stream<String> words(ValidationMessage message) {
    JsonNode list = message.getSchemaNode();
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText);
  }

  private static String plain(String word) {
    return word.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
  }

  private static boolean isValue(ValidationMessage message) {
    return message.getInstanceNode() != null
        && message.getInstanceNode().isValueNode()
        && !message.getInstanceNode().isNull();
  }

  private Mistake mistake(Path file, YamlNode content, ValidationMessage message) {
    List<String> path = names(message.getInstanceLocation());
    YamlNode place = content.at(path);
    if (message.getType().equals("required")) {
      return Mistake.failed(
          file, place.line(), "lacks the word " + message.getProperty(), "add it");
    }
    if (message.getType().equals("enum")) {
      String name = path.isEmpty() ? "the value" : path.get(path.size() - 1);
      return Mistake.failed(
          file,
          place.line(),
          name + " does not take this value",
          "it takes " + words(message).collect(Collectors.joining(", ")));
    }
    if (!message.getType().equals("additionalProperties")) {
      String said = message.getMessage().replaceFirst("^[/$][^:]*: ", "");
      // Camel may be less strict
      return Mistake.warning(file, place.line(), said, "correct it");
    }
    return unknown(file, place, message);
  }

  private Mistake unknown(Path file, YamlNode place, ValidationMessage message) {
    String name = message.getProperty();
    int line =
        place.entries().stream()
            .filter(entry -> entry.key().equals(name))
            .mapToInt(YamlNode.Entry::line)
            .findFirst()
            .orElse(place.line());
    List<String> known = known(message);
    String remedy =
        Closest.to(name, known)
            .map(near -> "did you mean " + near + "?")
            .orElse(
                "known here: " + String.join(", ", known.subList(0, Math.min(12, known.size()))));
    return Mistake.failed(file, line, "unknown word " + name, remedy);
  }

  /** The properties beside the {@code additionalProperties} that refused one. */
  private List<String> known(ValidationMessage message) {
    JsonNode here = source;
    List<String> names = names(message.getSchemaLocation().getFragment());
    for (String name : names.subList(0, Math.max(0, names.size() - 1))) {
      here = here.isArray() ? here.path(Integer.parseInt(name)) : here.path(name);
    }
    List<String> known = new ArrayList<>();
    here.path("properties").fieldNames().forEachRemaining(known::add);
    return known;
  }

  private static List<String> names(JsonNodePath path) {
    return IntStream.range(0, path.getNameCount())
        .mapToObj(i -> path.getElement(i).toString())
        .toList();
  }
}
