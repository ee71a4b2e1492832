package io.ensrelay.delivery;

import io.ensrelay.base.FailureReason;
import io.ensrelay.base.Meters;
import io.ensrelay.base.Printable;
import io.ensrelay.base.Redaction;
import io.ensrelay.event.Event;
import io.ensrelay.spool.DeadLetters;
import io.ensrelay.spool.NewDeadLetter;
import io.ensrelay.spool.Spool;
import io.micrometer.core.instrument.Counter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.support.DefaultAsyncProducer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an exchange that can't be delivered: the unchanged body, the event's attributes, the
 * destination, the reason, the time, the number of attempts, the top of the stack and the first KB
 * of an HTTP endpoint's response. The exchange continues when all of this is on disk.
 */
final class DeadLetterProducer extends DefaultAsyncProducer {
  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterProducer.class);

  private static final long SILENCE_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int STACK_LINES = 12;
  private static final int REASON_LENGTH = 1000;
  private static final int TOPIC_LENGTH = 100;
  private static final int ANSWER_LENGTH = 1024;

  /** More than is kept: redaction would not recognize a URL that is cut in two. */
  private static final int ANSWER_READ = 4 * ANSWER_LENGTH;

  private final DeadLetters letters;
  private final DestinationControl control;
  private final String fixedDestination;
  private final Map<String, Silence> silences = new ConcurrentHashMap<>();

  DeadLetterProducer(SpoolEndpoint endpoint) {
    super(endpoint);
    letters = endpoint.getComponent().spool().letters();
    control = endpoint.getComponent().control();
    fixedDestination = endpoint.getDestination();
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Delivery delivery = Delivery.of(exchange);
    if (delivery != null && delivery.reports().isByHand()) {
      delivery.reports().keep(delivery, cause(exchange));
      callback.done(true);
      return true;
    }
    if (delivery != null && delivery.isStopping()) {
      // the event stays unconfirmed and is redelivered after the restart
      exchange.setRollbackOnly(true);
      callback.done(true);
      return true;
    }
    try {
      keep(exchange);
      if (delivery != null) {
        delivery.becomeDeadLetter();
        Optional.ofNullable(cause(exchange))
            .ifPresent(
                why -> delivery.reports().stall().gaveUp(FailureReason.of(why), answer(why)));
      }
    } catch (Exception e) {
      exchange.setException(e);
    }
    callback.done(true);
    return true;
  }

  private void keep(Exchange exchange) throws IOException {
    NewDeadLetter letter = letter(exchange);
    letters.add(letter);
    say(letter);
    dead(letter.destination()).increment();
  }

  /** Logs a dead letter, at most once a minute for each destination. */
  private void say(NewDeadLetter letter) {
    String destination = letter.destination();
    long now = System.nanoTime();
    Silence silence = silences.computeIfAbsent(destination, name -> new Silence(now));
    int unsaid = silence.unsaid(now);
    if (unsaid >= 0) {
      LOG.warn(
          "{}: {} is a dead letter: {}{}",
          destination.equals(Spool.INTAKE) ? "Intake" : "Destination " + destination,
          letter.attributes().containsKey("eventId")
              ? "event " + letter.attributes().get("eventId")
              : "a message" + letter.topic().map(DeadLetterProducer::ofTopic).orElse(""),
          letter.reason(),
          unsaid == 0 ? "" : " (" + unsaid + " more since the last such line)");
    }
  }

  /** The topic comes from outside. */
  private static String ofTopic(String topic) {
    return " of the topic " + Printable.line(topic, TOPIC_LENGTH);
  }

  /** Counts the unlogged dead letters of a destination. */
  private static final class Silence {
    private long until;
    private int unsaid;

    Silence(long now) {
      until = now;
    }

    /** Number of unlogged letters before this one; -1: do not log this one. */
    synchronized int unsaid(long now) {
      if (now - until < 0) {
        unsaid++;
        return -1;
      }
      until = now + SILENCE_NANOS;
      int before = unsaid;
      unsaid = 0;
      return before;
    }
  }

  private Counter dead(String destination) {
    return Counter.builder("ens.destination.dead")
        .description("Dead letters kept, of a destination or of the intake")
        .tag("destination", destination)
        .register(Meters.of(getEndpoint().getCamelContext()));
  }

  private NewDeadLetter letter(Exchange exchange) {
    Message message = exchange.getMessage();
    Delivery delivery = Delivery.of(exchange);
    Throwable cause = cause(exchange);
    byte[] body = message.getBody(byte[].class);
    String fixed = fixedDestination.isEmpty() ? "unknown" : fixedDestination;
    return new NewDeadLetter(
        delivery == null || delivery.destination().isEmpty() ? fixed : delivery.destination(),
        System.currentTimeMillis(),
        delivery == null ? 1 : delivery.tries(),
        reason(cause),
        attributes(message),
        Optional.ofNullable(message.getHeader("CamelMqttTopic", String.class)),
        route(exchange, delivery),
        Optional.ofNullable(cause).map(c -> c.getClass().getName()),
        Optional.ofNullable(cause).map(DeadLetterProducer::stack),
        answer(cause),
        body == null ? new byte[0] : body);
  }

  /** As its author wrote it: the route of a kamelet has an id that stands in no file. */
  private Optional<String> route(Exchange exchange, Delivery delivery) {
    return Optional.ofNullable(delivery)
        .flatMap(each -> control.details(each.destination()))
        .map(DestinationControl.Details::route)
        .or(
            () ->
                Optional.ofNullable(exchange.getProperty(Exchange.FAILURE_ROUTE_ID, String.class)));
  }

  private static Map<String, Object> attributes(Message message) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    for (String name : Event.ATTRIBUTES) {
      Object value = message.getHeader(name);
      if (value instanceof String || value instanceof Long || value instanceof Boolean) {
        attributes.put(name, value);
      }
    }
    return attributes;
  }

  /** The failure, without the exception that Camel wraps around an Error. */
  private static Throwable cause(Exchange exchange) {
    Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    return cause instanceof CamelExecutionException && cause.getCause() != null
        ? cause.getCause()
        : cause;
  }

  private static String reason(Throwable cause) {
    return cause == null ? "refused by the route" : FailureReason.of(cause).reason();
  }

  /** The beginning of what an HTTP endpoint said, as printable text. */
  static Optional<String> answer(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof HttpOperationFailedException refusal) {
        return Optional.ofNullable(refusal.getResponseBody())
            .map(body -> Redaction.text(Printable.begin(body, ANSWER_READ)))
            .map(body -> Printable.begin(Printable.lines(body), ANSWER_LENGTH).strip())
            .filter(body -> !body.isEmpty());
      }
    }
    return Optional.empty();
  }

  /** The status of an HTTP endpoint's answer. */
  static Optional<Integer> status(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof HttpOperationFailedException refusal) {
        return Optional.of(refusal.getStatusCode());
      }
    }
    return Optional.empty();
  }

  private static String stack(Throwable cause) {
    StringWriter text = new StringWriter();
    cause.printStackTrace(new PrintWriter(text));
    List<String> lines = Redaction.text(text.toString()).lines().limit(STACK_LINES).toList();
    return lines.stream()
        .map(l -> l.length() > REASON_LENGTH ? l.substring(0, REASON_LENGTH) + "..." : l)
        .collect(Collectors.joining("\n"));
  }
}
