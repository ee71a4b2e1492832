package io.ensrelay.delivery;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DeadLetterFilter;
import io.ensrelay.spool.DeadLetters;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two destinations, of which {@code siem} refuses every event until it is told not to. */
class DeadLettersTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path data;
  private final AtomicBoolean refusing = new AtomicBoolean(true);
  private final List<Delivered> siem = new CopyOnWriteArrayList<>();
  private final List<Delivered> hr = new CopyOnWriteArrayList<>();
  private SpoolRoutes routes;
  private DeadLetters letters;

  private record Delivered(String id, String device, String body) {
    static Delivered of(Exchange exchange) {
      return new Delivered(
          exchange.getMessage().getHeader("eventId", String.class),
          exchange.getMessage().getHeader("deviceId", String.class),
          exchange.getMessage().getBody(String.class));
    }
  }

  @BeforeEach
  void start() throws Exception {
    routes =
        new SpoolRoutes(
            data,
            new RouteBuilder() {
              @Override
              public void configure() {
                onException(IllegalStateException.class)
                    .handled(true)
                    .useOriginalMessage()
                    .to("spool:dead");
                from("spool:events?destination=siem&lanes=2")
                    .process(
                        exchange -> {
                          if (refusing.get()) {
                            throw new IllegalStateException("422 <b>Unprocessable</b>");
                          }
                          siem.add(Delivered.of(exchange));
                        });
                from("spool:events?destination=hr").process(e -> hr.add(Delivered.of(e)));
                from("direct:malformed").to("spool:dead?destination=intake");
              }
            });
    letters = routes.spool().letters();
  }

  @AfterEach
  void stop() throws Exception {
    routes.close();
  }

  private List<DeadLetter> refuse(int events) throws Exception {
    for (int i = 0; i < events; i++) {
      routes.store(SpoolRoutes.event("device-" + i, i)).get();
    }
    await().atMost(SOON).until(() -> all().total() == events && hr.size() == events);
    return all().items();
  }

  private DeadLetters.Page all() throws Exception {
    return letters.list(DeadLetterFilter.ALL, 0, 1000);
  }

  @Test
  void listsThemByPageWithWhatIsKnown() throws Exception {
    List<DeadLetter> five = refuse(5);
    DeadLetter first = five.get(0);

    assertEquals("siem", first.destination());
    assertEquals("422 <b>Unprocessable</b>", first.reason());
    assertEquals(1, first.attempts());
    assertEquals("device.check_in", first.attributes().get("eventType"));
    assertTrue(first.time().isAfter(Instant.now().minusSeconds(60)));
    DeadLetters.Page page = letters.list(DeadLetterFilter.ALL, 2, 2);
    assertEquals(5, page.total());
    assertEquals(five.subList(2, 4), page.items());
  }

  @Test
  void findsLettersByEachPartOfAFilter() throws Exception {
    DeadLetter letter = refuse(1).get(0);
    Optional<String> no = Optional.empty();
    Optional<Instant> ever = Optional.empty();

    assertEquals(1, count(new DeadLetterFilter(Optional.of("siem"), no, no, ever, ever)));
    assertEquals(0, count(new DeadLetterFilter(Optional.of("hr"), no, no, ever, ever)));
    assertEquals(
        1, count(new DeadLetterFilter(no, Optional.of("device_check_in"), no, ever, ever)));
    assertEquals(0, count(new DeadLetterFilter(no, Optional.of("o'clock"), no, ever, ever)));
    assertEquals(1, count(new DeadLetterFilter(no, no, Optional.of("unPROC"), ever, ever)));
    assertEquals(0, count(new DeadLetterFilter(no, no, Optional.of("timeout"), ever, ever)));
    assertEquals(1, count(new DeadLetterFilter(no, no, no, Optional.of(letter.time()), ever)));
    assertEquals(0, count(new DeadLetterFilter(no, no, no, ever, Optional.of(letter.time()))));
  }

  private long count(DeadLetterFilter filter) throws Exception {
    return letters.list(filter, 0, 10).total();
  }

  @Test
  void showsTheWholeOfOne() throws Exception {
    DeadLetter letter = refuse(1).get(0);
    DeadLetter.Full full = letters.get(letter.id()).orElseThrow();

    assertEquals(letter, full.letter());
    assertEquals(letter.bytes(), full.body().length);
    assertTrue(new String(full.body()).contains("\"deviceGuid\":\"device-0\""));
    assertEquals(IllegalStateException.class.getName(), full.exception().orElseThrow());
    assertEquals(Optional.empty(), letters.get("siem~00000000-0000-0000-0000-000000000000"));
    assertEquals(Optional.empty(), letters.get("' OR 1=1"));
  }

  @Test
  void sendsOneAgainToTheDestinationThatRefusedItAndToNoOther() throws Exception {
    DeadLetter letter = refuse(2).get(1);
    refusing.set(false);

    assertEquals(1, letters.replay(List.of(letter.id()), Optional.empty()));

    await().atMost(SOON).until(() -> siem.size() == 1);
    assertEquals(letter.attributes().get("eventId"), siem.get(0).id());
    assertEquals(letter.attributes().get("deviceId"), siem.get(0).device());
    assertEquals(1, all().total());
    assertEquals(0, letters.replay(List.of(letter.id()), Optional.empty()));
    assertEquals(2, hr.size());
  }

  @Test
  void sendsThemToAnotherDestination() throws Exception {
    refuse(3);

    assertEquals(3, letters.replay(DeadLetterFilter.ALL, Optional.of("hr")));

    await().atMost(SOON).until(() -> hr.size() == 6);
    assertEquals(0, all().total());
    assertEquals(List.of(), siem);
  }

  @Test
  void sendsMoreThanFitIntoOneTransactionInOrder() throws Exception {
    List<String> order =
        refuse(250).stream().map(letter -> (String) letter.attributes().get("eventId")).toList();
    hr.clear();

    assertEquals(250, letters.replay(DeadLetterFilter.ALL, Optional.of("hr")));

    await().atMost(SOON).until(() -> hr.size() == 250);
    assertEquals(order, hr.stream().map(Delivered::id).toList());
  }

  @Test
  void refusesADestinationThatDoesNotExistAndKeepsThem() throws Exception {
    DeadLetter letter = refuse(1).get(0);

    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> letters.replay(List.of(letter.id()), Optional.of("sime")));
    assertEquals("there is no destination sime; known are hr, siem", refused.getMessage());
    assertEquals(1, all().total());
  }

  @Test
  void sendsWhatIsNoEventOnlyWhereItIsTold() throws Exception {
    byte[] bytes = {'{', (byte) 0xFF, 0};
    routes.camel.createProducerTemplate().sendBody("direct:malformed", bytes);
    DeadLetter letter = all().items().get(0);

    assertEquals("intake", letter.destination());
    assertArrayEquals(bytes, letters.get(letter.id()).orElseThrow().body());
    assertThrows(
        IllegalArgumentException.class,
        () -> letters.replay(List.of(letter.id()), Optional.empty()));
    assertEquals(1, letters.replay(List.of(letter.id()), Optional.of("hr")));
    await().atMost(SOON).until(() -> hr.size() == 1);
  }

  @Test
  void dropsTheChosenLettersAndNothingElse() throws Exception {
    List<DeadLetter> three = refuse(3);

    assertEquals(1, letters.drop(List.of(three.get(1).id())));
    assertEquals(List.of(three.get(0), three.get(2)), all().items());
    assertEquals(2, letters.drop(DeadLetterFilter.ALL));
    assertEquals(0, all().total());
  }
}
