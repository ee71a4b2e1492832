package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.config.Tenant;
import io.ensrelay.delivery.SpoolComponent;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.service.ConfiguredTenants;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Devices;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shipped kamelet and the shipped routes, from the spool over a service on loopback. */
class DetailsRouteTest {
  private static final Duration SOON = RunningDestination.SOON;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  private final DeviceService service = new DeviceService();
  private Received received = new Received();
  private final Map<String, String> settings = new TreeMap<>();
  private RunningDestination relay;

  /** The end of the routes. */
  public static final class Received {
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final List<String> plain = new CopyOnWriteArrayList<>();

    public void take(byte[] body) {
      events.add(new String(body, StandardCharsets.UTF_8));
    }

    public void takePlain(byte[] body) {
      plain.add(new String(body, StandardCharsets.UTF_8));
    }
  }

  private void start() throws Exception {
    service.start();
    connect();
  }

  private void connect() throws Exception {
    settings.put("ens.api.url", service.url());
    settings.putIfAbsent("ens.details.rate", "6000");
    relay =
        new RunningDestination(
            dir.resolve("data"),
            List.of(ofOneTenant().toString(), "src/test/resources/routes/detailed.camel.yaml"),
            settings,
            Map.of("received", received));
  }

  /** The shipped routes as the only tenant of a relay uses them. */
  private Path ofOneTenant() throws Exception {
    String shipped = Files.readString(Path.of("routes/details.camel.yaml"));
    return Files.writeString(dir.resolve("details.camel.yaml"), shipped.replace(Tenant.PLACE, ""));
  }

  @AfterEach
  void close() {
    if (relay != null) {
      relay.close();
    }
    service.close();
  }

  private static Event event(String type, String device, long time) throws Exception {
    return eventOf(type, "\"deviceGuid\":\"" + device + "\",\"os\" : \"IOS\", \"n\":1.50", time);
  }

  private static Event eventOf(String type, String fields, long time) throws Exception {
    String message =
        "{\"timestamp\":%s,\"eventType\":\"device.%s\",\"devices\":[{%s}],\"seq\":1}"
            .formatted(time, type, fields);
    return new EventSplitter("default")
        .split("t/device/" + type, "device_" + type, message.getBytes(StandardCharsets.UTF_8))
        .get(0);
  }

  private JsonNode deliver(Event event) throws Exception {
    int before = received.events.size();
    relay.store(List.of(event));
    await().atMost(SOON).until(() -> received.events.size() > before);
    return details(received.events.get(before));
  }

  private static JsonNode details(String event) throws Exception {
    return JSON.readTree(event).at("/data/details");
  }

  private double meter(String name) {
    return io.ensrelay.base.Meters.of(relay.context()).get(name).counter().count();
  }

  @Test
  void addsDetailsAndLeavesEveryOtherByte() throws Exception {
    settings.put("ens.destination.detailed.with", "device,applications");
    start();
    Event event = event("check_in", "guid-1", RunningDestination.TIME);

    JsonNode details = deliver(event);

    assertEquals("18.1", details.at("/device/osVersion").asText());
    assertEquals("Mail of guid-1", details.at("/applications/0/name").asText());
    assertTrue(Instant.parse(details.get("at").asText()).isBefore(Instant.now()));
    String sent = received.events.get(0);
    assertEquals(
        new String(event.json(), StandardCharsets.UTF_8),
        sent.substring(0, sent.indexOf(",\"details\":")) + "}}");
    assertFalse(sent.contains("\n"));
    HttpStub.Request call = service.calls(DeviceService.DEVICE).get(0);
    assertEquals("{\"identifiers\":[\"guid-1\"],\"identifierType\":\"GUID\"}", call.text());
    assertEquals("application/json", call.header("Content-Type"));
  }

