package io.ensrelay.delivery;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.ensrelay.service.RecordedLog;
import io.ensrelay.spool.DeadLetterFilter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.AsyncProcessorSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of the deliveries that a stop finds under way. */
class StopTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String CONTENT = "content-of-the-event";

  @TempDir Path data;

  private final RecordedLog log = new RecordedLog();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);
  private final AtomicBoolean interrupted = new AtomicBoolean();

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void waitsForADeliveryWithoutAnInterruptAndConfirmsIt() throws Exception {
    SpoolRoutes stops = new SpoolRoutes(data, route(this::waits));
    CompletableFuture<Void> stopped = stop(stops);
    open.countDown();
    stopped.get(60, TimeUnit.SECONDS);

    assertFalse(interrupted.get());
    assertEquals(List.of(1), deliveredNext());
  }

  static Stream<Exception> failuresOfAStop() {
    return Stream.of(
        new InterruptedIOException("Request aborted"),
        new InterruptedException(),
        new RejectedExecutionException("the pool has been shut down"),
        new IllegalStateException("Connection pool shut down"));
  }

  @ParameterizedTest
  @MethodSource("failuresOfAStop")
  void makesNoDeadLetterOfWhatFailsInAStop(Exception failure) throws Exception {
    Processor fails =
        exchange -> {
          waits(exchange);
          throw failure;
        };
    SpoolRoutes stops = new SpoolRoutes(data, route(fails));
    CompletableFuture<Void> stopped = stop(stops);
    open.countDown();
    stopped.get(60, TimeUnit.SECONDS);

    assertEquals(List.of(0, 1), deliveredNext());
    assertSaysNothingOfTheContent();
  }

  @Test
  void leavesADeliveryThatDoesNotEndAndDeliversItAgain() throws Exception {
    SpoolRoutes stops = new SpoolRoutes(data, route(this::waits));
    stops.camel.getShutdownStrategy().setTimeout(16);
    CompletableFuture<Void> stopped = stop(stops);
    assertTimeout(Duration.ofSeconds(40), () -> stopped.get());
    open.countDown();

    assertFalse(interrupted.get());
    assertTrue(
        log.lines(Level.WARN).stream()
            .anyMatch(line -> line.contains("the relay will deliver their events again")));
    assertEquals(List.of(0, 1), deliveredNext());
    assertSaysNothingOfTheContent();
  }

  @Test
  void endsAPauseWhileTheEndpointOfAnotherDestinationHangs() throws Exception {
    RetryPause pause = new RetryPause();
    pause.setFirst(Duration.ofMinutes(10));
    RouteBuilder two =
        new RouteBuilder() {
          @Override
          public void configure() {
            onException(IOException.class).maximumRedeliveries(-1).onExceptionOccurred(pause);
            from("spool:events?destination=hangs").process(StopTest.this::waits);
            from("spool:events?destination=pauses").throwException(new IOException("away"));
          }
        };
    SpoolRoutes stops = new SpoolRoutes(data, two);
    stops.camel.getShutdownStrategy().setTimeout(16);
    CompletableFuture<Void> stopped = stop(stops);
    stops.camel.getComponent("spool", SpoolComponent.class).awaitDeliveries();
    stopped.get(60, TimeUnit.SECONDS);
    open.countDown();

    List<String> late =
        log.lines(Level.WARN).stream().filter(line -> line.contains("did not end")).toList();
    assertEquals(1, late.size(), late.toString());
    assertTrue(late.get(0).startsWith("Destination hangs: 1 deliveries"), late.toString());
  }

  /** An asynchronous step, whose answer Camel waits for. */
  @Test
  void saysNothingOfTheContentWhenAnAnswerIsWaitedFor() throws Exception {
    AsyncProcessorSupport neverAnswers =
        new AsyncProcessorSupport() {
          @Override
          public boolean process(Exchange exchange, AsyncCallback callback) {
            begun.countDown();
            return false;
          }
        };
    SpoolRoutes stops = new SpoolRoutes(data, route(neverAnswers));
    stops.camel.getShutdownStrategy().setTimeout(16);
    assertTimeout(Duration.ofSeconds(40), () -> stop(stops).get());

    assertEquals(List.of(0, 1), deliveredNext());
    assertSaysNothingOfTheContent();
  }

  @Test
  void saysOfNoStallThatItIsOver() throws Exception {
    RouteBuilder stalls =
        new RouteBuilder() {
          @Override
          public void configure() {
            onException(IOException.class)
                .maximumRedeliveries(-1)
                .redeliveryDelay(60_000)
                .onExceptionOccurred(
                    exchange -> {
                      Delivery.triesAgain(
                          exchange, new IOException("away"), Optional.empty(), Instant.now());
                      begun.countDown();
                    });
            from("spool:events?destination=test").throwException(new IOException("away"));
          }
        };
    stop(new SpoolRoutes(data, stalls)).get(40, TimeUnit.SECONDS);

    assertTrue(log.lines(Level.WARN).toString().contains("test is stalled"));
    assertFalse(log.lines(Level.INFO).toString().contains("no longer stalled"));
  }

  private CompletableFuture<Void> stop(SpoolRoutes stops) throws Exception {
    stops.store(SpoolRoutes.event(CONTENT, 0)).get(30, TimeUnit.SECONDS);
    assertTrue(begun.await(30, TimeUnit.SECONDS));
    CompletableFuture<Void> stopped =
        CompletableFuture.runAsync(
            () -> {
              try {
                stops.close();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    await().atMost(SOON).until(() -> !stops.camel.getStatus().isStarted());
    SpoolComponent component = stops.camel.getComponent("spool", SpoolComponent.class);
    component.stopTaking();
    return stopped;
  }

  private void waits(Exchange exchange) {
    begun.countDown();
    boolean over = false;
    while (!over) {
      try {
        open.await();
        over = true;
      } catch (InterruptedException e) {
        interrupted.set(true);
      }
    }
  }

  private static RouteBuilder route(Processor step) {
    return new RouteBuilder() {
      @Override
      public void configure() {
        onException(Throwable.class).handled(true).useOriginalMessage().to("spool:dead");
        from("spool:events?destination=test").process(step);
      }
    };
  }

  /** Everything the next run delivers, one event of its own at the end; it has no dead letter. */
  private List<Integer> deliveredNext() throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    Processor step =
        exchange -> delivered.add(SpoolRoutes.seq(exchange.getMessage().getBody(byte[].class)));
    try (SpoolRoutes spool = new SpoolRoutes(data, route(step))) {
      spool.store(SpoolRoutes.event("device", 1)).get(30, TimeUnit.SECONDS);
      await().atMost(SOON).until(() -> delivered.contains(1));
      DeadLetterFilter all =
          new DeadLetterFilter(
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty());
      assertEquals(List.of(), spool.spool().letters().list(all, 0, 10).items());
    }
    return delivered.stream().sorted().toList();
  }

  private void assertSaysNothingOfTheContent() {
    for (Level level : List.of(Level.INFO, Level.WARN, Level.ERROR)) {
      assertFalse(log.lines(level).toString().contains(CONTENT), () -> log.lines(level).toString());
    }
  }
}
