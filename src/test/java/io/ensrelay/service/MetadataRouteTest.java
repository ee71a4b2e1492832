package io.ensrelay.service;

import static io.ensrelay.service.ScriptedService.endless;
import static io.ensrelay.service.ScriptedService.json;
import static io.ensrelay.service.ScriptedService.status;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.apache.camel.test.main.junit5.Configure;
import org.apache.camel.test.main.junit5.ReplaceInRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Stage 1 as shipped, against a service whose every answer is scripted. */
@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = "camel.main.routesIncludePattern=" + OneTenant.METADATA,
    shutdownTimeout = 30)
class MetadataRouteTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final ScriptedService.Answer GOOD = topics("wiped", "retired");
  private static final Map<String, String> GOOD_TOPICS =
      Map.of(
          "device_wiped",
          "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/wiped",
          "device_retired",
          "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/retired");

  private final ScriptedService service = ScriptedService.http();
  private final RecordedLog log = new RecordedLog();
  private final PiledUp piledUp = new PiledUp();
  private final Path data = freshDirectory();
  @ReplaceInRegistry RecordedSession ensSession = new RecordedSession();
  @BeanInject CamelContext context;

  /** Before the beans of the route file are made, which is before any Java configuration. */
  @Configure
  void connect(MainConfigurationProperties main) {
    OneTenant.write();
    System.setProperty("ens.api.url", service.url());
    System.setProperty("ens.data.dir", data.toString());
    main.addConfiguration(piledUp);
  }

  @AfterEach
  void close() {
    System.clearProperty("ens.api.url");
    System.clearProperty("ens.data.dir");
    service.close();
    log.close();
  }

  @Test
  void subscribesToEveryTopicTheServiceNames() throws IOException {
    service.answers(json(Files.readString(Path.of("src/test/resources/metadata/neurons.json"))));

    await().atMost(BOUND).until(() -> ensSession.wanted().size() == 9);

    assertEquals(
        "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/app_inventory",
        ensSession.wanted().get("device_app_inventory_update"));
    ScriptedService.Request request = service.requests().get(0);
    assertEquals("GET /msa/v1/cps/event/$metadata", request.line());
    assertEquals("ens-relay", request.userAgent());
    assertNull(request.authorization());
    assertEquals(180, store().known().orElseThrow().retentionPeriodMinutes());
    assertTrue(Files.exists(data.resolve("metadata.json")));
  }

  @Test
  void asksAgainAfterAnErrorAndWarnsOnceOfEachReason() {
    service.answers(
        status(500, Map.of(), "oops"),
        status(503, Map.of(), ""),
        status(500, Map.of(), "oops"),
        GOOD);

    await().atMost(BOUND).until(() -> ensSession.wanted().equals(GOOD_TOPICS));

    assertEquals(4, service.requests().size());
    String more =
        " No event type is known yet, so no event arrives. The relay tries again until it succeeds.";
    assertEquals(
        List.of(
            "Cannot read the event types from the service (ens.api.url): HTTP 500." + more,
            "Cannot read the event types from the service (ens.api.url): HTTP 503." + more),
        log.lines(Level.WARN));
    assertTrue(
        log.lines(Level.INFO).stream()
            .anyMatch(line -> line.startsWith("The event types can be read again, after ")));
    assertEquals(List.of(0, 0, 0), piledUp.counts);
  }

  /**
   * How many failures each failure drags along, which would grow as long as the service is away.
   */
  private static final class PiledUp extends EventNotifierSupport implements CamelConfiguration {
    private final List<Integer> counts = new CopyOnWriteArrayList<>();

    @Override
    public void configure(CamelContext camel) {
      camel.getManagementStrategy().addEventNotifier(this);
    }

    @Override
    public void notify(CamelEvent event) {
      if (event instanceof CamelEvent.ExchangeRedeliveryEvent again) {
        counts.add(
            again
                .getExchange()
                .getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class)
                .getSuppressed()
                .length);
      }
    }
  }

  @Test
  void waitsAsLongAsTheServiceAsksFor() {
    service.answers(status(429, Map.of("Retry-After", "3"), ""), GOOD);

    await().atMost(BOUND).until(() -> ensSession.wanted().equals(GOOD_TOPICS));

    long waited = service.requests().get(1).nanoTime() - service.requests().get(0).nanoTime();
    assertTrue(waited >= Duration.ofSeconds(3).toNanos(), waited + " ns");
  }

  @Test
  void changesNothingOnABadAnswer() {
    service.answers(GOOD);
    await().atMost(BOUND).until(() -> ensSession.wanted().equals(GOOD_TOPICS));

    badAnswers().forEach(this::changesNothingOn);

    assertEquals(Set.of(GOOD_TOPICS), Set.copyOf(ensSession.asked()));
  }

  private void changesNothingOn(String what, ScriptedService.Answer bad) {
    int requests = service.requests().size();
    int warnings = log.lines(Level.WARN).size();
    refresh();
    service.answers(bad);

    await(what).atMost(BOUND).until(() -> log.lines(Level.WARN).size() > warnings);
    service.answers(GOOD);
    await(what).atMost(BOUND).until(() -> backAfter(warnings));
    assertEquals(requests + 2, service.requests().size(), what);
    String warning = log.lines(Level.WARN).get(warnings);
    assertTrue(warning.contains("Using the event types read "), warning);
  }

  private boolean backAfter(int failures) {
    return log.lines(Level.INFO).stream().filter(line -> line.contains("can be read again")).count()
        > failures;
  }

  private static Map<String, ScriptedService.Answer> badAnswers() {
    return Map.ofEntries(
        Map.entry("not JSON", json("<html></html>")),
        Map.entry("JSON and more", json("{\"topics\":{\"a\":\"device/b\"}} <html></html>")),
        Map.entry("a list", json("[]")),
        Map.entry("null", json("null")),
        Map.entry("nothing", json("")),
        Map.entry("no topics", json("{\"retentionPeriodMinutes\":180}")),
        Map.entry("empty topics", json("{\"topics\":{}}")),
        Map.entry("topics that are a list", json("{\"topics\":[\"a\"]}")),
        Map.entry("no usable topic", json("{\"topics\":{\"a\":\"#\",\"b\":7}}")),
        Map.entry("204", status(204, Map.of(), "")),
        Map.entry("201", status(201, Map.of(), "{\"topics\":{\"a\":\"device/b\"}}")),
        Map.entry("302", status(302, Map.of("Location", "/elsewhere"), "")),
        Map.entry("401", status(401, Map.of("WWW-Authenticate", "Basic realm=\"x\""), "")),
        Map.entry("endless", endless(200)),
        Map.entry("endless error", endless(500)));
  }

  @Test
  void tellsInOneLineWhatItLeavesOut() {
    service.answers(
        json(
            "{\"topics\":{\"good\":\"device/good\",\"all\":\"#\",\"number\":7,\"a\\nkey\":\"device/x\"}}"));

    await().atMost(BOUND).until(() -> ensSession.wanted().equals(Map.of("good", "device/good")));

    assertEquals(
        List.of(
            "These event types are not subscribed, because their topic is not"
                + " [<tenant>/]device/<name> of one tenant, or because there are more than 200: a?key,"
                + " all, number"),
        log.lines(Level.WARN));
  }

  @Test
  void usesTheLastGoodAnswerWhenTheServiceIsAwayAtStart() throws IOException {
    Path kept = data.resolve("metadata.json");
    Files.writeString(
        kept,
        "{\"topics\":{\"device_wiped\":\"18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/wiped\"}}");
    Files.setLastModifiedTime(kept, FileTime.from(Instant.now().minusSeconds(7290)));
    service.answers(status(503, Map.of(), ""), status(503, Map.of(), ""));

    await()
        .atMost(BOUND)
        .until(
            () ->
                ensSession
                    .wanted()
                    .equals(
                        Map.of(
                            "device_wiped", "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/wiped")));
    await().atMost(BOUND).until(() -> service.requests().size() == 3);

    assertEquals(
        List.of(
            "Cannot read the event types from the service (ens.api.url): HTTP 503. Using the event"
                + " types read 2 h ago. The relay tries again until it succeeds."),
        log.lines(Level.WARN));
    service.answers(GOOD);
    await().atMost(BOUND).until(() -> ensSession.wanted().equals(GOOD_TOPICS));
  }

  @Test
  void ignoresABrokenFileOnDisk() throws IOException {
    Files.writeString(data.resolve("metadata.json"), "{\"topics\":");
    service.answers(status(503, Map.of(), ""), GOOD);

    await().atMost(BOUND).until(() -> ensSession.wanted().equals(GOOD_TOPICS));

    assertEquals(1, ensSession.asked().size());
    assertEquals(
        "{\"topics\":{\"device_retired\":\"18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/retired\",\"device_wiped\":\"18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/wiped\"}}",
        Files.readString(data.resolve("metadata.json")));
  }

  @Test
  void followsNewAndVanishedEventTypes() {
    service.answers(GOOD);
    await().atMost(BOUND).until(() -> ensSession.wanted().equals(GOOD_TOPICS));

    refresh();
    service.answers(topics("wiped", "signed_out"));

    await()
        .atMost(BOUND)
        .until(
            () ->
                ensSession
                    .wanted()
                    .equals(
                        Map.of(
                            "device_wiped",
                            "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/wiped",
                            "device_signed_out",
                            "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/signed_out")));
    assertEquals(List.of(), log.lines(Level.WARN));
  }

  @Test
  void asksOnceMoreForABurstOfRequests() {
    await().atMost(BOUND).until(() -> service.requests().size() == 1);
    for (int i = 0; i < 100; i++) {
      refresh();
    }
    service.answers(GOOD, topics("wiped"), topics("enrolled"));

    await().atMost(BOUND).until(() -> ensSession.asked().size() == 2);
    await()
        .during(Duration.ofMillis(500))
        .atMost(BOUND)
        .until(() -> service.requests().size() == 2);
  }

  @Test
  void stopsAtOnceWhileItWaitsToAskAgain() {
    service.answers(status(503, Map.of("Retry-After", "3600"), ""));
    await().atMost(BOUND).until(() -> !log.lines(Level.WARN).isEmpty());

    // less than Camel gives a route to stop
    assertTimeout(BOUND, context::stop);

    assertEquals(1, log.lines(Level.WARN).size(), log.lines(Level.WARN)::toString);
  }

  @Nested
  @CamelMainTest(properties = "ens.events=device_wiped, device_signed_out")
  class WithChosenEvents {
    @Test
    void subscribesToThemAndNamesTheUnknownOncePerChange() {
      service.answers(GOOD);
      await()
          .atMost(BOUND)
          .until(
              () ->
                  ensSession
                      .wanted()
                      .equals(
                          Map.of(
                              "device_wiped",
                              "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/wiped")));
      refresh();
      service.answers(GOOD);
      await().atMost(BOUND).until(() -> ensSession.asked().size() == 2);

      assertEquals(
          List.of(
              "ens.events names event types that the service does not have (yet): device_signed_out;"
                  + " known are device_retired, device_wiped"),
          log.lines(Level.WARN));

      refresh();
      service.answers(topics("wiped", "signed_out"));
      await().atMost(BOUND).until(() -> ensSession.wanted().size() == 2);
    }

    @Test
    void wantsNothingWhenNoneOfThemExists() {
      service.answers(topics("retired"));

      await().atMost(BOUND).until(() -> log.lines(Level.WARN).size() == 1);
      await().during(Duration.ofMillis(300)).until(() -> ensSession.asked().isEmpty());
    }
  }

  @Nested
  @CamelMainTest
  class WithAnAnswerOfAnEarlierRun {
    /** Before Camel starts. */
    WithAnAnswerOfAnEarlierRun() throws IOException {
      Files.writeString(
          data.resolve("metadata.json"),
          "{\"topics\":{\"device_wiped\":\"18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/wiped\"}}");
    }

    @Test
    void startsWithItWhileTheServiceIsAsked() {
      await()
          .atMost(BOUND)
          .until(
              () ->
                  ensSession
                      .wanted()
                      .equals(
                          Map.of(
                              "device_wiped",
                              "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/wiped")));
      assertTrue(store().known().isEmpty());

      service.answers(GOOD);
      await().atMost(BOUND).until(() -> ensSession.wanted().equals(GOOD_TOPICS));
      assertEquals(List.of(), log.lines(Level.WARN));
    }
  }

  private void refresh() {
    context
        .createFluentProducerTemplate()
        .to("seda:metadata?size=1&discardWhenFull=true")
        .withHeader("CamelHttpUri", "http://elsewhere")
        .send();
  }

  private MetadataStore store() {
    return context.getRegistry().lookupByNameAndType("ensMetadata", MetadataStore.class);
  }

  static ScriptedService.Answer topics(String... names) {
    return json(
        Stream.of(names)
            .map(
                name ->
                    "\"device_"
                        + name
                        + "\":\"18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/"
                        + name
                        + "\"")
            .collect(Collectors.joining(",", "{\"topics\":{", "}}")));
  }

  private static Path freshDirectory() {
    try {
      return Files.createTempDirectory("metadata");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