  @Test
  void asksByIdentifierIfThereIsNoGuid() throws Exception {
    start();

    JsonNode details =
        deliver(eventOf("check_in", "\"identifier\":\"f2e0\"", RunningDestination.TIME));

    assertEquals("f2e0", details.at("/device/identifier").asText());
    assertEquals(
        "{\"identifiers\":[\"f2e0\"],\"identifierType\":\"MDM_IDENTIFIER\"}",
        service.requests().get(0).text());
  }

  @Test
  void saysMissingOfADeviceThatTheServiceDoesNotKnow() throws Exception {
    settings.put("ens.destination.detailed.with", "device,applications");
    service.unknown.add("gone");
    start();

    JsonNode details = deliver(event("wiped", "gone", RunningDestination.TIME));

    assertTrue(details.get("missing").asBoolean());
    assertEquals(2, details.size());
  }

  @Test
  void theTableOfDevicesLearnsWhatTheServiceSays() throws Exception {
    settings.put("ens.devices.enabled", "true");
    settings.put("ens.devices.fields", "osVersion");
    start();

    deliver(event("check_in", "guid-1", RunningDestination.TIME));

    Devices table = relay.spool().devices().orElseThrow();
    await()
        .atMost(SOON)
        .until(
            () ->
                table.get("guid-1").stream()
                    .anyMatch(device -> device.fields().containsValue("18.1")));
  }

  @Test
  void leavesAnEventWithoutADeviceAsItIs() throws Exception {
    start();
    Event event = eventOf("check_in", "", RunningDestination.TIME);

    assertTrue(deliver(event).isMissingNode());
    assertEquals(new String(event.json(), StandardCharsets.UTF_8), received.events.get(0));
    assertEquals(List.of(), service.requests());
  }

  @Test
  void asksAgainWhenTheAnswerContradictsTheEvent() throws Exception {
    service.compliant.put("guid-1", true);
    start();
    relay.store(List.of(event("not_compliant", "guid-1", System.currentTimeMillis())));
    await().atMost(SOON).until(() -> service.requests().size() == 2);
    service.compliant.put("guid-1", false);

    await().atMost(SOON).until(() -> received.events.size() == 1);

    JsonNode details = details(received.events.get(0));
    assertFalse(details.at("/device/compliant").asBoolean(true));
    assertFalse(details.has("stale"));
  }

  @Test
  void sendsAnAnswerThatContradictsTheEventFourTimesAsStale() throws Exception {
    start();

    JsonNode details = deliver(event("not_compliant", "guid-1", System.currentTimeMillis()));

    assertTrue(details.get("stale").asBoolean());
    assertEquals(4, service.requests().size());
  }

  @Test
  void asksTheServiceNotBeforeTheDelayIsOver() throws Exception {
    settings.put("ens.destination.detailed.delay", "2s");
    start();
    long time = System.currentTimeMillis();

    JsonNode details = deliver(event("check_in", "guid-1", time));

    assertTrue(Instant.parse(details.get("at").asText()).toEpochMilli() >= time + 2000);
  }

  @Test
  void anAnswerServesEveryEventThatIsOldEnough() throws Exception {
    start();
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      events.add(event("check_in", "guid-" + i % 20, RunningDestination.TIME + i));
    }

    relay.store(events);
    await().atMost(SOON).until(() -> received.events.size() == 300);

