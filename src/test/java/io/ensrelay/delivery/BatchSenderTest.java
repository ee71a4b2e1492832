package io.ensrelay.delivery;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Events that are sent together, with a receiver that does as it is told. */
class BatchSenderTest {
  private static final Duration NONE = Duration.ZERO;

  private final TestReports reports = new TestReports("siem");
  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final List<List<String>> calls = Collections.synchronizedList(new ArrayList<>());
  private final FailureRules rules = new FailureRules();
  private Batch batch = new Batch();
  private long outageBegan;
  private int strange = 2;
  private int sent;

  @BeforeEach
  void rules() {
    rules.setPasses(IOException.class.getName());
    rules.setWrong(MalformedInputException.class.getName());
    camel.getRegistry().bind("ensFailures", rules);
    RetryPause soon = new RetryPause();
    soon.setFirst(Duration.ofMillis(20));
    soon.setLongest(Duration.ofMillis(20));
    camel.getRegistry().bind("ensRetry", soon);
  }

  @AfterEach
  void close() throws IOException {
    camel.close();
  }

  @Test
  void sendsTheEventsOfABatchInOneCallAndInOrder() throws Exception {
    BatchSender sender = sender(this::accept, 100, 1000, false);
    collect(sender, "a", "b", "a");
    assertEquals(List.of(), calls);

    batch.run();

    assertEquals(List.of(List.of("a0", "b1", "a2")), calls);
    assertEquals(List.of("a0", "b1", "a2"), reports.delivered);
  }

  @Test
  void sendsNoMoreThanFitsIntoACall() throws Exception {
    BatchSender sender = sender(this::accept, 2, 1000, false);
    collect(sender, "a", "b", "c", "d", "e");
    batch.run();
    assertEquals(List.of(List.of("a0", "b1"), List.of("c2", "d3"), List.of("e4")), calls);

    calls.clear();
    sender = sender(this::accept, 100, 25, false);
    collect(sender, "a", "b", "c");
    batch.run();
    assertEquals(List.of(List.of("a5", "b6"), List.of("c7")), calls);
  }

  @Test
  void sendsOneEventOfADeviceInACallWhereItIsAskedTo() throws Exception {
    BatchSender sender = sender(this::accept, 100, 1000, true);
    collect(sender, "a", "b", "a", "c");
    batch.run();

    assertEquals(List.of(List.of("a0", "b1"), List.of("a2", "c3")), calls);
  }

  @Test
  void sendsTheSameAgainUntilTheReceiverIsBack() throws Exception {
    int[] away = {3};
    BatchSender sender =
        sender(
            items -> {
              accept(items);
              if (away[0]-- > 0) {
                throw new IOException("away");
              }
              return BatchSender.delivered(items);
            },
            100,
            1000,
            false);
    collect(sender, "a", "b");
    batch.run();

    assertEquals(Collections.nCopies(4, List.of("a0", "b1")), calls);
    assertEquals(List.of("a0", "b1"), reports.delivered);
    assertEquals(List.of(), reports.kept);
    assertEquals(Optional.empty(), reports.stall().now());
  }

  @Test
  void findsTheWrongEventByHalvesAndSetsOnlyThatAside() throws Exception {
    BatchSender sender =
        sender(
            items -> {
              accept(items);
              if (items.stream().anyMatch(item -> item.payload().equals("c2"))) {
                throw new MalformedInputException(1);
              }
              return BatchSender.delivered(items);
            },
            100,
            1000,
            false);
    collect(sender, "a", "b", "c", "d", "e");
    batch.run();

    assertEquals(List.of("a0", "b1", "d3", "e4"), reports.delivered);
    assertEquals(List.of("c2: Input length = 1"), reports.kept);
  }

