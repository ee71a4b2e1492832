package io.ensrelay.delivery;

import io.ensrelay.event.Event;
import io.ensrelay.spool.DestinationStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.component.kamelet.KameletEndpoint;

/**
 * Controls a destination that a route reads, for people: a try at once, an event sent by hand, and
 * the state of its route and its failures. Threads: safe.
 */
public final class DestinationControl {
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private final Collection<SpoolConsumer> consumers;
  private final Semaphore turn = new Semaphore(1);

  DestinationControl(Collection<SpoolConsumer> consumers) {
    this.consumers = consumers;
  }

  /**
   * The route that reads a destination.
   *
   * @param file where it is written; empty: nowhere that is known
   * @param failures the last failed tries, the newest first
   */
  public record Details(
      String route, Optional<String> file, List<DestinationStatus.FailedTry> failures) {}

  /** Empty: no route reads it. */
  public Optional<Details> details(String destination) {
    return consumer(destination)
        .map(
            consumer -> {
              Route route = written(consumer);
              return new Details(
                  route.getRouteId(),
                  Optional.ofNullable(route.getSourceResource())
                      .map(file -> place(file.getLocation())),
                  consumer.stall().failures());
            });
  }

  private static String place(String location) {
    return location
        .replaceFirst("^classpath:starter/(.*)", "$1 (built in)")
        .replaceFirst("^(file|classpath):", "");
  }

  /** The route as its author wrote it: behind a kamelet stands the one that uses it. */
  private static Route written(SpoolConsumer consumer) {
    Route reading = consumer.getRoute();
    return consumer.getEndpoint().getCamelContext().getRoutes().stream()
        .filter(route -> isFrom(route.getEndpoint(), reading.getRouteId()))
        .findFirst()
        .orElse(reading);
  }

  private static boolean isFrom(Endpoint endpoint, String route) {
    return endpoint instanceof KameletEndpoint kamelet && kamelet.getRouteId().equals(route);
  }

  /**
   * Ends the present pauses of a destination's lanes: what failed is tried at once.
   *
   * @return how many lanes paused; empty: no route reads it
   */
  public Optional<Integer> tryNow(String destination) {
    return consumer(destination).map(consumer -> consumer.pauses().end());
  }

  /**
   * Sends an event through the destination's route, outside the spool: it is not retried, confirms
   * nothing and makes no dead letter.
   *
   * @return empty: no route reads the destination
   * @throws IllegalStateException while another event is sent by hand
   * @throws TimeoutException if the route has not ended after a minute; its thread is interrupted
   */
  public Optional<SentByHand> send(String destination, Event event)
      throws InterruptedException, TimeoutException {
    Optional<SpoolConsumer> consumer = consumer(destination);
    if (consumer.isEmpty()) {
      return Optional.empty();
    }
    if (!turn.tryAcquire()) {
      throw new IllegalStateException("another event is being sent by hand: wait for its end");
    }
    return Optional.of(waited(consumer.get(), event));
  }

  private SentByHand waited(SpoolConsumer consumer, Event event)
      throws InterruptedException, TimeoutException {
    CompletableFuture<SentByHand> end = new CompletableFuture<>();
    // the pools of others must not wait for a route that hangs
    Thread sending =
        consumer
            .getEndpoint()
            .getCamelContext()
            .getExecutorServiceManager()
            .newThread(
                "send-by-hand",
                () -> {
                  try {
                    end.complete(consumer.send(event));
                  } catch (Throwable e) {
                    end.completeExceptionally(e);
                  } finally {
                    turn.release();
                  }
                });
    sending.start();
    try {
      return end.get(LONGEST.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the route failed: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      sending.interrupt();
      throw new TimeoutException(
          "the route has not ended after %s s: the event may still arrive"
              .formatted(LONGEST.toSeconds()));
    }
  }

  private Optional<SpoolConsumer> consumer(String destination) {
    return consumers.stream().filter(each -> each.destination().equals(destination)).findFirst();
  }
}
