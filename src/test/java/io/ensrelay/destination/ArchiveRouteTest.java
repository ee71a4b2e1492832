package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.EndpointInject;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.apache.camel.test.main.junit5.Configure;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the archive destination leaves in its folder. */
@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = {
      "camel.main.routesIncludePattern="
          + "file:routes/errors.camel.yaml,file:routes/destinations/archive.camel.yaml",
      "ens.tenant=acme",
      "ens.data.dir=target/no-spool"
    },
    replaceRouteFromWith = "destination.archive=direct:events",
    mockEndpointsAndSkip = "spool:dead")
class ArchiveRouteTest {
  @TempDir Path parent;

  @Produce("direct:events")
  ProducerTemplate events;

  @EndpointInject("mock:spool:dead")
  MockEndpoint deadLetters;

  @Configure
  void archiveIn(MainConfigurationProperties main) {
    System.setProperty("ens.archive.dir", parent.resolve("archive").toString());
  }

  @AfterEach
  void startsNoBroker() {
    System.clearProperty("ens.archive.dir");
    assertTrue(Files.notExists(Path.of("target/no-spool")), "something started the spool");
  }

  @Test
  void appendsAnEventAsOneLine() throws Exception {
    assertEquals(List.of(SpooledEvent.one().text()), archived(SpooledEvent.one()));
  }

  @Test
  void appendsManyInOrder() throws Exception {
    assertEquals(
        SpooledEvent.many().stream().map(SpooledEvent::text).toList(),
        archived(SpooledEvent.many().toArray(SpooledEvent[]::new)));
  }

  @Test
  void appendsOneLineForABodyOfSeveral() throws Exception {
    List<String> lines = archived(SpooledEvent.pretty(), SpooledEvent.none());

    assertEquals(2, lines.size(), lines.toString());
    ObjectMapper json = new ObjectMapper();
    assertEquals(json.readTree(SpooledEvent.pretty().body()), json.readTree(lines.get(0)));
    assertEquals(SpooledEvent.none().text(), lines.get(1));
  }

  @Test
  void keepsTheNextEventWholeAfterOneThatIsNoJson() throws Exception {
    List<String> lines = archived(SpooledEvent.malformed(), SpooledEvent.one());

    assertEquals(2, lines.size(), lines.toString());
    assertEquals(SpooledEvent.one().text(), lines.get(1));
  }

  @Test
  void takesNoFileNameFromAHeader() throws Exception {
    assertEquals(List.of(SpooledEvent.one().text()), archived(SpooledEvent.one().hostile()));
  }

  /** The lines of the only file there is. */
  private List<String> archived(SpooledEvent... all) throws Exception {
    deadLetters.expectedMessageCount(0);
    for (SpooledEvent event : all) {
      events.sendBodyAndHeaders(event.body(), event.headers());
    }
    deadLetters.assertIsSatisfied();
    List<Path> files = files();
    assertEquals(1, files.size(), files.toString());
    String name = parent.relativize(files.get(0)).toString().replace('\\', '/');
    assertTrue(name.matches("archive/acme-\\d{4}-\\d\\d-\\d\\d\\.jsonl"), name);
    String text = new String(Files.readAllBytes(files.get(0)), StandardCharsets.UTF_8);
    assertTrue(text.endsWith("\n"), text);
    return new ArrayList<>(List.of(text.split("[\r\n]")));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> walk = Files.walk(parent)) {
      return walk.filter(Files::isRegularFile).toList();
    }
  }
}
