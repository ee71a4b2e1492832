package io.ensrelay.destination;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ensrelay.event.Event;
import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DestinationStatus.State;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shipped file, kamelet and settings, from the spool to a cluster on loopback. */
class ElasticRouteTest extends BatchRouteTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ElasticServer elastic = new ElasticServer();

  ElasticRouteTest() {
    super("elastic", Map.of("index", "ens-events", "username", "relay", "password", "s3cret"));
  }

  @Override
  HttpStub server() {
    return elastic;
  }

  @Test
  void createsADocumentUnderTheIdOfTheEvent() throws Exception {
    start();
    Event event = relay.event("guid-1", 7);

    relay.store(List.of(event));

    relay.awaitDelivered("elastic", 1);
    ObjectNode expected = (ObjectNode) JSON.readTree(event.json());
    expected.put("@timestamp", "2020-02-27T09:36:13.236Z");
    assertEquals(expected, elastic.documents().get(0));
    HttpStub.Request request = elastic.requests().get(0);
    assertTrue(request.target().startsWith("/ens-events/_bulk?filter_path="), request.target());
    assertTrue(request.text().startsWith("{\"create\":{\"_id\":\"" + event.id() + "\"}}\n"));
  }

  @Test
  void createsManyInFewRequestsAndInOrder() throws Exception {
    start();

    relay.store(relay.events(3000, 1000));

    relay.awaitDelivered("elastic", 3000);
    assertEquals(3000, elastic.documents().size());
    for (int device = 0; device < 1000; device++) {
      assertEquals(
          List.of(device, device + 1000, device + 2000), elastic.numbers("device-" + device));
    }
    assertTrue(elastic.requests().size() <= 300, elastic.requests().size() + " requests");
  }

  @Test
  void createsWhatWaitedWhenTheClusterComesBack() throws Exception {
    connect();

    relay.store(relay.events(200, 10));
    relay.awaitState("elastic", State.STALLED);
    elastic.start();

    relay.awaitDelivered("elastic", 200);
    relay.awaitState("elastic", State.OK);
    assertEquals(200, elastic.documents().size());
    assertEquals(List.of(), relay.deadLetters());
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  void keepsTheOrderOfADeviceWhoseEventIsNotTakenNow(int status) throws Exception {
    elastic.refusalStatus = status;
    elastic.refusals.put("device-3", 2);
    start();

    relay.store(relay.events(100, 10));

    relay.awaitDelivered("elastic", 100);
    for (int device = 0; device < 10; device++) {
      assertEquals(
          IntStream.iterate(device, seq -> seq < 100, seq -> seq + 10).boxed().toList(),
          elastic.numbers("device-" + device));
    }
    assertEquals(List.of(), relay.deadLetters());
  }

  @Test
  void setsAsideOneEventThatDoesNotFitTheMapping() throws Exception {
    start();
    List<Event> events = new ArrayList<>(relay.events(100, 10));
    events.add(50, relay.event("device-5", 1000, ",\"compliant\":\"perhaps\""));

    relay.store(events);

    relay.awaitDelivered("elastic", 100);
    await().atMost(RunningDestination.SOON).until(() -> !relay.deadLetters().isEmpty());
    List<DeadLetter.Full> letters = relay.deadLetters();
    assertEquals(1, letters.size(), letters.toString());
    DeadLetter.Full letter = letters.get(0);
    assertEquals(1000, JSON.readTree(letter.body()).at("/data/seq").asInt());
    assertTrue(
        letter.letter().reason().contains("failed to parse field [data.device.compliant]"),
        letter.letter().reason());
    assertTrue(letter.answer().orElse("").contains("document_parsing_exception"));
    assertEquals(100, elastic.documents().size());
  }

  @Test
  void countsAnEventThatIsThereAsDelivered() throws Exception {
    start();
    Event event = relay.event("guid-1", 7);
    elastic.put(event.id());

    relay.store(List.of(event));

    relay.awaitDelivered("elastic", 1);
    assertEquals(1, elastic.documents().size());
    assertEquals(List.of(), relay.deadLetters());
  }

  @Test
  void waitsForAMissingIndex() throws Exception {
    elastic.indexes.clear();
    start();

    relay.store(relay.events(20, 20));
    relay.awaitState("elastic", State.REFUSED);
    assertTrue(relay.status("elastic").trouble().orElse("").contains("no such index [ens-events]"));
    elastic.indexes.add("ens-events");

    relay.awaitDelivered("elastic", 20);
    assertEquals(List.of(), relay.deadLetters());
  }

  @Test
  void waitsWhileTheIndexIsReadOnly() throws Exception {
    elastic.readOnly = true;
    start();

    relay.store(relay.events(20, 20));
    relay.awaitState("elastic", State.REFUSED);
    elastic.readOnly = false;

    relay.awaitDelivered("elastic", 20);
    assertEquals(List.of(), relay.deadLetters());
  }

  @Test
  void waitsWhenThePasswordIsWrong() throws Exception {
    settings.put("password", "an+0ther%");
    start();

    relay.store(relay.events(20, 20));
    relay.awaitState("elastic", State.REFUSED);
    assertFalse(relay.status("elastic").toString().contains("an+0ther"));
    elastic.authorization =
        "Basic " + Base64.getEncoder().encodeToString("relay:an+0ther%".getBytes(UTF_8));

    relay.awaitDelivered("elastic", 20);
    assertEquals(List.of(), relay.deadLetters());
  }

  @Test
  void sendsAnApiKey() throws Exception {
    elastic.authorization = "ApiKey a2V5OnM+Y3JldA==";
    settings.put("api-key", "a2V5OnM+Y3JldA==");
    settings.put("username", "");
    settings.put("password", "");
    start();

    relay.store(relay.events(20, 20));

    relay.awaitDelivered("elastic", 20);
  }

  @Test
  void takesNoOtherServerForACluster() throws Exception {
    elastic.alwaysAnswers(200, "<html>Please log in</html>");
    start();

    relay.store(relay.events(20, 20));

    relay.awaitState("elastic", State.REFUSED);
    assertEquals(0, relay.status("elastic").delivered());
    assertEquals(List.of(), relay.deadLetters());
  }

  @Test
  void sendsLessAtATimeWhenTheAnswerIsTooLarge() throws Exception {
    elastic.longReasons = true;
    settings.put("lanes", "1");
    start();
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String value = i % 2 == 0 ? "true" : "\"perhaps\"";
      events.add(relay.event("device-" + i, i, ",\"compliant\":" + value));
    }

    relay.store(events);

    relay.awaitDelivered("elastic", 4);
    await().atMost(RunningDestination.SOON).until(() -> relay.deadLetters().size() == 4);
    assertEquals(4, elastic.documents().size());
  }

  /** The example of the page. */
  @Test
  void sendsToASecondClusterByARouteOfTwelveLines() throws Exception {
    settings.put("events", "device.wiped");
    elastic.authorization = "ApiKey key";
    startWithTheExample(
        Map.of(
            "ens.destination.search.url", elastic.url(), "ens.destination.search.api-key", "key"));

    relay.store(relay.events(10, 10));

    relay.awaitDelivered("search", 10);
    assertEquals(0, relay.status("elastic").delivered());
    assertEquals(10, elastic.documents().size());
  }
}
