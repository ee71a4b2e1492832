package io.ensrelay.spool;

import io.ensrelay.Meters;
import io.ensrelay.Shown;
import io.ensrelay.event.Event;
import io.micrometer.core.instrument.Counter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
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
 * Keeps what can't be delivered: the bytes of the body as they came and, as properties, the event's
 * attributes, the destination, the reason, the time (epoch milliseconds), how often it was tried,
 * the top of the stack and the first KB of what an HTTP endpoint answered. The exchange goes on
 * when that is on disk.
 */
final class DeadLetterProducer extends DefaultAsyncProducer {
  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterProducer.class);

  /** The exchange property of what has become a dead letter. */
  static final String KEPT = "ensDeadLetter";

  private static final long SILENCE_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int STACK_LINES = 12;
  private static final int REASON_LENGTH = 1000;
  private static final int ANSWER_LENGTH = 1024;

  /** More than is kept: a URL that is cut in two would not be seen as one. */
  private static final int ANSWER_READ = 4 * ANSWER_LENGTH;

  private final SpoolWriter writer;
  private final String fixedDestination;
  private final Map<String, Silence> silences = new ConcurrentHashMap<>();

  DeadLetterProducer(SpoolEndpoint endpoint) {
    super(endpoint);
    Spool spool = endpoint.getComponent().spool();
    // also on a disk that is nearly full: its lane waits, and the event's room is given back
    writer = new SpoolWriter(spool, new JmsStore(spool, DiskReserve::isHalfFree), "dead");
    fixedDestination = endpoint.getDestination();
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Delivery delivery = Delivery.of(exchange);
    if (delivery != null && delivery.isStopping()) {
      // it is not confirmed, and comes again after the restart
      exchange.setRollbackOnly(true);
      callback.done(true);
      return true;
    }
    SpoolWriter.Waiting letter;
    try {
      letter = letter(exchange, callback);
    } catch (Exception e) {
      exchange.setException(e);
      callback.done(true);
      return true;
    }
    writer.store(List.of(letter).iterator(), () -> false);
    return false;
  }

  private SpoolWriter.Waiting letter(Exchange exchange, AsyncCallback callback) {
    String destination = destination(exchange);
    byte[] body = exchange.getMessage().getBody(byte[].class);
    Map<String, Object> properties = properties(exchange, destination);
    say(destination, properties);
    return new SpoolWriter.Waiting(
        new Store.Entry(
            Spool.DEAD + destination, false, properties, body == null ? new byte[0] : body),
        new SpoolWriter.Completion() {
          @Override
          public void stored(boolean copy) {
            dead(destination).increment();
            exchange.setProperty(KEPT, true);
            callback.done(false);
          }

          @Override
          public void failed(Exception reason) {
            exchange.setException(reason);
            callback.done(false);
          }
        });
  }

  /** At most once a minute for each destination, however many there are. */
  private void say(String destination, Map<String, Object> properties) {
    long now = System.nanoTime();
    Silence silence = silences.computeIfAbsent(destination, name -> new Silence(now));
    int unsaid = silence.unsaid(now);
    if (unsaid >= 0) {
      LOG.warn(
          "{}: {} is a dead letter{}: {}",
          destination,
          properties.containsKey("eventId") ? "event " + properties.get("eventId") : "a message",
          unsaid == 0 ? "" : " (and " + unsaid + " more since the last such line)",
          properties.get("deadReason"));
    }
  }

  /** How much was not said of a destination. */
  private static final class Silence {
    private long until;
    private int unsaid;

    Silence(long now) {
      until = now;
    }

    /** How many were passed over; -1: this one is too. */
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

  private String destination(Exchange exchange) {
    String name = exchange.getProperty(SpoolConsumer.DESTINATION, fixedDestination, String.class);
    return name.isEmpty() ? "unknown" : name;
  }

  private static Map<String, Object> properties(Exchange exchange, String destination) {
    Map<String, Object> properties = new HashMap<>();
    Message message = exchange.getMessage();
    for (String attribute : Event.ATTRIBUTES) {
      Object value = message.getHeader(attribute);
      if (value instanceof String || value instanceof Long || value instanceof Boolean) {
        properties.put(attribute, value);
      }
    }
    String topic = message.getHeader("CamelMqttTopic", String.class);
    if (topic != null) {
      properties.put("deadTopic", topic);
    }
    properties.put("deadDestination", destination);
    properties.put("deadTime", System.currentTimeMillis());
    Delivery delivery = Delivery.of(exchange);
    properties.put("deadAttempts", delivery == null ? 1 : delivery.tries());
    String route = exchange.getProperty(Exchange.FAILURE_ROUTE_ID, String.class);
    if (route != null) {
      properties.put("deadRoute", route);
    }
    Throwable cause = cause(exchange);
    properties.put("deadReason", reason(cause));
    if (cause != null) {
      properties.put("deadException", cause.getClass().getName());
      properties.put("deadStack", stack(cause));
      answer(cause).ifPresent(answer -> properties.put("deadAnswer", answer));
    }
    return properties;
  }

  /** Without what Camel puts around an Error. */
  private static Throwable cause(Exchange exchange) {
    Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    return cause instanceof CamelExecutionException && cause.getCause() != null
        ? cause.getCause()
        : cause;
  }

  /** One line that says why, without control characters. */
  static String reason(Throwable cause) {
    if (cause == null) {
      return "refused by the route";
    }
    String text = cause.getMessage();
    String kind = cause.getClass().getSimpleName();
    String line =
        (text == null || text.isBlank() ? kind : cause instanceof Error ? kind + ": " + text : text)
            .replaceAll("[\\p{Cntrl}\\p{Cc}\\p{Cf}]+", " ");
    line = Shown.text(line);
    return line.length() > REASON_LENGTH ? line.substring(0, REASON_LENGTH) + "..." : line;
  }

  /** The beginning of what an HTTP endpoint said, as printable text. */
  private static Optional<String> answer(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof HttpOperationFailedException refusal) {
        return Optional.ofNullable(refusal.getResponseBody())
            .map(body -> Shown.text(body.substring(0, Math.min(body.length(), ANSWER_READ))))
            .map(body -> body.replaceAll("[\\p{Cntrl}\\p{Cc}\\p{Cf}\\p{Cs}&&[^\n\t]]", "?"))
            .map(body -> body.substring(0, Math.min(body.length(), ANSWER_LENGTH)).strip())
            .filter(body -> !body.isEmpty());
      }
    }
    return Optional.empty();
  }

  private static String stack(Throwable cause) {
    StringWriter text = new StringWriter();
    cause.printStackTrace(new PrintWriter(text));
    List<String> lines = Shown.text(text.toString()).lines().limit(STACK_LINES).toList();
    return lines.stream()
        .map(l -> l.length() > REASON_LENGTH ? l.substring(0, REASON_LENGTH) + "..." : l)
        .collect(Collectors.joining("\n"));
  }

  @Override
  protected void doStop() throws Exception {
    super.doStop();
    writer.close();
  }
}
