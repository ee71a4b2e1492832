package io.ensrelay.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.config.Settings;
import io.ensrelay.service.EventMetadata;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of mistakes in route files: the line, the problem, and what to do. */
class RouteCheckTest {
  private static final Path MISTAKES = Path.of("src/test/resources/mistakes");
  private static final Set<String> TYPES = types();
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```yaml\n(.*?)^```");

  @TempDir Path dir;

  static List<Path> mistakes() {
    List<Path> files = list(MISTAKES);
    assertTrue(files.size() >= 30, files.toString());
    return files;
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void saysTheLineAndWhatToDo(Path file) throws IOException {
    List<Mistake> found = check().of(file);

    String said =
        found.stream()
            .map(each -> "# " + each.level().word() + ", line " + each.line() + ": " + each.text())
            .collect(Collectors.joining("\n"));
    String expected =
        Files.readString(file)
            .lines()
            .takeWhile(line -> line.startsWith("# "))
            .map(line -> line.replace("{here}", Path.of("").toAbsolutePath().toString()))
            .collect(Collectors.joining("\n"));
    assertEquals(expected, said);
    assertFalse(said.contains("s3cr3t"), said);
  }

  @Test
  void findsNothingInAnUnusualFileThatCamelStarts() {
    assertEquals(List.of(), check().of(Path.of("src/test/resources/unusual/right.camel.yaml")));
  }

  @Test
  void findsNothingInTheShippedFiles() {
    assertEquals(List.of(), check().all());
  }

  @Test
  void findsNothingInACopyOfAShippedFile() throws IOException {
    for (Path shipped : list(Path.of("routes/destinations"))) {
      Path copy = dir.resolve("copy.camel.yaml");
      String name = shipped.getFileName().toString().replace(".camel.yaml", "");
      Files.writeString(
          copy,
          Files.readString(shipped)
              .replaceAll("(id|destination): (destination\\.)?" + name, "$1: $2copy")
              .replace("id: copy.send", "id: copy.to"));
      assertEquals(List.of(), check().of(copy), shipped.toString());
    }
  }

  @Test
  void findsNothingWhenEachShippedFileHasALineOfTheUsers() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("routes"))) {
      for (Path file :
          files.filter(each -> each.toString().matches(".*(camel|let).yaml")).toList()) {
        Path copy = dir.resolve(file);
        Files.createDirectories(copy.getParent());
        Files.writeString(copy, Files.readString(file) + "\n# mine\n");
      }
    }
    Properties own = new Properties();
    own.setProperty(
        "camel.main.routesIncludePattern",
        "file:%1$s/routes/*.camel.yaml,file:%1$s/routes/destinations/*.camel.yaml".formatted(dir));
    own.setProperty("camel.component.kamelet.location", "file:" + dir + "/routes/kamelets");

    assertEquals(List.of(), new RouteCheck(settings(own), () -> TYPES).all());
  }

  @Test
  void findsNothingInACopyOfAShippedKamelet() throws IOException {
    for (Path shipped : list(Path.of("routes/kamelets"))) {
      Path copy = dir.resolve(shipped.getFileName());
      Files.writeString(copy, Files.readString(shipped) + "\n# mine\n");
      assertEquals(List.of(), check().of(copy), shipped.toString());
    }
  }

  @Test
  void findsNothingInTheExamplesOfTheDocumentation() throws IOException {
    int examples = 0;
    List<Path> pages;
    try (Stream<Path> walk = Files.walk(Path.of("docs"))) {
      pages =
          Stream.concat(walk, Stream.of(Path.of("README.md")))
              .filter(page -> page.toString().endsWith(".md"))
              .sorted()
              .toList();
    }
    for (Path page : pages) {
      Matcher block = BLOCK.matcher(Files.readString(page));
      while (block.find()) {
        if (block.group(1).matches("(?s)- (route|beans):.*from:.*")) {
          examples++;
          Path file = Files.writeString(dir.resolve("example.camel.yaml"), block.group(1));
          assertEquals(List.of(), check(keysOf(block.group(1))).of(file), page.toString());
        }
      }
    }
    assertTrue(examples > 5, examples + " examples");
  }

  /** The reader sets the keys that an example names. */
  private static Properties keysOf(String example) {
    Properties keys = new Properties();
    Matcher key = Pattern.compile("\\{\\{(ens\\.destination\\.[\\w.-]+)}}").matcher(example);
    while (key.find()) {
      keys.setProperty(key.group(1), "https://siem.example.com/in");
    }
    return keys;
  }

  @Test
  void findsFilesThatAreNoText() throws IOException {
    Path empty = Files.createFile(dir.resolve("empty.camel.yaml"));
    Path comment = Files.writeString(dir.resolve("comment.camel.yaml"), "# later\n");
    Path latin =
        Files.write(
            dir.resolve("latin.camel.yaml"), "# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    Path large = Files.write(dir.resolve("large.camel.yaml"), new byte[10 << 20]);

    assertEquals(List.of(empty + ", line 1: is empty; write a route, or remove it"), lines(empty));
    assertEquals(
        List.of(comment + ", line 1: is empty; write a route, or remove it"), lines(comment));
    assertEquals(List.of(latin + ", line 1: is not UTF-8 text; save it as UTF-8"), lines(latin));
    assertEquals(
        List.of(
            large
                + ", line 1: has 10240 KB, and a route file may have 1024; split it into several files"),
        lines(large));
  }

  @Test
  void findsAMisspeltSettingOfASink() throws IOException {
    Path file =
        Files.writeString(
            dir.resolve("siem.camel.yaml"),
            """
            - route:
                id: destination.siem
                from:
                  uri: kamelet:ens-events-source
                  parameters:
                    destination: siem
                  steps:
                    - to:
                        uri: kamelet:ens-webhook-sink
                        parameters:
                          destination: siem
            """);
    Properties keys = new Properties();
    keys.setProperty("ens.destination.siem.url", "https://siem.example.com/in");
    keys.setProperty("ens.destination.siem.secert", "whsec_s3cr3t");
    // somebody's own
    keys.setProperty("ens.destination.siem.site", "eu");

    assertEquals(
        List.of(
            file
                + ", line 9: ens.destination.siem.secert is no setting of ens-webhook-sink;"
                + " did you mean ens.destination.siem.secret?"),
        check(keys).of(file).stream().map(Mistake::toString).toList());
  }

  @Test
  void findsYamlFilesThatNobodyReads() throws IOException {
    folder();
    Files.writeString(dir.resolve("routes/destinations/siem.yaml"), "x");
    Files.writeString(dir.resolve("routes/destinations/siem.test.yaml"), "x");
    Files.writeString(dir.resolve("routes/kamelets/mine.yml"), "x");

    assertEquals(
        List.of(
            dir.resolve("routes/destinations/siem.yaml")
                + ", line 1: is not read as a route file; rename it to siem.camel.yaml, or move it away",
            dir.resolve("routes/kamelets/mine.yml")
                + ", line 1: is not read as a kamelet; rename it to mine.kamelet.yaml, or move it away"),
        own().all().stream().map(Mistake::toString).toList());
  }

  @Test
  void remembersGoodFilesAndLooksAtThemAgainAfterAChange() throws IOException {
    folder();
    Path file = dir.resolve("routes/destinations/right.camel.yaml");
    String right = Files.readString(Path.of("src/test/resources/unusual/right.camel.yaml"));
    Files.writeString(file, right);
    Path good = dir.resolve(RouteCheck.GOOD_FILES);

    assertEquals(List.of(), remembering(good).all());
    List<String> first = Files.readAllLines(good);
    assertEquals(1, first.size(), first.toString());
    assertEquals(List.of(), remembering(good).all());
    assertEquals(first, Files.readAllLines(good));

    Files.writeString(file, right.replace("[range(3)] |", "[range(3) |"));
    List<Mistake> found = remembering(good).all();
    assertEquals(1, found.size(), found.toString());
    assertTrue(found.get(0).text().startsWith("this is no jq"), found.toString());
  }

  @Test
  void findsWhatChangedAroundAGoodFile() throws IOException {
    folder();
    Path file = dir.resolve("routes/destinations/right.camel.yaml");
    Files.copy(Path.of("src/test/resources/unusual/right.camel.yaml"), file);
    Path good = dir.resolve(RouteCheck.GOOD_FILES);
    assertEquals(List.of(), remembering(good).all());

    Files.delete(dir.resolve("routes/kamelets/ens-events-source.kamelet.yaml"));
    List<Mistake> found = remembering(good).all();
    assertEquals(1, found.size(), found.toString());
    assertTrue(found.get(0).text().startsWith("no kamelet ens-events-source"), found.toString());
  }

  private RouteCheck remembering(Path good) {
    return new RouteCheck(ownSettings(), () -> TYPES, Optional.of(good));
  }

  @Test
  void findsMistakesInAKamelet() throws IOException {
    folder();
    Path kamelet = dir.resolve("routes/kamelets/mine-sink.kamelet.yaml");
    Files.writeString(
        kamelet,
        """
        kind: Kamelet
        metadata:
          name: mine
        spec:
          definition:
            required: [url]
            properties:
              path: {type: string}
          template:
            from:
              uri: kamelet:source
              steps:
                - to:
                    uri: "log:{{pth}}"
                - tp:
                    uri: log:x
        """);

    assertEquals(
        List.of(
            "warning 3: metadata.name is not the name of the file; write name: mine-sink, or rename the file",
            "warning 6: requires the parameter url, which it does not describe; add it under properties",
            "warning 14: no value for {{pth}}; did you mean {{path}}?",
            "warning 15: unknown word tp; did you mean to?"),
        said(kamelet));

    Files.writeString(
        dir.resolve("routes/destinations/siem.camel.yaml"),
        """
        - route:
            id: destination.siem
            from:
              uri: kamelet:ens-events-source
              parameters:
                destination: siem
              steps:
                - to:
                    uri: kamelet:mine-sink
                    parameters:
                      url: x
        """);
    assertTrue(said(kamelet).get(0).startsWith("failed 3: "), said(kamelet).toString());
  }

  private List<String> said(Path file) {
    return own().of(file).stream()
        .map(each -> each.level().word() + " " + each.line() + ": " + each.text())
        .toList();
  }

  private List<String> lines(Path file) {
    return check().of(file).stream().map(Mistake::toString).toList();
  }

  /** A folder with the shipped kamelets, and without a route. */
  private void folder() throws IOException {
    Files.createDirectories(dir.resolve("routes/destinations"));
    Files.createDirectories(dir.resolve("routes/kamelets"));
    for (Path kamelet : list(Path.of("routes/kamelets"))) {
      Files.copy(kamelet, dir.resolve("routes/kamelets").resolve(kamelet.getFileName()));
    }
  }

  private RouteCheck own() {
    return new RouteCheck(ownSettings(), () -> TYPES);
  }

  private Settings ownSettings() {
    Properties own = new Properties();
    own.setProperty(
        "camel.main.routesIncludePattern", "file:" + dir + "/routes/destinations/*.camel.yaml");
    own.setProperty("camel.component.kamelet.location", "file:" + dir + "/routes/kamelets");
    return settings(own);
  }

  private static RouteCheck check() {
    return check(new Properties());
  }

  private static RouteCheck check(Properties more) {
    return new RouteCheck(settings(more), () -> TYPES);
  }

  private static Settings settings(Properties more) {
    Properties all = new Properties();
    all.setProperty("ens.api.url", "https://service.example.com");
    all.setProperty("ens.mqtt.url", "ssl://service.example.com:8883");
    all.putAll(more);
    return Settings.load(Path.of("none.properties"), Map.of(), all);
  }

  private static Set<String> types() {
    try {
      return new ObjectMapper()
          .readValue(new File("src/test/resources/metadata/neurons.json"), EventMetadata.class)
          .names();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> !file.toString().endsWith(".test.yaml")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
