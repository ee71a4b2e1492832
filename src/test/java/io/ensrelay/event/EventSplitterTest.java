package io.ensrelay.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventSplitterTest {
  private static final String TOPIC = "18ccc64c-66e4-4e27-8bd6-9acc9c8d0224/device/app_inventory";

  private final EventSplitter splitter = new EventSplitter("acme");
  private final ObjectMapper json = new ObjectMapper();

  @Test
  void makesOneCloudEventOfTheVendorsExample() throws Exception {
    Event event = one(payload("one.json"));

    JsonNode cloudEvent = json.readTree(event.json());
    assertEquals("1.0", cloudEvent.get("specversion").asText());
    assertEquals("/ens/acme", cloudEvent.get("source").asText());
    assertEquals("device.app_inventory", cloudEvent.get("type").asText());
    assertEquals("1d71e131-0487-4d1d-9a0d-89f2bd1a888d", cloudEvent.get("subject").asText());
    assertEquals("2020-02-27T09:36:13.229Z", cloudEvent.get("time").asText());
    assertEquals("application/json", cloudEvent.get("datacontenttype").asText());
    assertEquals(event.id(), cloudEvent.get("id").asText());
    assertTrue(event.id().matches("[0-9a-f]{32}"), event.id());
    JsonNode sent = json.readTree(payload("one.json"));
    assertEquals(sent.at("/devices/0"), cloudEvent.at("/data/device"));
    assertFalse(cloudEvent.get("data").has("devices"));
    assertEquals(sent.get("timestamp"), cloudEvent.at("/data/timestamp"));
    assertEquals(Optional.of("device_app_inventory_update"), event.key());
    assertEquals("IOS", event.attributes().get("deviceOs"));
    assertEquals("ACTIVE", event.attributes().get("deviceStatus"));
    assertEquals(true, event.attributes().get("deviceCompliant"));
    assertEquals(1582796173229L, event.attributes().get("eventTime"));
  }

  @Test
  void makesAnEventForEachDeviceInOrder() throws Exception {
    List<Event> events = split(payload("many.json"));

    assertEquals(3, events.size());
    assertEquals(
        List.of(Optional.of("guid-1"), Optional.of("identifier-2"), Optional.empty()),
        events.stream().map(e -> e.device().id()).toList());
    assertEquals(3, events.stream().map(Event::id).distinct().count());
    assertFalse(json.readTree(events.get(2).json()).has("subject"));
  }

  @Test
  void limitsTheNumberAndTheTotalSizeOfDevices() throws Exception {
    String most = "{\"devices\":[" + "{},".repeat(99_999) + "{}]}";
    assertEquals(100_000, split(bytes(most)).size());
    assertEquals(
        "more than 100000 devices",
        assertThrows(
                MalformedMessageException.class, () -> split(bytes(most.replace("]}", ",{}]}"))))
            .getMessage());

    String large = "{\"note\":\"" + "x".repeat(1 << 20) + "\",\"devices\":[{}";
    assertEquals(200, split(bytes(large + ",{}".repeat(199) + "]}")).size());
    assertEquals(
        "its events would be larger than 256 MB together",
        assertThrows(
                MalformedMessageException.class,
                () -> split(bytes(large + ",{}".repeat(255) + "]}")))
            .getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"timestamp\":1,\"eventType\":\"device.x\"}",
        "{\"timestamp\":1,\"eventType\":\"device.x\",\"devices\":[]}",
        "{\"timestamp\":1,\"eventType\":\"device.x\",\"devices\":null}",
        "{\"timestamp\":1,\"eventType\":\"device.x\",\"devices\":{\"deviceGuid\":\"a\"}}",
        "{\"timestamp\":1,\"eventType\":\"device.x\",\"devices\":\"none\"}"
      })
  void makesOneEventWithoutDeviceWhereThereIsNoArrayOfDevices(String message) throws Exception {
    Event event = one(message.getBytes(StandardCharsets.UTF_8));

    JsonNode cloudEvent = json.readTree(event.json());
    assertEquals(json.readTree(message), cloudEvent.get("data"));
    assertFalse(cloudEvent.has("subject"));
    assertFalse(event.attributes().containsKey("deviceId"));
  }

  @Test
  void leavesUnknownFieldsAndNumbersAsTheyAre() throws Exception {
    String before = "\"a\":1.0,\"b\":12345678901234567890,\"c\":1e3,\"d\":\"\\u00e9 \\\" x\"";
    String device = "{\"deviceGuid\":\"g\",\"n\":[1.00,{\"z\":-0.0}]}";
    Event event = one(bytes("{ " + before + ",\n \"devices\" : [ " + device + " ] , \"e\":null }"));

    String text = new String(event.json(), StandardCharsets.UTF_8);
    assertTrue(
        text.endsWith("\"data\":{" + before + ",\"device\":" + device + ",\"e\":null}}"), text);
    assertFalse(text.contains("\n"));
  }

  @Test
  void givesTheSameIdForTheSameMessageAndTellsHowItIsMade() throws Exception {
    byte[] payload = payload("many.json");
    List<Event> first = split(payload);
    List<Event> again = new EventSplitter("acme").split(TOPIC, null, payload);
    assertEquals(first.stream().map(Event::id).toList(), again.stream().map(Event::id).toList());

    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    sha.update(bytes("acme\0" + TOPIC + "\0"));
    sha.update(payload);
    sha.update(bytes("\0" + "1"));
    assertEquals(HexFormat.of().formatHex(Arrays.copyOf(sha.digest(), 16)), first.get(1).id());
    assertNotEquals(
        first.get(0).id(), new EventSplitter("b").split(TOPIC, null, payload).get(0).id());
    assertNotEquals(first.get(0).id(), splitter.split("device/x", null, payload).get(0).id());
  }

  @Test
  void takesTypeFromTheTopicAndTimeFromTheClockWhereTheyAreMissingOrOdd() throws Exception {
    long before = System.currentTimeMillis();
    for (String odd :
        List.of(
            "{}",
            "{\"eventType\":7,\"timestamp\":\"now\"}",
            "{\"eventType\":\"\",\"timestamp\":-1}",
            "{\"timestamp\":99999999999999999999}",
            "{\"timestamp\":253402300800000}")) {
      Event event = one(bytes(odd));
      assertEquals("device.app_inventory", event.type(), odd);
      assertTrue(event.time() >= before && event.time() <= System.currentTimeMillis(), odd);
    }
    assertEquals(
        "device.retired", splitter.split("device/retired", null, bytes("{}")).get(0).type());
  }

  @Test
  void takesOddDevicesAsTheyCome() throws Exception {
    List<Event> events =
        split(
            bytes("{\"devices\":[\"x\",null,7.50,[1],{\"deviceGuid\":5,\"identifier\":\"\"},{}]}"));

    assertEquals(6, events.size());
    assertTrue(
        new String(events.get(2).json(), StandardCharsets.UTF_8).contains("\"device\":7.50}"));
    assertTrue(events.stream().allMatch(e -> e.device().id().isEmpty()));
  }

  @Test
  void escapesTheFieldsOfTheEnvelope() throws Exception {
    Event event =
        one(bytes("{\"eventType\":\"a\\\"b\\n\",\"devices\":[{\"deviceGuid\":\"x\\\"\\n\"}]}"));

    JsonNode cloudEvent = json.readTree(event.json());
    assertEquals("a\"b\n", cloudEvent.get("type").asText());
    assertEquals("x\"\n", cloudEvent.get("subject").asText());
    assertFalse(new String(event.json(), StandardCharsets.UTF_8).contains("\n"));
  }

  @Test
  void leavesATextThatIsTooLongOutOfTheAttributesAndInTheEvent() throws Exception {
    String endless = "x".repeat(5000);
    Event event =
        one(bytes("{\"devices\":[{\"deviceGuid\":\"" + endless + "\",\"identifier\":\"i\"}]}"));

    assertEquals("i", event.attributes().get("deviceId"));
    assertEquals(endless, json.readTree(event.json()).at("/data/device/deviceGuid").asText());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "not json",
        "[]",
        "7",
        "null",
        "\"text\"",
        "{",
        "{}{}",
        "{} x",
        "{\"a\":01}",
        "{'a':1}",
        "{\"devices\":[{]}",
        "{\"devices\":[1],\"devices\":[2]}",
        "{\"devices\":[1],\"device\":2}",
        "\0\0\0{}",
        "{\"a\":\"\u0001\"}"
      })
  void refusesWhatIsNotOneJsonObject(String message) {
    assertThrows(MalformedMessageException.class, () -> split(bytes(message)));
  }

  @Test
  void refusesWhatIsNotUtf8OrTooDeep() {
    byte[] latin1 = "{\"a\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertThrows(MalformedMessageException.class, () -> split(latin1));
    byte[] utf16 = "{\"a\":1}".getBytes(StandardCharsets.UTF_16LE);
    assertThrows(MalformedMessageException.class, () -> split(utf16));
    byte[] deep = bytes("{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + "}");
    MalformedMessageException e = assertThrows(MalformedMessageException.class, () -> split(deep));
    assertTrue(e.getMessage().contains("nested deeper"), e.getMessage());
  }

  @Test
  void namesTheMalformedPlaceWithoutQuotingTheMessage() {
    MalformedMessageException e =
        assertThrows(MalformedMessageException.class, () -> split(bytes("{\"password\":secret}")));
    assertFalse(e.getMessage().contains("secret"), e.getMessage());
    assertTrue(e.getMessage().contains("byte"), e.getMessage());
  }

  private Event one(byte[] payload) throws MalformedMessageException {
    List<Event> events = split(payload);
    assertEquals(1, events.size());
    return events.get(0);
  }

  private List<Event> split(byte[] payload) throws MalformedMessageException {
    return splitter.split(TOPIC, "device_app_inventory_update", payload);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] payload(String name) throws IOException {
    try (InputStream in = EventSplitterTest.class.getResourceAsStream("/messages/" + name)) {
      return in.readAllBytes();
    }
  }
}