  @Test
  void confirmsEachEventByItsOwnOutcome() throws Exception {
    BatchSender sender =
        sender(
            items -> {
              accept(items);
              return items.stream()
                  .map(
                      item ->
                          switch (calls.size() + item.payload().toString()) {
                            case "1b1" -> Optional.<Exception>of(new IOException("busy"));
                            case "1c2" -> Optional.<Exception>of(new MalformedInputException(1));
                            default -> Optional.<Exception>empty();
                          })
                  .toList();
            },
            100,
            1000,
            false);
    collect(sender, "a", "b", "c", "d");
    batch.run();

    assertEquals(List.of(List.of("a0", "b1", "c2", "d3"), List.of("b1")), calls);
    assertEquals(List.of("a0", "d3", "b1"), reports.delivered);
    assertEquals(List.of("c2: Input length = 1"), reports.kept);
  }

  @Test
  void holdsItsEventsWhenManyAreWrongInARow() throws Exception {
    BatchSender sender =
        sender(
            items -> {
              throw new MalformedInputException(1);
            },
            100,
            1000,
            false);
    awaitRefusal(sender);

    assertEquals(9, reports.kept.size());
    assertEquals(List.of(), reports.delivered);
  }

  /** Sends events of 20 devices until the destination counts as refusing, then stops. */
  private void awaitRefusal(BatchSender sender) throws Exception {
    collect(sender, IntStream.range(0, 20).mapToObj(i -> "d" + i).toArray(String[]::new));
    Batch mine = batch;
    CompletableFuture<Void> run = CompletableFuture.runAsync(() -> quietly(mine));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> reports.stall().now().filter(stall -> stall.isRefusal()).isPresent());
    reports.stops = true;
    ExecutionException stopped =
        assertThrows(ExecutionException.class, () -> run.get(20, TimeUnit.SECONDS));
    assertTrue(stopped.getMessage().contains("the relay stops"), stopped.getMessage());
  }

  @Test
  void countsAWrongEventForItsOwnDevice() throws Exception {
    rules.setWrongInARow(2);
    reports.keeps = false;
    List<Boolean> refusals = new ArrayList<>();
    BatchSender sender =
        sender(
            items -> {
              accept(items);
              reports.stall().now().ifPresent(stall -> refusals.add(stall.isRefusal()));
              if (calls.size() > 3) {
                return BatchSender.delivered(items);
              }
              return items.stream()
                  .map(
                      item ->
                          Optional.<Exception>of(
                              item.payload().equals("a0")
                                  ? new IOException("busy")
                                  : new MalformedInputException(1)))
                  .toList();
            },
            100,
            1000,
            false);
    collect(sender, "a", "b");
    batch.run();

    assertEquals(List.of(false, false, false), refusals);
    assertEquals(List.of("a0", "b1"), reports.delivered);
  }

  @Test
  void showsARefusalBehindAnOutage() throws Exception {
    rules.setRefuses(IllegalStateException.class.getName());
    List<String> reasons = new ArrayList<>();
    BatchSender sender =
        sender(
            items -> {
              accept(items);
              reports.stall().now().ifPresent(stall -> reasons.add(stall.why().reason()));
              return calls.size() > 1
                  ? BatchSender.delivered(items)
                  : List.of(
                      Optional.of(new IOException("busy")),
                      Optional.of(new IllegalStateException("no such table")),
                      Optional.of(new IOException("busy")));
            },
            100,
            1000,
            false);
    collect(sender, "a", "b", "c");
    batch.run();

    assertEquals(1, reasons.size());
    assertTrue(reasons.get(0).contains("no such table"), reasons.get(0));
  }

  @Test
  void findsTheEventOfAnUnknownFailureAfterItsTime() throws Exception {
    rules.setUnknownFor(Duration.ofMillis(200));
    long begin = System.nanoTime();
    BatchSender sender =
        sender(
            items -> {
              accept(items);
              if (items.stream().anyMatch(item -> item.payload().equals("c2"))) {
                throw new IllegalStateException("nobody knows");
              }
              return BatchSender.delivered(items);
            },
            100,
            1000,
            false);
    collect(sender, "a", "b", "c", "d", "e");
    batch.run();

    assertEquals(List.of("a0", "b1", "d3", "e4"), reports.delivered);
    assertEquals(List.of("c2: nobody knows"), reports.kept);
    assertTrue(System.nanoTime() - begin >= Duration.ofMillis(200).toNanos());
    assertEquals(List.of("a0", "b1", "c2", "d3", "e4"), calls.get(1), "as a whole at first");
  }

  @Test
  void holdsItsEventsWhenAllFailForAnUnknownReason() throws Exception {
    rules.setUnknownFor(Duration.ofMillis(50));
    BatchSender sender =
        sender(
            items -> {
              throw new IllegalStateException("nobody knows");
            },
            100,
            1000,
            false);
    awaitRefusal(sender);

    assertEquals(9, reports.kept.size());
  }

  @Test
  void givesAnUnknownFailureItsTimeAfterAnOutage() throws Exception {
    rules.setUnknownFor(Duration.ofMillis(300));
    BatchSender sender =
        sender(
            items -> {
              accept(items);
              long since = System.nanoTime() - outageBegan;
              if (since < Duration.ofMillis(400).toNanos()) {
                throw new IOException("away");
              }
              if (strange-- > 0) {
                throw new IllegalStateException("starting");
              }
              return BatchSender.delivered(items);
            },
            100,
            1000,
            false);
    outageBegan = System.nanoTime();
    collect(sender, "a");
    batch.run();

    assertEquals(List.of("a0"), reports.delivered);
    assertEquals(List.of(), reports.kept);
  }

  @Test
  void isSlowWhileTheReceiverHangsButNotInAPause() throws Exception {
    SlowDetector slow = new SlowDetector("siem", Clock.systemUTC());
    List<Boolean> seen = new ArrayList<>();
    long later = Duration.ofSeconds(31).toNanos();
    BatchSender sender =
        sender(
            items -> {
              slow.look(reports.sending, System.nanoTime() + later, false);
              seen.add(slow.since().isPresent());
              if (seen.size() == 1) {
                throw new IOException("busy");
              }
              return BatchSender.delivered(items);
            },
            100,
            1000,
            false);
    collect(sender, "a", "b");
    batch.run();
    slow.look(reports.sending, System.nanoTime() + later, false);

    assertEquals(List.of(true, true), seen);
    assertEquals(Optional.empty(), slow.since());
  }

  @Test
  void sendsAtOnceWhatDoesNotComeFromTheSpool() throws Exception {
    BatchSender sender = sender(this::accept, 100, 1000, false);
    Exchange exchange = new DefaultExchange(camel);

    sender.collect(exchange, "x", 1);

    assertEquals(List.of(List.of("x")), calls);
    BatchSender failing = sender(items -> List.of(Optional.of(new IOException("no"))), 1, 1, false);
    assertThrows(IOException.class, () -> failing.collect(exchange, "x", 1));
  }

  private static void quietly(Batch batch) {
    try {
      batch.run();
    } catch (IOException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private List<Optional<Exception>> accept(List<BatchSender.Item> items) {
    calls.add(items.stream().map(item -> item.payload().toString()).toList());
    return BatchSender.delivered(items);
  }

  private static BatchSender sender(
      BatchSender.Receiver receiver, int events, long bytes, boolean oncePerDevice) {
    return new BatchSender(receiver, events, bytes, NONE, oncePerDevice);
  }

  /** Events of these devices, of 10 bytes each. */
  private void collect(BatchSender sender, String... devices) throws Exception {
    batch = new Batch();
    for (String device : devices) {
      String id = device + sent++;
      StoredEvent event =
          new StoredEvent(
              sent,
              0,
              0,
              Map.of("eventId", id, "deviceId", device),
              new byte[0],
              Optional.empty(),
              false);
      Exchange exchange = new DefaultExchange(camel);
      new Delivery(reports, event, batch, 0, Delivery.NO_MARK).fill(exchange);
      sender.collect(exchange, id, 10);
    }
  }
}
