package io.ensrelay.simulator;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls about devices tell of the fleet that the events come from. */
class SimulatorDevicesTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> WRONG_BODIES =
      List.of(
          "",
          "{",
          "[]",
          "{\"identifiers\":\"one\"}",
          "{\"identifiers\":[],\"identifierType\":\"IMEI\"}");
  private static final List<String> WRONG_QUERIES =
      List.of("limit=0", "limit=501", "limit=x", "offset=-1", "status=LOST", "limit=99999999999");

  @TempDir Path dir;
  private Simulator simulator;
  private TestRest rest;

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void pagesThroughAllDevices() throws Exception {
    start(25, 25, ServiceRules.documented());
    List<String> guids = new ArrayList<>();
    for (int offset = 0; offset < 30; offset += 10) {
      JsonNode page = rest.json("device?status=ACTIVE&limit=10&offset=" + offset);
      assertEquals(offset, page.get("offset").asInt());
      assertEquals(10, page.get("limit").asInt());
      assertEquals(page.get("searchResults").size(), page.get("results").asInt());
      page.get("searchResults").forEach(each -> guids.add(each.get("deviceGuid").asText()));
    }

    assertEquals(25, guids.size());
    assertEquals(25, new HashSet<>(guids).size());
    assertEquals("{\"result\":25}", rest.get("device/count?status=ACTIVE").body());
    assertEquals("{\"result\":0}", rest.get("device/count?status=WIPE_SENT").body());
    assertEquals(25, rest.json("device").get("searchResults").size());
  }

  @Test
  void devicesMoveBetweenPagesWhenTheyCheckIn() throws Exception {
    start(25, 25, ServiceRules.documented());
    simulator.faults().set(Fault.of(FaultKind.REST_MOVING));
    String first = guidAt(0);

    rest.json("device/forceCheckin", body("GUID", List.of(first)));

    await().atMost(BOUND).until(() -> guidAt(24).equals(first));
  }

  private String guidAt(int offset) throws Exception {
    return rest.json("device?status=ACTIVE&limit=1&offset=" + offset)
        .at("/searchResults/0/deviceGuid")
        .asText();
  }

  @Test
  void findsDevicesByEitherNameAndLeavesOutTheUnknown() throws Exception {
    start(10, 10, ServiceRules.documented());
    JsonNode all = rest.json("device").get("searchResults");
    String identifier = all.get(3).get("identifier").asText();
    String guid = all.get(4).get("deviceGuid").asText();

    assertEquals(
        List.of(all.get(3)),
        list(rest.json("device/uuid", body("MDM_IDENTIFIER", List.of(identifier, "unknown")))));
    assertEquals(
        List.of(all.get(3)),
        list(rest.json("device/uuid", "{\"identifiers\":[\"%s\"]}".formatted(identifier))));
    assertEquals(
        List.of(all.get(4)), list(rest.json("device/uuid", body("GUID", List.of(guid, guid)))));
    String almost = guid.substring(0, 35) + (guid.endsWith("0") ? "1" : "0");
    assertEquals(List.of(), list(rest.json("device/uuid", body("GUID", List.of(almost)))));
  }

  @Test
  void tellsTheApplicationsOfADeviceAndNothingOfNone() throws Exception {
    start(10, 10, ServiceRules.documented());
    List<String> identifiers = new ArrayList<>();
    rest.json("device")
        .get("searchResults")
        .forEach(each -> identifiers.add(each.get("identifier").asText()));

    JsonNode answer = rest.json("device/application", body("MDM_IDENTIFIER", identifiers));

    assertEquals(
        identifiers, list(answer).stream().map(each -> each.get("deviceMdmId").asText()).toList());
    JsonNode application =
        list(answer).stream()
            .flatMap(each -> list(each.get("applications")).stream())
            .findFirst()
            .orElseThrow();
    assertTrue(application.hasNonNull("identifier") && application.hasNonNull("version"));
    assertEquals("", rest.post("device/application", body("GUID", List.of("unknown"))).body());
  }

  @Test
  void letsDevicesCheckIn() throws Exception {
    start(10, 10, ServiceRules.documented());
    JsonNode all = rest.json("device").get("searchResults");
    Set<String> wanted =
        Set.of(all.get(1).get("deviceGuid").asText(), all.get(7).get("deviceGuid").asText());
    try (TestSubscriber subscriber = subscribe("device_check_in")) {
      List<String> asked = new ArrayList<>(wanted);
      asked.add("unknown");
      assertEquals("{\"result\":2}", rest.post("device/forceCheckin", body("GUID", asked)).body());

      await().atMost(BOUND).until(() -> subscriber.received().size() == 2);
      Set<String> told = new HashSet<>();
      for (String text : subscriber.texts()) {
        JsonNode event = JSON.readTree(text);
        assertEquals("device.check_in", event.get("eventType").asText());
        told.add(event.get("devices").get(0).get("deviceGuid").asText());
      }
      assertEquals(wanted, told);
    }
  }

  @Test
  void showsAChangeOfComplianceSomeTimeAfterItsEvent() throws Exception {
    start(10, 10, ServiceRules.documented().withApiLag(Duration.ofSeconds(2)));
    try (TestSubscriber subscriber = subscribe("device_not_compliant")) {
      simulator.happen(EventKind.NOT_COMPLIANT, 1);
      await().atMost(BOUND).until(() -> subscriber.received().size() == 1);

      JsonNode told = JSON.readTree(subscriber.texts().get(0)).get("devices").get(0);
      String asked = body("GUID", List.of(told.get("deviceGuid").asText()));
      assertFalse(told.get("compliant").asBoolean());
      assertTrue(rest.json("device/uuid", asked).get(0).get("compliant").asBoolean());
      await()
          .atMost(BOUND)
          .until(() -> !rest.json("device/uuid", asked).get(0).get("compliant").asBoolean());
      assertEquals(told, rest.json("device/uuid", asked).get(0));
    }
  }

  @Test
  void tellsOfARetiredDeviceUntilAnotherTakesItsPlace() throws Exception {
    start(1, 1, ServiceRules.documented());
    try (TestSubscriber subscriber = subscribe("device_retired", "device_enrolled")) {
      simulator.happen(EventKind.RETIRED, 1);
      await().atMost(BOUND).until(() -> subscriber.received().size() == 1);
      JsonNode told = JSON.readTree(subscriber.texts().get(0)).get("devices").get(0);
      assertEquals("{\"result\":1}", rest.get("device/count?status=RETIRED").body());
      assertEquals(0, simulator.enrolled());
      String asked = body("GUID", List.of(told.get("deviceGuid").asText()));
      assertEquals(told, rest.json("device/uuid", asked).get(0));

      simulator.happen(EventKind.ENROLLED, 1);
      await().atMost(BOUND).until(() -> subscriber.received().size() == 2);
      assertEquals(0, rest.json("device/uuid", asked).size());
      assertEquals(1, simulator.enrolled());
    }
  }

  @Test
  void sweepsTheFleetInABurst() throws Exception {
    start(2000, 2000, ServiceRules.documented());
    try (TestSubscriber subscriber = subscribe("device_compliant", "device_not_compliant")) {
      simulator.sweep();

      await().atMost(BOUND).until(() -> subscriber.received().size() > 60);
      assertEquals(
          2,
          subscriber.received().stream()
              .map(TestSubscriber.Received::topic)
              .collect(Collectors.toSet())
              .size());
    }
  }

  @Test
  void refusesWhatItDoesNotUnderstand() throws Exception {
    start(1, 1, ServiceRules.documented());

    assertEquals(
        200, rest.post("device/uuid", body("GUID", Collections.nCopies(200, "x"))).statusCode());
    var refused = rest.post("device/uuid", body("GUID", Collections.nCopies(201, "x")));
    assertEquals(400, refused.statusCode());
    assertTrue(refused.body().contains("201 are too many"), refused.body());
    for (String body : WRONG_BODIES) {
      assertEquals(400, rest.post("device/uuid", body).statusCode(), body);
    }
    assertEquals(413, rest.post("device/uuid", " ".repeat(64 * 1024 + 1)).statusCode());
    for (String query : WRONG_QUERIES) {
      assertEquals(400, rest.get("device?" + query).statusCode(), query);
    }
    assertEquals(405, rest.get("device/uuid").statusCode());
    assertEquals(404, rest.get("device/other").statusCode());
  }

  private void start(int devices, int enrolled, ServiceRules rules) throws Exception {
    simulator =
        Simulator.start(
            SimulatorOptions.in(dir)
                .withFleet(devices, 0, 3)
                .withEnrolled(enrolled, Duration.ZERO)
                .withRules(rules));
    rest = TestRest.of(simulator);
  }

  private TestSubscriber subscribe(String... keys) throws Exception {
    SSLContext tls = TestTls.showing(simulator.certificates().client(), simulator.certificates());
    TestSubscriber subscriber = TestSubscriber.connect(simulator, tls, "one");
    for (String key : keys) {
      subscriber.subscribe(simulator.topics().get(key));
    }
    return subscriber;
  }

  private static String body(String type, List<String> identifiers) throws Exception {
    return JSON.writeValueAsString(
        java.util.Map.of("identifiers", identifiers, "identifierType", type));
  }

  private static List<JsonNode> list(JsonNode array) {
    return IntStream.range(0, array.size()).mapToObj(array::get).toList();
  }
}
