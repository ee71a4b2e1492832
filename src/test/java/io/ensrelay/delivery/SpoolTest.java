package io.ensrelay.delivery;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.Gap;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.TestPlatform;
import io.ensrelay.spool.log.Begin;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path data;

  @Test
  void givesEveryDestinationEveryEventInOrder() throws Exception {
    List<Integer> a = new CopyOnWriteArrayList<>();
    List<Integer> b = new CopyOnWriteArrayList<>();
    try (SpoolRoutes spool = new SpoolRoutes(data, to("a", "", a), to("b", "", b))) {
      store(spool, 0, 500);
      await().atMost(SOON).until(() -> a.size() == 500 && b.size() == 500);
      assertEquals(IntStream.range(0, 500).boxed().toList(), a);
      assertEquals(a, b);
    }
  }

  @Test
  void keepsTheOrderOfEachDeviceInManyLanes() throws Exception {
    Map<String, List<Integer>> byDevice = new ConcurrentHashMap<>();
    Set<String> lanes = ConcurrentHashMap.newKeySet();
    AtomicInteger delivered = new AtomicInteger();
    Processor slow =
        exchange -> {
          lanes.add(Thread.currentThread().getName());
          String device = exchange.getMessage().getHeader("deviceId", String.class);
          byDevice
              .computeIfAbsent(device, d -> new CopyOnWriteArrayList<>())
              .add(SpoolRoutes.seq(exchange.getMessage().getBody(byte[].class)));
          if (delivered.incrementAndGet() % 10 == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
          }
        };
    try (SpoolRoutes spool = new SpoolRoutes(data, route("many", "&lanes=8", slow))) {
      store(spool, 0, 3000);
      await().atMost(SOON).until(() -> delivered.get() == 3000);
    }
    byDevice.values().forEach(seqs -> assertEquals(seqs.stream().sorted().toList(), seqs));
    assertEquals(13, byDevice.size());
    assertTrue(lanes.size() > 1, lanes.toString());
  }

  @Test
  void doesNotLetOneDestinationHoldUpAnother() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    List<Integer> free = new CopyOnWriteArrayList<>();
    List<Integer> late = new CopyOnWriteArrayList<>();
    Processor stuck =
        exchange -> {
          open.await();
          late.add(SpoolRoutes.seq(exchange.getMessage().getBody(byte[].class)));
        };
    try (SpoolRoutes spool =
        new SpoolRoutes(data, route("stuck", "", stuck), to("free", "", free))) {
      store(spool, 0, 300);
      await().atMost(SOON).until(() -> free.size() == 300);
      assertEquals(List.of(), late);
      open.countDown();
      await().atMost(SOON).until(() -> late.size() == 300);
    }
  }

  @Test
  void doesNotLetOneLaneHoldUpTheOthers() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    Map<String, List<Integer>> byDevice = new ConcurrentHashMap<>();
    AtomicInteger delivered = new AtomicInteger();
    Processor stuckForOne =
        exchange -> {
          String device = exchange.getMessage().getHeader("deviceId", String.class);
          if (device.equals("device-0")) {
            open.await();
          }
          byDevice
              .computeIfAbsent(device, d -> new CopyOnWriteArrayList<>())
              .add(SpoolRoutes.seq(exchange.getMessage().getBody(byte[].class)));
          delivered.incrementAndGet();
        };
    int events = 6000;
    try (SpoolRoutes spool = new SpoolRoutes(data, route("stuck", "&lanes=4", stuckForOne))) {
      List<Event> all = new ArrayList<>();
      for (int seq = 0; seq < events; seq++) {
        all.add(SpoolRoutes.event("device-" + seq % 40, seq));
      }
      spool.store(all).get(60, TimeUnit.SECONDS);
      // three of four lanes
      await().atMost(SOON).until(() -> delivered.get() > events * 6 / 10);
      assertEquals(null, byDevice.get("device-0"));
      open.countDown();
      await().atMost(SOON).until(() -> delivered.get() == events);
    }
    byDevice.values().forEach(seqs -> assertEquals(seqs.stream().sorted().toList(), seqs));
  }

  @Test
  void doesNotWaitForAPauseBetweenTriesWhenItStops() throws Exception {
    CountDownLatch pauses = new CountDownLatch(1);
    RouteBuilder stalled =
        new RouteBuilder() {
          @Override
          public void configure() {
            onException(IOException.class)
                .maximumRedeliveries(-1)
                .redeliveryDelay(TimeUnit.MINUTES.toMillis(10));
            from("spool:events?destination=stalled")
                .process(
                    exchange -> {
                      pauses.countDown();
                      throw new IOException("the endpoint is away");
                    });
          }
        };
    SpoolRoutes stops = new SpoolRoutes(data, stalled);
    store(stops, 0, 3);
    assertTrue(pauses.await(30, TimeUnit.SECONDS));
    // a try that is under way has 15 s
    assertTimeout(Duration.ofSeconds(12), stops::close);

    List<Integer> delivered = new CopyOnWriteArrayList<>();
    try (SpoolRoutes spool = new SpoolRoutes(data, to("stalled", "", delivered))) {
      await().atMost(SOON).until(() -> delivered.size() == 3);
      assertEquals(List.of(0, 1, 2), delivered);
      assertTrue(spool.camel.isStarted());
    }
  }

  @Test
  void givesAnEventAgainWhenItsRouteFailsAndNothingOvertakesIt() throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    AtomicInteger failures = new AtomicInteger();
    Processor failsTwice =
        exchange -> {
          int seq = SpoolRoutes.seq(exchange.getMessage().getBody(byte[].class));
          if (seq == 5 && failures.incrementAndGet() <= 2) {
            throw new IllegalStateException("not now");
          }
          delivered.add(seq);
        };
    try (SpoolRoutes spool = new SpoolRoutes(data, route("test", "", failsTwice))) {
      store(spool, 0, 20);
      await().atMost(SOON).until(() -> delivered.size() >= 20);
      assertEquals(IntStream.range(0, 20).boxed().toList(), delivered);
    }
  }

  @Test
  void goesOnInOrderWhenALaneBreaks() throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    AtomicInteger begun = new AtomicInteger();
    try (SpoolRoutes spool = new SpoolRoutes(data)) {
      Cursor cursor = spool.spool().attach("breaks", 1, "", Begin.NOW);
      Lane lane =
          new Lane(
              cursor,
              1,
              new Lane.Route() {
                @Override
                public boolean deliver(int number, StoredEvent event, Batch batch) {
                  if (begun.incrementAndGet() == 6) {
                    throw new IllegalStateException("a fault of the program");
                  }
                  return delivered.add(SpoolRoutes.seq(event.body()));
                }

                @Override
                public void idle(int number) {}
              },
              TestPlatform.REAL);
      lane.start();
      store(spool, 0, 20);
      await().atMost(SOON).until(() -> delivered.size() >= 20);
      lane.stop();
      await().atMost(SOON).until(() -> !lane.isAlive());
    }
    assertEquals(IntStream.range(0, 20).boxed().toList(), delivered);
  }

  @Test
  void keepsWhatWaitsThroughARestartAndDropsCopiesAlsoAfterIt() throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    RouteBuilder subscribes = to("test", "", delivered);
    try (SpoolRoutes spool = new SpoolRoutes(data, subscribes)) {
      assertTrue(spool.camel.isStarted());
    }
    try (SpoolRoutes spool = new SpoolRoutes(data)) {
      store(spool, 0, 50);
      store(spool, 0, 50);
    }
    try (SpoolRoutes spool = new SpoolRoutes(data, to("test", "", delivered))) {
      store(spool, 0, 51);
      await().atMost(SOON).until(() -> delivered.size() >= 51);
    }
    assertEquals(IntStream.range(0, 51).boxed().toList(), delivered);
  }

  /** A broker with a queue for each topic repeats the messages of one behind many of another. */
  @Test
  void dropsACopyAlsoBehindManyEventsOfOtherTypes() throws Exception {
    Map<String, String> twentyIdsAndFourOfAType = Map.of("ens.intake.in-flight", "1");
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    try (SpoolRoutes spool =
        new SpoolRoutes(data, twentyIdsAndFourOfAType, to("test", "", delivered))) {
      storeWiped(spool, 0);
      store(spool, 1, 80);
      storeWiped(spool, 0);
    }
    try (SpoolRoutes spool =
        new SpoolRoutes(data, twentyIdsAndFourOfAType, to("test", "", delivered))) {
      storeWiped(spool, 80);
      store(spool, 81, 120);
      storeWiped(spool, 80);
      // of the run before
      store(spool, 60, 80);
      // no more among the newest
      store(spool, 81, 82);
      await().atMost(SOON).until(() -> delivered.size() >= 121);
    }
    assertEquals(
        IntStream.concat(IntStream.range(0, 120), IntStream.of(81)).boxed().toList(), delivered);
  }

  private static void storeWiped(SpoolRoutes spool, int seq) throws Exception {
    spool.store(SpoolRoutes.event("wiped", "device", seq)).get(30, TimeUnit.SECONDS);
  }

  /** Several times what the broker keeps in memory, and what it reads ahead from its pages. */
  @Test
  void deliversABacklogThatIsOnlyOnDiskToTheLastEvent() throws Exception {
    List<Integer> delivered = Collections.synchronizedList(new ArrayList<>());
    RouteBuilder subscribes = to("test", "", delivered);
    try (SpoolRoutes spool = new SpoolRoutes(data, subscribes)) {
      assertTrue(spool.camel.isStarted());
    }
    int events = 4000;
    try (SpoolRoutes spool = new SpoolRoutes(data)) {
      for (int seq = 0; seq < events; seq += 100) {
        List<Event> some = new ArrayList<>();
        for (int i = seq; i < seq + 100; i++) {
          some.add(SpoolRoutes.event("x".repeat(10_000), i));
        }
        spool.store(some).get(30, TimeUnit.SECONDS);
      }
    }
    try (SpoolRoutes spool = new SpoolRoutes(data, to("test", "", delivered))) {
      await().atMost(SOON).until(() -> delivered.size() >= events);
    }
    assertEquals(IntStream.range(0, events).boxed().toList(), List.copyOf(delivered));
  }

  @Test
  void putsAConfirmationOnDiskWithoutBeingStopped(@TempDir Path copies) throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    AtomicInteger copy = new AtomicInteger();
    try (SpoolRoutes spool = new SpoolRoutes(data, to("test", "", delivered))) {
      store(spool, 0, 30);
      await().atMost(SOON).until(() -> delivered.size() == 30);
      await()
          .atMost(SOON)
          .until(
              () -> deliveredFrom(copies.resolve("" + copy.incrementAndGet())).equals(List.of(30)));
    }
  }

  /**
   * What a spool delivers that finds the files as a kill would leave them now, and one event more.
   */
  private List<Integer> deliveredFrom(Path copy) throws Exception {
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.toList()) {
        Path to = copy.resolve(data.relativize(file));
        Files.createDirectories(to.getParent());
        Files.copy(file, to);
      }
    }
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    try (SpoolRoutes spool = new SpoolRoutes(copy, to("test", "", delivered))) {
      store(spool, 30, 31);
      await().atMost(SOON).until(() -> delivered.contains(30));
    }
    return delivered;
  }

  @Test
  void storesLargeAndRepeatedEventsOfOneMessageOnceAndInOrder() throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    List<Integer> sizes = new CopyOnWriteArrayList<>();
    Processor note =
        exchange -> {
          byte[] body = exchange.getMessage().getBody(byte[].class);
          delivered.add(SpoolRoutes.seq(body));
          sizes.add(body.length);
        };
    Event small = SpoolRoutes.event("device", 1);
    Event large = SpoolRoutes.event("device-" + "x".repeat(300_000), 2);
    Event last = SpoolRoutes.event("device", 3);
    try (SpoolRoutes spool = new SpoolRoutes(data, route("test", "", note))) {
      spool.store(List.of(small, small, last, small)).get(30, TimeUnit.SECONDS);
      spool.store(List.of(small, large, last, large)).get(30, TimeUnit.SECONDS);
      Event beside = SpoolRoutes.event("device", 4);
      Event another = SpoolRoutes.event("device-" + "x".repeat(300_000), 5);
      spool.store(List.of(beside, another)).get(30, TimeUnit.SECONDS);
      spool.store(List.of(beside)).get(30, TimeUnit.SECONDS);
      spool.store(List.of(another, large)).get(30, TimeUnit.SECONDS);
      store(spool, 6, 7);
      await().atMost(SOON).until(() -> delivered.contains(6));
      assertEquals(List.of(1, 3, 2, 4, 5, 6), delivered);
      assertEquals(large.json().length, sizes.get(2));
    }
  }

  @Test
  void confirmsABatchOnlyAfterItsStepAndGivesItAgainWhenThatFails() throws Exception {
    List<Integer> seen = new CopyOnWriteArrayList<>();
    AtomicInteger steps = new AtomicInteger();
    Batch.Step failsOnce =
        () -> {
          if (steps.incrementAndGet() == 1) {
            throw new java.io.IOException("disk full");
          }
        };
    Processor sink =
        exchange -> {
          seen.add(SpoolRoutes.seq(exchange.getMessage().getBody(byte[].class)));
          Batch.beforeConfirmation(exchange, failsOnce);
        };
    try (SpoolRoutes spool = new SpoolRoutes(data, route("test", "", sink))) {
      store(spool, 0, 30);
      await().atMost(SOON).until(() -> new HashSet<>(seen).size() == 30 && steps.get() > 1);
      assertTrue(seen.size() > 30, "those before the failed step came again");
    }
    List<Integer> left = new CopyOnWriteArrayList<>();
    try (SpoolRoutes spool = new SpoolRoutes(data, to("test", "", left))) {
      store(spool, 30, 31);
      await().atMost(SOON).until(() -> !left.isEmpty());
      assertEquals(List.of(30), left);
    }
  }

  @Test
  void selectsByEventsAndSelectorAndAsksWhatWaitsAnewWhenTheseChange() throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    String even = "&events=device_check_in&selector=deviceId = 'device-0'";
    CountDownLatch never = new CountDownLatch(1);
    Processor stuck = exchange -> never.await(100, TimeUnit.MILLISECONDS);
    Processor refuses =
        exchange -> {
          stuck.process(exchange);
          throw new IllegalStateException("down");
        };
    try (SpoolRoutes spool = new SpoolRoutes(data, route("test", even, refuses))) {
      store(spool, 0, 26);
    }
    try (SpoolRoutes spool =
        new SpoolRoutes(
            data,
            to("test", "&events=device.check_in&selector=deviceId = 'device-1'", delivered))) {
      store(spool, 26, 52);
      await().atMost(SOON).until(() -> delivered.size() >= 4);
      assertEquals(List.of(1, 14, 27, 40), delivered);
    }
  }

  @Test
  void tellsEveryDestinationOfAGapWhateverItSelects() throws Exception {
    Gap gap = new Gap(Instant.EPOCH, Instant.EPOCH.plusSeconds(20_000), 180, "away");
    List<String> bodies = new CopyOnWriteArrayList<>();
    Processor note = exchange -> bodies.add(exchange.getMessage().getBody(String.class));
    String nothingElse = "&events=device_wiped&selector=deviceOs = 'IOS'";
    try (SpoolRoutes spool = new SpoolRoutes(data, route("test", nothingElse, note))) {
      store(spool, 0, 3);
      spool.store(new EventSplitter("test").event(gap)).get(30, TimeUnit.SECONDS);
      await().atMost(SOON).until(() -> !bodies.isEmpty());
    }
    assertEquals(1, bodies.size());
    JsonNode event = new ObjectMapper().readTree(bodies.get(0));
    assertEquals("relay.gap", event.path("type").asText());
    assertEquals("1970-01-01T00:00:00.000Z", event.path("data").path("from").asText());
    assertEquals("1970-01-01T05:33:20.000Z", event.path("data").path("to").asText());
    assertEquals(180, event.path("data").path("retentionPeriodMinutes").asInt());
  }

  @Test
  void storesEventsForOneDestinationAloneAndSaysWhichSnapshotsAreStale() throws Exception {
    List<Integer> plain = new CopyOnWriteArrayList<>();
    List<Integer> wants = new CopyOnWriteArrayList<>();
    try (SpoolRoutes spool =
        new SpoolRoutes(data, to("plain", "", plain), to("wants", "&snapshots=true", wants))) {
      spool.store(ofResync(Event.RESYNC_STARTED, "a", 0, 0)).get(30, TimeUnit.SECONDS);
      spool.store(timed("a", 1, 1000)).get(30, TimeUnit.SECONDS);
      List<Event> page =
          List.of(
              ofResync(Event.SNAPSHOT, "b", 2, 900),
              ofResync(Event.SNAPSHOT, "a", 3, 999),
              ofResync(Event.SNAPSHOT, "a", 4, 1000));
      Exchange all =
          spool.template().request("spool:events", exchange -> exchange.getMessage().setBody(page));
      BitSet stale = new BitSet();
      stale.set(1);
      assertEquals(stale, all.getProperty(Spool.STALE));
      Exchange one =
          spool
              .template()
              .request(
                  "spool:events?destination=plain",
                  exchange ->
                      exchange
                          .getMessage()
                          .setBody(List.of(ofResync(Event.SNAPSHOT, "b", 5, 2000))));
      assertNull(one.getProperty(Spool.STALE));
      spool.store(timed("c", 6, 1000)).get(30, TimeUnit.SECONDS);
      await().atMost(SOON).until(() -> plain.contains(6) && wants.contains(6));
    }
    assertEquals(List.of(1, 5, 6), plain);
    assertEquals(List.of(0, 1, 2, 4, 6), wants);
  }

  @Test
  void refusesADestinationWithoutAName() {
    assertThrows(
        Exception.class, () -> new SpoolRoutes(data, to("../x", "", new ArrayList<>())).close());
    assertThrows(
        Exception.class,
        () -> new SpoolRoutes(data, to("a", "&lanes=0", new ArrayList<>())).close());
  }

  @Test
  void saysAtTheStartThatASelectorIsWrong() {
    assertThrows(
        Exception.class,
        () -> new SpoolRoutes(data, to("a", "&selector=deviceOs = = 'IOS'", new ArrayList<>())));
  }

  @Test
  void leavesOutLateEventsOnlyIfItCanTellThem() throws Exception {
    Exception refused =
        assertThrows(
            Exception.class,
            () -> new SpoolRoutes(data, to("a", "&late=false", new ArrayList<>())).close());
    assertTrue(refused.toString().contains("ens.devices.enabled"), refused.toString());

    List<Integer> delivered = new CopyOnWriteArrayList<>();
    try (SpoolRoutes spool =
        new SpoolRoutes(
            data,
            Map.of("ens.devices.enabled", "true"),
            to("a", "&late=false&selector=deviceId <> 'c'", delivered))) {
      spool
          .store(
              List.of(
                  timed("a", 0, 1000), timed("a", 1, 999), timed("c", 2, 1), timed("a", 3, 1001)))
          .get(30, TimeUnit.SECONDS);
      await().atMost(SOON).until(() -> delivered.contains(3));
    }
    assertEquals(List.of(0, 3), delivered);
  }

  private static Event timed(String device, int seq, long time) throws Exception {
    Event event = SpoolRoutes.event(device, seq);
    return new Event(
        event.id(), event.type(), event.key(), event.tenant(), event.device(), time, event.json());
  }

  private static Event ofResync(String type, String device, int seq, long time) throws Exception {
    Event event = timed(device, seq, time);
    return new Event(
        event.id(), type, Optional.empty(), event.tenant(), event.device(), time, event.json());
  }

  private static RouteBuilder to(String name, String options, List<Integer> delivered) {
    return route(
        name,
        options,
        exchange -> delivered.add(SpoolRoutes.seq(exchange.getMessage().getBody(byte[].class))));
  }

  private static RouteBuilder route(String name, String options, Processor sink) {
    return new RouteBuilder() {
      @Override
      public void configure() {
        errorHandler(noErrorHandler());
        from("spool:events?destination=" + name + options).process(sink);
      }
    };
  }

  private static void store(SpoolRoutes spool, int from, int to) throws Exception {
    for (int seq = from; seq < to; seq++) {
      spool.store(SpoolRoutes.event("device-" + seq % 13, seq)).get(30, TimeUnit.SECONDS);
    }
  }
}
