package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.event.Event;
import io.ensrelay.service.RecordedLog;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DestinationStatus.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The shipped file, kamelet and settings, from the spool to a collector on loopback. */
class SplunkRouteTest extends BatchRouteTest {
  private static final Duration SOON = RunningDestination.SOON;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SplunkServer splunk = new SplunkServer();

  SplunkRouteTest() {
    super("splunk", Map.of("token", SplunkServer.TOKEN));
  }

  @Override
  HttpStub server() {
    return splunk;
  }

  @Test
  void sendsTimeHostSourceTypeIndexAndFields() throws Exception {
    settings.put("index", "mobile");
    start();

    relay.store(List.of(relay.event("guid-1", 7, ",\"serialNumber\":\"R9UU\\\"x\"")));

    relay.awaitDelivered("splunk", 1);
    JsonNode sent = splunk.accepted.get(0);
    assertEquals(1582796173.236, sent.get("time").asDouble());
    assertEquals("R9UU\"x", sent.get("host").asText());
    assertEquals("/ens/default", sent.get("source").asText());
    assertEquals("ivanti:ens", sent.get("sourcetype").asText());
    assertEquals("mobile", sent.get("index").asText());
    assertEquals(7, sent.at("/event/data/seq").asInt());
    assertEquals(
        JSON.readTree(
            "{\"event_id\":%s,\"type\":\"device.check_in\",\"tenant\":\"default\"}"
                .formatted(sent.at("/event/id"))),
        sent.get("fields"));
    HttpStub.Request request = splunk.requests().get(0);
    assertEquals("/services/collector/event", request.target());
    assertEquals("Splunk " + SplunkServer.TOKEN, request.header("Authorization"));
  }

  @Test
  void sendsManyEventsInFewRequestsAndInOrder() throws Exception {
    start();

    relay.store(relay.events(3000, 40));

    relay.awaitDelivered("splunk", 3000);
    assertEquals(3000, splunk.accepted.size());
    for (int device = 0; device < 40; device++) {
      assertEquals(numbers(device, 3000, 40), splunk.numbers("device-" + device));
    }
    assertTrue(splunk.requests().size() <= 300, splunk.requests().size() + " requests");
  }

  @Test
  void sendsAtMostOneMegabyte() throws Exception {
    settings.put("lanes", "1");
    start();
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      events.add(relay.event("device-" + i, i, ",\"text\":\"" + "x".repeat(100_000) + "\""));
    }

    relay.store(events);

