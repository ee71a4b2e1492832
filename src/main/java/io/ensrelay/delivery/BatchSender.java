package io.ensrelay.delivery;

import io.ensrelay.base.FailureReason;
import io.ensrelay.base.Platform;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;

/**
 * Sends the events of a lane together: collects them by number, bytes and time, and confirms each
 * by its own outcome. The last step of a route gives it the event.
 *
 * <p>Order: events are sent in the order in which the lane takes them; a batch that failed is sent
 * again before any later event. An event accepted behind a failed one of its device is sent again
 * behind it: twice, but in order. Delivery: an event is confirmed after the receiver accepted it or
 * after it is safe as a dead letter. Failures are judged by {@code ensFailures}, with the pauses of
 * {@code ensRetry} and {@code ensRetrySlowly}, as for a single event. When a receiver finds
 * something wrong with a batch without saying with which event, the batch is halved until the one
 * event is found; only that one becomes a dead letter. The same happens after a failure that no
 * rule knows, once it has been tried again for as long as the rules say.
 *
 * <p>Threads: safe; each lane has a batch of its own.
 */
public final class BatchSender {
  private final Receiver receiver;
  private final int mostEvents;
  private final long mostBytes;
  private final Duration linger;
  private final boolean oncePerDevice;

  /** Sends events, in order, in one call. Threads: called by all lanes at once. */
  @FunctionalInterface
  public interface Receiver {
    /**
     * @return for each event why it failed; empty: it is delivered; {@link #notTried()}: it is to
     *     be sent again, which needs another outcome for at least one event
     * @throws Exception when the call failed as a whole
     */
    List<Optional<Exception>> send(List<Item> items) throws Exception;
  }

  /**
   * An event to be sent.
   *
   * @param attributes of the event
   * @param payload what the route made of it
   */
  public record Item(Map<String, Object> attributes, Object payload) {}

  /**
   * @param mostEvents of a batch
   * @param mostBytes of a batch; a larger event is sent alone
   * @param linger how long a batch waits for more events
   * @param oncePerDevice whether a batch has at most one event of a device, for receivers that
   *     accept a later event though they refused an earlier one
   */
  public BatchSender(
      Receiver receiver, int mostEvents, long mostBytes, Duration linger, boolean oncePerDevice) {
    this.receiver = receiver;
    this.mostEvents = mostEvents;
    this.mostBytes = mostBytes;
    this.linger = linger;
    this.oncePerDevice = oncePerDevice;
  }

  /** All were delivered. */
  public static List<Optional<Exception>> delivered(List<Item> items) {
    return items.stream().map(item -> Optional.<Exception>empty()).toList();
  }

