package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersionDetector;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The shipped route files against Camel's schema and against our own rules. */
@TestInstance(Lifecycle.PER_CLASS)
class ShippedYamlTest {
  private static final Path ROUTES = Path.of("routes");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  /** Large: not kept for the classes that follow in the same JVM. */
  private final JsonSchema schema = schema();

  private static final String PLACEHOLDER = "\\{\\{\\??[^{}]+}}";

  /** A component and at most a name; options stand in parameters. */
  private static final Pattern URI =
      Pattern.compile(
          "[a-z][a-z0-9-]*(:([A-Za-z][A-Za-z0-9.-]*|" + PLACEHOLDER + ")(\\{\\{suffix}})?)?");

  private static final Set<String> OTHER_URIS =
      Set.of(
          // the path belongs to the service's API and is the same for everyone
          "{{ens.api.url}}/msa/v1/cps/event/$metadata",
          "{{ens.api.url}}/msa/v1/cps/device",
          "{{ens.api.url}}/msa/v1/cps/device/uuid",
          "{{ens.api.url}}/msa/v1/cps/device/application");

  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?i)[a-z]+://[^{]|localhost|\\b\\d+\\.\\d+\\.\\d+\\.\\d+\\b|:\\d{2,5}\\b(?!}})");

  private static final Pattern SECRET = Pattern.compile("(?i).*(password|secret|token|apikey)");

  private static final Pattern CREDENTIAL =
      Pattern.compile("(?i).*(password|username|secret|token|api-?key|authorization).*");

  static List<Path> routeFiles() {
    List<Path> files = files(".camel.yaml");
    assertTrue(files.size() >= 7, files.toString());
    return files;
  }

  static List<Path> kamelets() {
    return files(".kamelet.yaml");
  }

  static Stream<Path> allFiles() {
    return Stream.concat(routeFiles().stream(), kamelets().stream());
  }

  @ParameterizedTest
  @MethodSource("routeFiles")
  void isValid(Path file) throws IOException {
    assertEquals(Set.of(), schema.validate(YAML.readTree(file.toFile())));
  }

  @ParameterizedTest
  @MethodSource("kamelets")
  void hasAValidTemplate(Path file) throws IOException {
    ObjectNode template = (ObjectNode) YAML.readTree(file.toFile()).at("/spec/template");
    assertTrue(template.has("from"), "no template");
    ArrayNode parts = YAML.createArrayNode();
    JsonNode beans = template.remove("beans");
    if (beans != null) {
      parts.addObject().set("beans", beans);
    }
    parts.addObject().set("route", template);
    assertEquals(Set.of(), schema.validate(parts));
  }

  @ParameterizedTest
  @MethodSource("kamelets")
  void describesEachParameterOfAKamelet(Path file) throws IOException {
    JsonNode kamelet = YAML.readTree(file.toFile());
    JsonNode definition = kamelet.at("/spec/definition");
    Set<String> required = new HashSet<>();
    definition.path("required").forEach(name -> required.add(name.asText()));
    List<String> wrong = new ArrayList<>();
    assertEquals(
        file.getFileName().toString(), kamelet.at("/metadata/name").asText() + ".kamelet.yaml");
    definition
        .path("properties")
        .properties()
        .forEach(
            parameter -> {
              JsonNode told = parameter.getValue();
              String name = parameter.getKey();
              if (!told.has("title") || !told.has("description") || !told.has("type")) {
                wrong.add(name + " is not described");
              }
              if (SECRET.matcher(name).matches()
                  != told.path("format").asText().equals("password")) {
                wrong.add(name + " is a secret, or is not");
              }
              if (!required.contains(name) && !told.has("default") && !name.equals("selector")) {
                wrong.add(name + " is neither required nor has a default");
              }
            });
    assertEquals(List.of(), wrong);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "- route:\n"
            + "    id: a\n"
            + "    from:\n"
            + "      uri: direct:a\n"
            + "      steps:\n"
            + "        - sendTo: log:b\n",
        "- route:\n    id: a\n    from:\n      steps: []\n",
        "- route:\n    id: a\n    from:\n      uri: direct:a\n      step: []\n",
        "- rout:\n    id: a\n"
      })
  void refusesABrokenFile(String yaml) throws IOException {
    assertFalse(schema.validate(YAML.readTree(yaml)).isEmpty());
  }

  @ParameterizedTest
  @MethodSource("routeFiles")
  void namesAndDescribesEachRoute(Path file) throws IOException {
    List<String> wrong = new ArrayList<>();
    walk(
        YAML.readTree(file.toFile()),
        (key, node) -> {
          boolean route = key.equals("route");
          if (route && !node.path("id").asText().matches("[a-z]+\\.[a-z-]+(\\{\\{suffix}})?")) {
            wrong.add("no id stage.noun: " + node.path("id"));
          }
          if ((route || key.equals("routeConfiguration"))
              && node.path("description").asText().isBlank()) {
            wrong.add("no description: " + node.path("id"));
          }
        });
    assertEquals(List.of(), wrong);
  }

  @ParameterizedTest
  @MethodSource("allFiles")
  void saysOfEachBeanStepWhatItIsAndDoes(Path file) throws IOException {
    List<String> wrong = new ArrayList<>();
    walk(
        YAML.readTree(file.toFile()),
        (key, node) -> {
          // a kamelet may be used twice, but an id only once
          boolean isNamed = node.has("id") || kamelets().contains(file);
          if (key.equals("bean") && !(isNamed && node.has("ref") && node.has("method"))) {
            wrong.add(node.toString());
          }
        });
    assertEquals(List.of(), wrong);
  }

  @ParameterizedTest
  @MethodSource("allFiles")
  void holdsNoAddressAndNoCredential(Path file) throws IOException {
    List<String> wrong = new ArrayList<>();
    walk(
        YAML.readTree(file.toFile()),
        (key, node) -> {
          String text = node.asText();
          if (node.isValueNode() && !key.equals("description") && ADDRESS.matcher(text).find()) {
            wrong.add(key + ": " + text);
          }
          if (node.isValueNode()
              && CREDENTIAL.matcher(key).matches()
              && !text.matches(PLACEHOLDER)) {
            wrong.add(key + " is not a placeholder");
          }
        });
    assertEquals(List.of(), wrong);
  }

  @ParameterizedTest
  @MethodSource("allFiles")
  void putsOptionsIntoParameters(Path file) throws IOException {
    List<String> wrong = new ArrayList<>();
    walk(
        YAML.readTree(file.toFile()),
        (key, node) -> {
          if (key.equals("uri")
              && !URI.matcher(node.asText()).matches()
              && !OTHER_URIS.contains(node.asText())) {
            wrong.add(node.asText());
          }
        });
    assertEquals(List.of(), wrong);
  }

  @Test
  void listsNoExceptionThatIsGone() throws IOException {
    Set<String> used = new HashSet<>();
    for (Path file : allFiles().toList()) {
      walk(
          YAML.readTree(file.toFile()),
          (key, node) -> {
            if (key.equals("uri")) {
              used.add(node.asText());
            }
          });
    }
    assertTrue(used.containsAll(OTHER_URIS), used.toString());
  }

  static List<Path> destinations() {
    return files(".camel.yaml").stream()
        .filter(file -> file.startsWith(ROUTES.resolve("destinations")))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("destinations")
  void callsADestinationLikeItsFile(Path file) throws IOException {
    String name = file.getFileName().toString().replace(".camel.yaml", "");
    JsonNode route = YAML.readTree(file.toFile()).findValue("route");

    assertEquals("destination." + name, route.path("id").asText());
    assertEquals("kamelet:ens-events-source", route.at("/from/uri").asText());
    assertEquals(name, route.at("/from/parameters/destination").asText());
    assertEquals("{{ens.destination." + name + ".enabled}}", route.path("precondition").asText());
  }

  private static void walk(JsonNode node, BiConsumer<String, JsonNode> visit) {
    node.properties()
        .forEach(
            field -> {
              visit.accept(field.getKey(), field.getValue());
              walk(field.getValue(), visit);
            });
    if (node.isArray()) {
      node.forEach(
          element -> {
            if (element.isValueNode()) {
              visit.accept("", element);
            }
            walk(element, visit);
          });
    }
  }

  private static List<Path> files(String ending) {
    try (Stream<Path> walk = Files.walk(ROUTES)) {
      return walk.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonSchema schema() {
    try (InputStream in = ShippedYamlTest.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
      JsonNode schema = JSON.readTree(in);
      return JsonSchemaFactory.getInstance(SpecVersionDetector.detect(schema)).getSchema(schema);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
