package io.ensrelay.delivery;

import io.ensrelay.base.FailureReason;
import io.ensrelay.base.Printable;
import io.ensrelay.base.Redaction;
import io.ensrelay.event.Event;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * One event on its way through a destination's route, sent by hand: outside the spool, once, with
 * the header {@code eventTest}. A failure is the outcome: it is not retried, makes no dead letter,
 * and does not touch the destination's state. Threads: one sends, others may ask.
 */
final class HandDelivery implements Reports.OutsideSpool {
  private static final int LONGEST_ANSWER = 1024;

  private final String destination;
  private final StallDetector stall;
  private final Refusals refusals = new Refusals();
  private final Pauses pauses = new Pauses();
  private final long begin = System.nanoTime();
  private Optional<Integer> status = Optional.empty();
  private Optional<String> answer = Optional.empty();
  private Optional<Throwable> failure = Optional.empty();

  HandDelivery(String destination) {
    this.destination = destination;
    stall = new StallDetector(destination, () -> {}, Clock.systemUTC());
  }

  /** Sends the event through the route and waits for its end. */
  SentByHand send(Processor route, Exchange exchange, Event event) {
    Map<String, Object> attributes = new LinkedHashMap<>(event.attributes());
    attributes.put(Event.TEST, true);
    StoredEvent stored =
        new StoredEvent(
            0,
            0,
            System.currentTimeMillis(),
            attributes,
            event.json(),
            Optional.of(destination),
            false);
    Delivery delivery = new Delivery(this, stored, Batch.AT_ONCE, 0, Delivery.NO_MARK);
    delivery.fill(exchange);
    try {
      route.process(exchange);
    } catch (Exception e) {
      exchange.setException(e);
    } finally {
      delivery.end();
    }
    return outcome(exchange);
  }

  private SentByHand outcome(Exchange exchange) {
    Optional<Throwable> why =
        failure
            .or(() -> Optional.ofNullable(exchange.getException()))
            .or(
                () ->
                    exchange.isRollbackOnly()
                        ? Optional.of(new IOException("the route gave the event back"))
                        : Optional.empty());
    if (why.isPresent()) {
      Optional<String> said = DeadLetterProducer.answer(why.get());
      return new SentByHand(
          false, DeadLetterProducer.status(why.get()), said, why.map(FailureReason::of), took());
    }
    Integer code = exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    if (code != null && status.isEmpty()) {
      // of a connector of Camel, whose answer is the body
      answered(code, exchange.getMessage().getBody(String.class));
    }
    return new SentByHand(true, status, answer, Optional.empty(), took());
  }

  private Duration took() {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  void answered(int code, String beginning) {
    status = Optional.of(code);
    answer =
        Optional.ofNullable(beginning)
            .map(text -> Redaction.text(Printable.begin(text, 4 * LONGEST_ANSWER)))
            .map(text -> Printable.begin(Printable.lines(text), LONGEST_ANSWER).strip())
            .filter(text -> !text.isEmpty());
  }

  @Override
  public String destination() {
    return destination;
  }

  @Override
  public StallDetector stall() {
    return stall;
  }

  @Override
  public Refusals refusals() {
    return refusals;
  }

  @Override
  public Pauses pauses() {
    return pauses;
  }

  @Override
  public boolean isByHand() {
    return true;
  }

  @Override
  public boolean keep(Delivery delivery, Throwable why) {
    failure = Optional.of(why == null ? new IOException("refused by the route") : why);
    return true;
  }
}
