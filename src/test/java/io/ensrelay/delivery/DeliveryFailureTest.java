package io.ensrelay.delivery;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.DeadLetter;
import io.ensrelay.spool.DeadLetterFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.AsyncProcessorSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An event whose route throws what nobody expects: it is kept, and those behind it are delivered.
 */
class DeliveryFailureTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path data;

  static Stream<Throwable> errors() {
    return Stream.of(
        new NoClassDefFoundError("com/example/Missing"),
        new ExceptionInInitializerError("no driver"),
        new StackOverflowError(),
        new AssertionError("can't be"),
        new RuntimeCamelException(new NoSuchMethodError("of another version")));
  }

  @ParameterizedTest
  @MethodSource("errors")
  void keepsTheEventWhoseStepThrowsAnErrorAndGoesOn(Throwable error) throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    goesOnBehind(underThePolicy(throwing(error), delivered), delivered, error);
  }

  @ParameterizedTest
  @MethodSource("errors")
  void keepsItAlsoWhenTheStepIsAsynchronousAndThrowsBeforeItAnswers(Throwable error)
      throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    goesOnBehind(underThePolicy(asynchronous(throwing(error)), delivered), delivered, error);
  }

  @ParameterizedTest
  @MethodSource("errors")
  void keepsItAlsoUnderAPolicyThatDoesNotKnowErrors(Throwable error) throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    goesOnBehind(step(asynchronous(throwing(error)), delivered), delivered, error);
  }

  /** What Camel itself throws on the lane's thread, outside of any step. */
  @ParameterizedTest
  @MethodSource("errors")
  void keepsItAlsoWhenTheLaneItselfMeetsTheError(Throwable error) throws Exception {
    List<Integer> delivered = new CopyOnWriteArrayList<>();
    Processor first = throwing(error);
    RouteBuilder route =
        new RouteBuilder() {
          @Override
          public void configure() {
            from("spool:events?destination=test")
                .process(
                    exchange -> exchange.getExchangeExtension().addOnCompletion(unlucky(first)))
                .process(exchange -> delivered.add(seq(exchange)));
          }
        };
    try (SpoolRoutes spool = new SpoolRoutes(data, route)) {
      store(spool, 0, 10);
      await().atMost(SOON).until(() -> delivered.containsAll(List.of(0, 9)));
    }
  }

  private static org.apache.camel.support.SynchronizationAdapter unlucky(Processor processor) {
    return new org.apache.camel.support.SynchronizationAdapter() {
      @Override
      public void onDone(Exchange exchange) {
        try {
          processor.process(exchange);
        } catch (Exception e) {
          throw new RuntimeCamelException(e);
        }
      }
    };
  }

  private void goesOnBehind(RouteBuilder route, List<Integer> delivered, Throwable error)
      throws Exception {
    try (SpoolRoutes spool = new SpoolRoutes(data, route)) {
      store(spool, 0, 10);
      await().atMost(SOON).until(() -> delivered.size() == 9);
      await().atMost(SOON).until(() -> letters(spool).size() == 1);
      assertEquals(
          IntStream.range(0, 10).filter(seq -> seq != 5).boxed().toList(), List.copyOf(delivered));
      DeadLetter letter = letters(spool).get(0);
      assertEquals(SpoolRoutes.event("device", 5).id(), letter.attributes().get("eventId"));
      assertTrue(letter.reason().contains(innermost(error)), letter::toString);
      assertEquals(SpoolRoutes.event("device", 5).json().length, letter.bytes());
      // a stop waits for what is under way
      await().atMost(SOON).until(() -> spool.camel.getInflightRepository().size() == 0);
    }
  }

  private static String innermost(Throwable error) {
    Throwable cause = error.getCause() == null ? error : error.getCause();
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  @Test
  void countsEveryTryOfADeadLetter() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    Processor refusedAtLast =
        exchange -> {
          if (calls.incrementAndGet() < 4) {
            throw new IOException("away");
          }
          throw new IllegalArgumentException("refused");
        };
    RouteBuilder route = underThePolicy(refusedAtLast, new CopyOnWriteArrayList<>());
    try (SpoolRoutes spool = new SpoolRoutes(data, route)) {
      store(spool, 0, 1);
      await().atMost(SOON).until(() -> letters(spool).size() == 1);
      assertEquals(4, letters(spool).get(0).attempts());
    }
  }

  @Test
  void countsTheTriesOfARouteWithoutAPolicyToo() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    Processor refusedAtLast =
        exchange -> {
          if (calls.incrementAndGet() < 3) {
            throw new IOException("away");
          }
          throw new NoClassDefFoundError("Missing");
        };
    RouteBuilder route = step(refusedAtLast, new CopyOnWriteArrayList<>());
    try (SpoolRoutes spool = new SpoolRoutes(data, route)) {
      store(spool, 0, 1);
      await().atMost(SOON).until(() -> letters(spool).size() == 1);
      assertEquals(3, letters(spool).get(0).attempts());
    }
  }

  @Test
  void answersAtOnceWhenThereIsNothingToStore() throws Exception {
    try (SpoolRoutes spool = new SpoolRoutes(data)) {
      spool.store(List.of()).get(10, TimeUnit.SECONDS);
    }
  }

  /** Throws for the sixth event. */
  private static Processor throwing(Throwable error) {
    return exchange -> {
      if (seq(exchange) == 5) {
        sneak(error);
      }
    };
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable error) throws T {
    throw (T) error;
  }

  private static Processor asynchronous(Processor processor) {
    return new AsyncProcessorSupport() {
      @Override
      public boolean process(Exchange exchange, AsyncCallback callback) {
        try {
          processor.process(exchange);
        } catch (Exception e) {
          exchange.setException(e);
        }
        callback.done(true);
        return true;
      }
    };
  }

  private static RouteBuilder step(Processor first, List<Integer> delivered) {
    return route(false, first, delivered);
  }

  /** With the rules of routes/errors.camel.yaml, and shorter pauses. */
  private static RouteBuilder underThePolicy(Processor first, List<Integer> delivered) {
    return route(true, first, delivered);
  }

  private static RouteBuilder route(boolean policy, Processor first, List<Integer> delivered) {
    return new RouteBuilder() {
      @Override
      public void configure() {
        if (policy) {
          onException(IOException.class).maximumRedeliveries(-1).redeliveryDelay(10);
          onException(Throwable.class).handled(true).useOriginalMessage().to("spool:dead");
        }
        from("spool:events?destination=test")
            .process(first)
            .process(exchange -> delivered.add(seq(exchange)));
      }
    };
  }

  private static int seq(Exchange exchange) {
    return SpoolRoutes.seq(exchange.getMessage().getBody(byte[].class));
  }

  private static void store(SpoolRoutes spool, int from, int to) throws Exception {
    for (int seq = from; seq < to; seq++) {
      spool.store(SpoolRoutes.event("device", seq)).get(30, TimeUnit.SECONDS);
    }
  }

  private static List<DeadLetter> letters(SpoolRoutes spool) throws Exception {
    DeadLetterFilter all =
        new DeadLetterFilter(
            Optional.of("test"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    return spool.spool().letters().list(all, 0, 100).items();
  }
}
