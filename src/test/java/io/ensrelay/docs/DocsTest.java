package io.ensrelay.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import io.ensrelay.cli.EnsRelay;
import io.ensrelay.config.DescribedKey;
import io.ensrelay.config.KnownKeys;
import io.ensrelay.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation shows is true: snippets, commands, keys, defaults and links. */
class DocsTest {
  private static final Path README = Path.of("README.md");
  private static final Path COMMANDS = Path.of("docs/commands.md");
  private static final Path CONFIGURATION = Path.of("docs/configuration.md");
  private static final Path DECISIONS = Path.of("docs/decisions");
  private static final int MOST_LINES = 150;
  private static final Path SETTINGS = Path.of("application.properties");

  @TempDir Path dir;

  @Test
  void isShort() throws IOException {
    long lines = Files.readString(README).lines().count();

    assertTrue(lines <= MOST_LINES, README + " has " + lines + " lines");
  }

  @Test
  void showsPropertiesThatPassTheCheck() throws IOException {
    List<String> blocks = properties();
    assertTrue(blocks.size() >= 8, "found " + blocks);
    for (String block : blocks) {
      Path file = Files.writeString(dir.resolve("application.properties"), block);
      Properties rest = new Properties();
      // the files of the example do not exist; a -D option cannot unset, so the lines are left out
      Files.writeString(file, Files.readString(file).replaceAll("(?m)^.*tls\\..*$", ""));
      rest.setProperty("ens.mqtt.username", "instead of the certificate");
      rest.setProperty("ens.mqtt.password", "secret");
      rest.setProperty("ens.data.dir", dir.resolve("data").toString());
      rest.setProperty("ens.archive.dir", dir.resolve("events").toString());
      required(file).forEach(rest::setProperty);
      Settings.load(file, Map.of(), rest).check();
    }
  }

  /** The lines taken out above are names that the relay knows. */
  @Test
  void showsOnlyKnownKeys() throws IOException {
    for (String block : properties()) {
      properties(block).stringPropertyNames().forEach(KnownKeys::requireKnown);
    }
  }

  @Test
  void showsTheDestinationAndItsTestThatRun() throws IOException {
    Path shown = Path.of("src/test/resources/readme");
    assertEquals(
        List.of(
            Files.readString(shown.resolve("siem.camel.yaml")),
            Files.readString(shown.resolve("siem.test.yaml"))),
        blocks(README, "yaml"));
  }

  @Test
  void showsTheTestThatRuns() throws IOException {
    String shown =
        Files.readString(Path.of("src/test/java/io/ensrelay/destination/SiemRouteTest.java"))
            .replace("file:src/test/resources/readme/", "file:routes/destinations/");

    assertEquals(List.of(shown), blocks(Path.of("docs/testing.md"), "java"));
    assertEquals(List.of(shown.substring(shown.indexOf("@CamelMainTest"))), blocks(README, "java"));
  }

  @Test
  void showsADestinationThatIsValidByTheSchemaOfTheDsl() throws IOException {
    assertEquals(Set.of(), problems(blocks(README, "yaml").get(0)));
  }