    relay.awaitDelivered("splunk", 30);
    assertTrue(splunk.requests().stream().allMatch(request -> request.body().length <= 1_000_000));
    assertEquals(30, splunk.accepted.size());
  }

  @Test
  void deliversWhatWaitedWhenTheCollectorComesBack() throws Exception {
    connect();

    relay.store(relay.events(200, 10));
    relay.awaitState("splunk", State.STALLED);
    splunk.start();

    relay.awaitDelivered("splunk", 200);
    relay.awaitState("splunk", State.OK);
    assertEquals(200, splunk.accepted.size());
    for (int device = 0; device < 10; device++) {
      assertEquals(numbers(device, 200, 10), splunk.numbers("device-" + device));
    }
    assertEquals(List.of(), relay.deadLetters());
  }

  @Test
  void continuesWhereTheCollectorStopped() throws Exception {
    settings.put("lanes", "1");
    splunk.busyAfter.set(7);
    start();

    relay.store(relay.events(50, 5));

    relay.awaitDelivered("splunk", 50);
    assertEquals(
        IntStream.range(0, 50).boxed().toList(),
        splunk.accepted.stream().map(event -> event.at("/event/data/seq").asInt()).toList());
    assertEquals(List.of(), relay.deadLetters());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void setsAsideOneWrongEventOfABatch(boolean saysWhich) throws Exception {
    splunk.saysWhich = saysWhich;
    splunk.poison = event -> event.at("/event/data/seq").asInt() == 33;
    start();

    relay.store(relay.events(100, 10));

    relay.awaitDelivered("splunk", 99);
    DeadLetter.Full letter = onlyDeadLetter();
    assertEquals(33, JSON.readTree(letter.body()).at("/data/seq").asInt());
    assertTrue(
        letter
            .letter()
            .reason()
            .matches("HTTP 400 from (localhost|127.0.0.1):\\d+: Invalid data format \\(code 6\\)"),
        letter.letter().reason());
    assertTrue(letter.answer().orElse("").contains("\"code\":6"), letter.answer()::toString);
    for (int device = 0; device < 10; device++) {
      List<Integer> expected = new ArrayList<>(numbers(device, 100, 10));
      expected.remove((Integer) 33);
      List<Integer> sent = splunk.numbers("device-" + device);
      assertEquals(expected, saysWhich ? sent : sent.stream().distinct().toList());
    }
  }

  @Test
  void makesNoDeadLettersWhenEveryEventIsWrong() throws Exception {
    splunk.poison = event -> true;
    start();

    relay.store(relay.events(300, 100));
    relay.awaitState("splunk", State.REFUSED);
    splunk.poison = event -> false;

    await().atMost(SOON).until(() -> splunk.accepted.size() + relay.deadLetters().size() >= 300);
    relay.awaitState("splunk", State.OK);
    assertTrue(relay.deadLetters().size() < 20, relay.deadLetters().size() + " dead letters");
  }

  @ParameterizedTest
  @CsvSource({
    "403, Token disabled, 1",
    "401, Invalid authorization, 3",
    "403, Invalid token, 4",
    "400, Incorrect index, 7",
    "400, Data channel is missing, 10",
    "400, Invalid data channel, 11",
    "400, Token disabled, 22",
    "404, Not found, 404"
  })
  void waitsWhenTheCollectorRefusesAllEvents(int status, String text, int code) throws Exception {
    splunk.alwaysAnswers(status, "{\"text\":\"%s\",\"code\":%d}".formatted(text, code));
    start();

    relay.store(relay.events(20, 20));
    relay.awaitState("splunk", State.REFUSED);
    String reason = relay.status("splunk").trouble().orElseThrow();
    splunk.answersAsItIs();

    relay.awaitDelivered("splunk", 20);
    assertTrue(reason.startsWith("HTTP " + status + " from "), reason);
    assertTrue(reason.contains(text + " (code " + code), reason);
    assertEquals(20, splunk.accepted.size());
    assertEquals(List.of(), relay.deadLetters());
  }

  @ParameterizedTest
  @CsvSource({"500, 8", "503, 9", "503, 18", "503, 19", "503, 20", "503, 23", "429, 26", "400, 9"})
  void sendsAgainWhatTheCollectorDoesNotTakeNow(int status, int code) throws Exception {
    splunk.answersNext(status, "{\"text\":\"not now\",\"code\":" + code + "}");
    start();

    relay.store(relay.events(20, 20));

    relay.awaitDelivered("splunk", 20);
    assertEquals(20, splunk.accepted.size());
    assertEquals(List.of(), relay.deadLetters());
  }

  @Test
  void takesNoOtherServerForACollector() throws Exception {
    splunk.alwaysAnswers(200, "<html>Please log in</html>");
    start();

    relay.store(relay.events(20, 20));

    relay.awaitState("splunk", State.REFUSED);
    assertEquals(0, relay.status("splunk").delivered());
    assertEquals(List.of(), relay.deadLetters());
  }

  @Test
  void compressesRequests() throws Exception {
    settings.put("gzip", "true");
    start();

    relay.store(relay.events(20, 20));

    relay.awaitDelivered("splunk", 20);
    assertEquals(20, splunk.accepted.size());
    assertEquals("gzip", splunk.requests().get(0).header("Content-encoding"));
  }

  @Test
  void waitsForTheAcknowledgementOfAnIndexer() throws Exception {
    settings.put("acknowledge", "true");
    splunk.acknowledges = true;
    splunk.asksUntilAcknowledged = Integer.MAX_VALUE;
    start();

    relay.store(relay.events(20, 20));
    await().atMost(SOON).until(() -> splunk.accepted.size() == 20);
    assertEquals(0, relay.status("splunk").delivered());
    splunk.asksUntilAcknowledged = 2;

    relay.awaitDelivered("splunk", 20);
    assertEquals(20, splunk.accepted.size());
  }

  @Test
  void sendsNothingWithATokenThatDoesNotAcknowledge() throws Exception {
    settings.put("acknowledge", "true");
    start();

    relay.store(relay.events(20, 20));

    relay.awaitState("splunk", State.REFUSED);
    assertEquals(List.of(), splunk.accepted);
    assertTrue(relay.status("splunk").trouble().orElse("").contains("ACK is disabled (code 14"));
  }

  @Test
  void saysNeitherTokenNorPath() throws Exception {
    settings.put("token", "s3cret+%2B&x=)");
    settings.put("url", splunk.url() + "/s3cret/");
    try (RecordedLog log = new RecordedLog()) {
      start();

      relay.store(relay.events(1, 1));

      relay.awaitState("splunk", State.REFUSED);
      HttpStub.Request request = splunk.requests().get(0);
      assertEquals("Splunk s3cret+%2B&x=)", request.header("Authorization"));
      assertEquals("/s3cret/services/collector/event", request.target());
      assertFalse(log.lines(Level.INFO).toString().contains("s3cret"));
      assertFalse(relay.status("splunk").toString().contains("s3cret"));
    }
  }

  /** The example of the page. */
  @Test
  void sendsToASecondCollectorByARouteOfTwelveLines() throws Exception {
    settings.put("events", "device.wiped");
    startWithTheExample(
        Map.of(
            "ens.destination.splunk-eu.url",
            splunk.url(),
            "ens.destination.splunk-eu.token",
            SplunkServer.TOKEN));

    relay.store(relay.events(10, 10));

    relay.awaitDelivered("splunk-eu", 10);
    assertEquals(0, relay.status("splunk").delivered());
    assertEquals(10, splunk.accepted.size());
  }

  private DeadLetter.Full onlyDeadLetter() throws Exception {
    await().atMost(SOON).until(() -> !relay.deadLetters().isEmpty());
    List<DeadLetter.Full> letters = relay.deadLetters();
    assertEquals(1, letters.size(), letters.toString());
    return letters.get(0);
  }

  private static List<Integer> numbers(int device, int count, int devices) {
    return IntStream.iterate(device, seq -> seq < count, seq -> seq + devices).boxed().toList();
  }
}