    assertEquals(20, meter("ens.details.asked"));
    assertEquals(280, meter("ens.details.saved"));
  }

  /** 20 full calls of 200 ms of each kind are 500/s, and 25 are 400/s. */
  @ParameterizedTest
  @ValueSource(strings = {"device", "device,applications"})
  void eightLanesFillTheCallsSoThat200MsEachAreEnoughFor400EventsASecond(String with)
      throws Exception {
    settings.put("ens.destination.detailed.with", with);
    service.latency = Duration.ofMillis(200);
    start();
    relay.store(relay.events(100, 100));
    await().atMost(SOON).until(() -> received.events.size() == 100);
    int devices = service.calls(DeviceService.DEVICE).size();
    int applications = service.calls(DeviceService.APPLICATIONS).size();
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      events.add(event("check_in", "guid-" + i, RunningDestination.TIME));
    }

    long begin = System.nanoTime();
    relay.store(events);
    await().atMost(SOON).until(() -> received.events.size() == 2100);

    System.out.println(with + ": " + 2000e9 / (System.nanoTime() - begin) + " events/s");
    int ofDevices = service.calls(DeviceService.DEVICE).size() - devices;
    assertTrue(ofDevices <= 25, service.sizes.toString());
    assertTrue(
        service.calls(DeviceService.APPLICATIONS).size() - applications
            <= (with.equals("device") ? 0 : 25),
        service.sizes.toString());
    service
        .mostUnderWay
        .values()
        .forEach(most -> assertTrue(most.get() <= 1, service.mostUnderWay.toString()));
  }

  @Test
  void keepsTheOrderOfEachDevice() throws Exception {
    service.latency = Duration.ofMillis(20);
    start();

    relay.store(relay.events(600, 30));
    await().atMost(SOON).until(() -> received.events.size() == 600);

    List<Integer> seqs = received.events.stream().map(Shipped::seq).toList();
    assertTrue(Shipped.isInOrder(seqs, 30), seqs.toString());
  }

  @Test
  void staysWithinItsBudget() throws Exception {
    settings.put("ens.details.rate", "120");
    start();
    long begin = System.nanoTime();
    for (int i = 0; i < 4; i++) {
      deliver(event("check_in", "guid-" + i, RunningDestination.TIME));
    }

    assertEquals(4, service.requests().size());
    assertTrue(System.nanoTime() - begin >= Duration.ofMillis(1400).toNanos());
  }

  @Test
  void stallsOnlyTheDestinationThatWaitsAndSaysWhy() throws Exception {
    service.refusal = devices -> new HttpStub.Answer(429, "", Map.of("Retry-After", "2"));
    start();

    relay.store(relay.events(30, 30));

    await().atMost(SOON).until(() -> received.plain.size() == 30);
    relay.awaitState("detailed", DestinationStatus.State.STALLED);
    DestinationStatus.Stall stall = relay.status("detailed").stall().orElseThrow();
    assertTrue(
        stall.why().reason().startsWith("waits for details: HTTP 429 from localhost"),
        stall.why().reason());
    assertTrue(stall.next().isAfter(Instant.now().minusSeconds(1)));
    assertTrue(received.events.isEmpty());
    service.refusal = devices -> null;
    await().atMost(SOON).until(() -> received.events.size() == 30);
    relay.awaitState("detailed", DestinationStatus.State.OK);
    assertEquals(2, service.requests().size());
  }

  @Test
  void waitsForAServiceThatIsDownOrAnswersNoJson() throws Exception {
    connect();
    relay.store(relay.events(5, 5));
    relay.awaitState("detailed", DestinationStatus.State.STALLED);
    service.alwaysAnswers(200, "{\"searchResults\":[]}");
    service.start();
    await().atMost(SOON).until(() -> !service.requests().isEmpty());

    service.answersAsItIs();

    await().atMost(SOON).until(() -> received.events.size() == 5);
  }

  @Test
  void sendsTheErrorIfThatIsWanted() throws Exception {
    settings.put("ens.destination.detailed.onFailure", "send");
    service.alwaysAnswers(503, "");
    start();

    JsonNode details = deliver(event("check_in", "guid-1", RunningDestination.TIME));

    assertEquals("{\"error\":\"HTTP 503\"}", details.toString());
    service.answersAsItIs();
    AtomicLong time = new AtomicLong(RunningDestination.TIME);
    await()
        .atMost(SOON)
        .until(() -> deliver(event("check_in", "guid-1", time.incrementAndGet())).has("device"));
  }

  @Test
  void makesADeadLetterIfThatIsWanted() throws Exception {
    settings.put("ens.destination.detailed.onFailure", "dead");
    service.alwaysAnswers(503, "");
    start();

    relay.store(List.of(event("check_in", "guid-1", RunningDestination.TIME)));

    await().atMost(SOON).until(() -> relay.deadLetters().size() == 1);
    DeadLetter.Full letter = relay.deadLetters().get(0);
    assertTrue(letter.letter().reason().contains("no details: HTTP 503"));
  }

  @Test
  void makesEachEventOfARemovedTenantADeadLetter() throws Exception {
    ConfiguredTenants others = tenant -> false;
    relay =
        new RunningDestination(
            dir.resolve("data"),
            List.of("src/test/resources/routes/detailed.camel.yaml"),
            settings,
            Map.of("received", received, ConfiguredTenants.NAME, others));
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      events.add(event("check_in", "guid-" + i, RunningDestination.TIME));
    }

    relay.store(events);

    await().atMost(SOON).until(() -> relay.deadLetters().size() == 12);
    assertEquals(
        "no details: the relay no longer has the tenant default",
        relay.deadLetters().get(0).letter().reason());
  }

  @Test
  void asksForFewerDevicesInTheCallThatIsRefusedOnly() throws Exception {
    settings.put("ens.destination.detailed.with", "device,applications");
    start();
    service.refused = Set.of(DeviceService.APPLICATIONS);
    service.refusal = devices -> devices > 3 ? new HttpStub.Answer(413, "") : null;

    relay.store(relay.events(200, 200));

    await().atMost(SOON).until(() -> received.events.size() == 200);
    assertEquals(List.of(), relay.deadLetters());
    assertTrue(service.calls(DeviceService.DEVICE).size() < 20, service.sizes.toString());
  }

  @Test
  void aCallThatFailsDoesNotHoldTheOtherOne() throws Exception {
    settings.put("ens.destination.detailed.with", "device,applications");
    start();
    service.refused = Set.of(DeviceService.APPLICATIONS);
    service.refusal = devices -> new HttpStub.Answer(503, "", Map.of("Retry-After", "3600"));

    relay.store(List.of(event("check_in", "guid-1", RunningDestination.TIME)));
    relay.awaitState("detailed", DestinationStatus.State.STALLED);
    await().atMost(SOON).until(() -> meter("ens.details.asked") == 2);
  }

  @Test
  void findsTheOneDeviceThatTheServiceRefuses() throws Exception {
    start();
    service.refusal = devices -> devices > 3 ? new HttpStub.Answer(400, "") : null;

    relay.store(relay.events(40, 40));

    await().atMost(SOON).until(() -> received.events.size() == 40);
    assertEquals(List.of(), relay.deadLetters());
    service.refusal = devices -> new HttpStub.Answer(400, "");
    relay.store(List.of(event("check_in", "odd", RunningDestination.TIME)));
    await().atMost(SOON).until(() -> relay.deadLetters().size() == 1);
  }

  @Test
  void aStopEndsTheWaitAtOnceAndConfirmsNothing() throws Exception {
    service.latency = Duration.ofSeconds(8);
    start();
    relay.store(relay.events(20, 20));
    await().atMost(SOON).until(() -> !service.requests().isEmpty());

    SpoolComponent spool = relay.context().getComponent("spool", SpoolComponent.class);
    long begin = System.nanoTime();
    spool.stopTaking();
    spool.awaitDeliveries();
    assertTrue(System.nanoTime() - begin < Duration.ofSeconds(5).toNanos());
    relay.close();

    service.latency = Duration.ZERO;
    received = new Received();
    connect();
    await().atMost(SOON).until(() -> received.events.size() == 20);
    assertEquals(
        IntStream.range(0, 20).boxed().toList(),
        received.events.stream().map(Shipped::seq).sorted().toList());
  }
}