  @Test
  void showsADestinationThatCamelLoads() throws Exception {
    Path file = Files.writeString(dir.resolve("siem.camel.yaml"), blocks(README, "yaml").get(0));
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      PluginHelper.getRoutesLoader(camel)
          .loadRoutes(PluginHelper.getResourceLoader(camel).resolveResource("file:" + file));

      assertNotNull(camel.getRouteDefinition("destination.siem"));
    }
  }

  @Test
  void namesCommandsAndOptionsThatExist() throws IOException {
    for (Path page : pages()) {
      for (MatchResult found :
          all(
              "java(?: -[DX]\\S+)* -jar (?:target/)?ens-relay\\.jar([^\\n`|&(]*)",
              Files.readString(page))) {
        assertRuns(page, found.group(1).trim());
      }
    }
  }

  @Test
  void namesEveryCommandInItsTable() throws IOException {
    String table = section(Files.readString(COMMANDS), "# Commands");
    Set<String> named =
        all("(?m)^\\| `([a-z]+)`", table).stream()
            .map(found -> found.group(1))
            .collect(Collectors.toCollection(TreeSet::new));

    assertEquals(new TreeSet<>(EnsRelay.commandLine().getSubcommands().keySet()), named);
  }

  @Test
  void showsCommandsInTablesThatExist() throws IOException {
    Set<String> commands = EnsRelay.commandLine().getSubcommands().keySet();
    int shown = 0;
    for (MatchResult row : all("(?m)^\\| `([a-z]+ [^`]+)`", Files.readString(COMMANDS))) {
      assertTrue(commands.contains(row.group(1).split(" ")[0]), row.group(1));
      assertRuns(COMMANDS, row.group(1));
      shown++;
    }
    assertTrue(shown >= 4, "found " + shown);
  }

  @Test
  void describesEveryOptionOfTheSimulator() throws IOException {
    Set<String> described =
        all("(?m)^\\| (`--.*?) \\|", Files.readString(Path.of("docs/simulator.md"))).stream()
            .flatMap(row -> all("--[a-z-]+", row.group(1)).stream())
            .map(MatchResult::group)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> options =
        EnsRelay.commandLine().getSubcommands().get("simulate").getCommandSpec().options().stream()
            .map(option -> option.longestName())
            .filter(name -> !Set.of("--help", "--version").contains(name))
            .collect(Collectors.toCollection(TreeSet::new));

    assertEquals(options, described);
  }

  @Test
  void namesEveryKeyInTheHelp() {
    String help = EnsRelay.commandLine().getSubcommands().get("run").getUsageMessage();
    for (DescribedKey key : DescribedKey.all()) {
      assertTrue(help.contains("\n" + key.name()), key.name());
    }
  }

  @Test
  void describesEveryKeyWithItsDefault() throws IOException {
    Map<String, String> shipped = new TreeMap<>();
    for (MatchResult line :
        all("(?m)^(#?)([a-z][A-Za-z0-9.-]+)=(.*)$", Files.readString(SETTINGS))) {
      shipped.put(line.group(2), line.group(1).isEmpty() ? line.group(3) : "");
    }
    Map<String, String> described = new TreeMap<>();
    for (MatchResult row :
        all(
            "(?m)^\\| `([a-z][A-Za-z0-9.-]+)` \\|.*\\|(.*)\\|$",
            section(Files.readString(CONFIGURATION), "## Keys"))) {
      String given = row.group(2).trim();
      described.put(row.group(1), given.startsWith("`") ? given.replace("`", "") : "");
    }
    // where Camel itself would read them, they can't be set in the file
    assertEquals("9876", described.put("camel.management.port", ""));
    assertEquals("127.0.0.1", described.put("camel.management.host", ""));

    assertEquals(shipped, described);
  }

  @Test
  void linksOnlyToFilesAndHeadingsThatExist() throws IOException {
    for (Path page : pages()) {
      for (MatchResult link :
          all("\\]\\((?!https?:)([^)#]*)(?:#([^)]*))?\\)", Files.readString(page))) {
        Path target = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
        assertTrue(Files.exists(target), page + " links to " + target);
        if (link.group(2) != null) {
          Set<String> anchors = anchors(target);
          assertTrue(
              anchors.contains(link.group(2)),
              page + " links to #" + link.group(2) + ", and " + target + " has " + anchors);
        }
      }
    }
  }

  /** A page that no other page links to is found by nobody. */
  @Test
  void linksToEveryPage() throws IOException {
    Set<Path> linked = new TreeSet<>();
    for (Path page : pages()) {
      for (MatchResult link : all("\\]\\((?!https?:)([^)#]+)", Files.readString(page))) {
        linked.add(page.resolveSibling(link.group(1)).normalize());
      }
    }
    for (Path page : pages()) {
      boolean isDecision = page.startsWith(DECISIONS) && linked.contains(DECISIONS);
      assertTrue(
          page.equals(README) || isDecision || linked.contains(page), page + " is not linked");
    }
  }

  /** Whether the command line takes it; the command itself is not started. */
  private static void assertRuns(Path page, String arguments) {
    String[] words = arguments.isEmpty() ? new String[0] : arguments.split("\\s+");
    try {
      EnsRelay.commandLine().parseArgs(words);
    } catch (picocli.CommandLine.ParameterException e) {
      throw new AssertionError(page + ": " + arguments + ": " + e.getMessage(), e);
    }
  }

  /** The headings of a page, as GitHub makes anchors of them. */
  private static Set<String> anchors(Path page) throws IOException {
    return all("(?m)^#+ (.*)$", Files.readString(page)).stream()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> problems(String yaml) throws IOException {
    try (InputStream schema = DocsTest.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
      JsonSchema dsl = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4).getSchema(schema);
      JsonNode document = new YAMLMapper().readTree(yaml);
      assertFalse(document.isEmpty());
      return dsl.validate(document).stream()
          .map(ValidationMessage::getMessage)
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** The required keys that the snippet leaves to the reader. */
  private static Map<String, String> required(Path file) throws IOException {
    Map<String, String> missing =
        new TreeMap<>(Map.of("ens.api.url", "https://host", "ens.mqtt.url", "ssl://host:8883"));
    missing.keySet().removeAll(properties(Files.readString(file)).stringPropertyNames());
    return missing;
  }

  private static Properties properties(String text) throws IOException {
    Properties properties = new Properties();
    properties.load(new java.io.StringReader(text));
    return properties;
  }

  /** The snippets of the pages for users. */
  private static List<String> properties() throws IOException {
    List<String> blocks = new ArrayList<>();
    for (Path page : pages()) {
      blocks.addAll(blocks(page, "properties"));
    }
    return blocks;
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
      return Stream.concat(
              Stream.of(README, Path.of("CHANGELOG.md"), Path.of("SECURITY.md")),
              docs.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList();
    }
  }

  private static List<String> blocks(Path page, String language) throws IOException {
    return all("(?s)```" + language + "\\n(.*?)```", Files.readString(page)).stream()
        .map(found -> found.group(1))
        .toList();
  }

  private static String section(String page, String heading) {
    int from = page.indexOf(heading + "\n");
    assertTrue(from >= 0, "no section " + heading);
    int to = page.indexOf("\n## ", from + heading.length());
    return page.substring(from, to < 0 ? page.length() : to);
  }

  private static List<MatchResult> all(String pattern, String text) {
    List<MatchResult> found = Pattern.compile(pattern).matcher(text).results().toList();
    return found;
  }
}