  /**
   * Waits for the outcome of a send.
   *
   * @param until the latest time, by {@link System#nanoTime}
   */
  public static Optional<Exception> outcome(Future<?> sent, long until) throws IOException {
    try {
      sent.get(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      return Optional.empty();
    } catch (ExecutionException e) {
      return Optional.of(e.getCause() instanceof Exception cause ? cause : e);
    } catch (TimeoutException e) {
      return Optional.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while sending");
    }
  }

  /** The outcome of an event that the receiver left aside because of another one. */
  public static Optional<Exception> notTried() {
    return Optional.of(new NotTried());
  }

  /**
   * Takes an event into the lane's batch. An exchange that does not come from the spool is sent at
   * once.
   *
   * @param bytes of the payload, about
   * @throws Exception when an event that is sent at once fails, or the relay stops
   */
  public void collect(Exchange exchange, Object payload, long bytes) throws Exception {
    Delivery delivery = Delivery.of(exchange);
    if (delivery == null || delivery.batch() == Batch.AT_ONCE) {
      Map<String, Object> headers = exchange.getMessage().getHeaders();
      Optional<Exception> failure = receiver.send(List.of(new Item(headers, payload))).get(0);
      if (failure.isPresent()) {
        throw failure.get();
      }
      return;
    }
    CamelContext camel = exchange.getContext();
    Collected collected =
        delivery
            .batch()
            .step(
                this,
                Collected.class,
                () -> new Collected(camel),
                delivery.reports().linger(linger));
    delivery.awaitOutcome();
    collected.add(new Entry(delivery, new Item(delivery.event().attributes(), payload)), bytes);
  }

  private record Entry(Delivery delivery, Item item) {
    Object device() {
      Object device = item.attributes().get("deviceId");
      return device == null ? this : device;
    }
  }

  /** An event that fails, and why. */
  private record Failed(Entry entry, Exception why, Fault fault) {}

  /** The batch of a lane, from one confirmation to the next. */
  private final class Collected implements Batch.Step {
    private final FailureRules rules;
    private final RetryPause quickly;
    private final RetryPause slowly;
    private final Platform.Waits waits;
    private final Set<Object> devices = new HashSet<>();
    private List<Entry> entries = new ArrayList<>();
    private long bytes;
    private int failed;

    Collected(CamelContext camel) {
      rules = bean(camel, "ensFailures", FailureRules.class).orElseGet(FailureRules::new);
      quickly = bean(camel, "ensRetry", RetryPause.class).orElseGet(RetryPause::new);
      slowly = bean(camel, "ensRetrySlowly", RetryPause.class).orElse(quickly);
      waits = Platform.of(camel).waits();
    }

    void add(Entry entry, long size) throws IOException {
      boolean isFull =
          entries.size() >= mostEvents || (!entries.isEmpty() && bytes + size > mostBytes);
      if (isFull || (oncePerDevice && devices.contains(entry.device()))) {
        run();
      }
      entries.add(entry);
      bytes += size;
      if (oncePerDevice) {
        devices.add(entry.device());
      }
    }

    /** Returns when each event is delivered or a dead letter. */
    @Override
    public void run() throws IOException {
      Deque<List<Entry>> parts = new ArrayDeque<>();
      if (!entries.isEmpty()) {
        parts.add(entries);
      }
      entries = new ArrayList<>();
      devices.clear();
      bytes = 0;
      while (!parts.isEmpty()) {
        List<Entry> part = parts.pop();
        List<Optional<Exception>> outcomes;
        try {
          outcomes = send(part);
        } catch (Exception e) {
          failedWhole(part, e, parts);
          continue;
        }
        List<Entry> again = settle(part, outcomes);
        if (!again.isEmpty()) {
          parts.push(again);
        }
      }
    }

    private List<Optional<Exception>> send(List<Entry> part) throws Exception {
      Delivery first = part.get(0).delivery();
      first.reports().sends(first);
      try {
        return receiver.send(part.stream().map(Entry::item).toList());
      } finally {
        first.reports().sent(first);
      }
    }

    /** Dead letters and confirmations; the rest, after a pause, is to be sent again. */
    private List<Entry> settle(List<Entry> part, List<Optional<Exception>> outcomes)
        throws IOException {
      List<Entry> again = new ArrayList<>();
      Optional<Failed> why = Optional.empty();
      Set<Object> heldUp = new HashSet<>();
      for (int i = 0; i < part.size(); i++) {
        Entry entry = part.get(i);
        Optional<Exception> failure = outcomes.get(i).filter(each -> !(each instanceof NotTried));
        boolean isDelivered = outcomes.get(i).isEmpty();
        if (isDelivered && !heldUp.contains(entry.device())) {
          entry.delivery().reports().delivered(entry.delivery());
        } else if (failure.isEmpty() || !isSetAside(entry, failure.get())) {
          again.add(entry);
          heldUp.add(entry.device());
          why = worse(why, failure.map(each -> failed(entry, each)));
        }
      }
      if (why.isPresent()) {
        pause(again, why.get());
      } else {
        goesOn(part);
      }
      return again;
    }

    private Failed failed(Entry entry, Exception why) {
      return new Failed(entry, why, rules.verdict(entry.delivery(), why));
    }

    /** A refusal says more than an outage; else the first failure counts. */
    private static Optional<Failed> worse(Optional<Failed> one, Optional<Failed> other) {
      boolean isWorse =
          other.isPresent()
              && one.stream().allMatch(it -> it.fault() != Fault.DESTINATION)
              && (one.isEmpty() || other.get().fault() == Fault.DESTINATION);
      return isWorse ? other : one;
    }

    private void failedWhole(List<Entry> part, Exception failure, Deque<List<Entry>> parts)
        throws IOException {
      Entry first = part.get(0);
      if (part.size() == 1) {
        if (isSetAside(first, failure)) {
          goesOn(part);
        } else {
          pause(part, failed(first, failure));
          parts.push(part);
        }
        return;
      }
      Fault fault = rules.verdictTogether(part.stream().map(Entry::delivery).toList(), failure);
      if (fault == Fault.EVENT) {
        parts.push(part.subList(part.size() / 2, part.size()));
        parts.push(part.subList(0, part.size() / 2));
      } else {
        pause(part, new Failed(first, failure, fault));
        parts.push(part);
      }
    }

    /** Whether it is safe as a dead letter. */
    private boolean isSetAside(Entry entry, Exception failure) {
      return !entry.delivery().reports().isStopping()
          && rules.verdict(entry.delivery(), failure) == Fault.EVENT
          && entry.delivery().reports().keep(entry.delivery(), failure);
    }

    private void goesOn(List<Entry> part) {
      failed = 0;
      part.get(0).delivery().noLongerTroubled();
    }

    private void pause(List<Entry> part, Failed worst) throws IOException {
      Delivery delivery = worst.entry().delivery();
      Exception why = worst.why();
      Duration pause = (worst.fault() == Fault.DESTINATION ? slowly : quickly).pause(why, failed);
      failed++;
      if (!delivery.reports().isStopping()) {
        Instant next = Instant.now().plus(pause);
        delivery.troubled(worst.fault(), why, DeadLetterProducer.answer(why), next);
      }
      part.forEach(entry -> entry.delivery().triedOnceMore());
      try {
        delivery.reports().pauses().await(waits.pause(pause), delivery.reports()::isStopping);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      if (delivery.reports().isStopping()) {
        throw new IOException("the relay stops: " + FailureReason.of(why).reason(), why);
      }
    }
  }

  /** Says nothing of the event. */
  private static final class NotTried extends Exception {
    private static final long serialVersionUID = 1L;

    NotTried() {
      super("not tried", null, false, false);
    }
  }

  private static <T> Optional<T> bean(CamelContext camel, String name, Class<T> kind) {
    return Optional.ofNullable(camel.getRegistry().lookupByNameAndType(name, kind));
  }
}
