package io.ensrelay.destination;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ensrelay.base.Printable;
import io.ensrelay.config.ValueRules;
import io.ensrelay.delivery.DetailsWait;
import io.ensrelay.service.DetailsCall;
import io.ensrelay.service.DetailsRefusedException;
import io.ensrelay.service.DetailsUnavailableException;
import io.ensrelay.service.DetailsWish;
import io.ensrelay.service.DeviceDetails;
import io.ensrelay.service.DeviceName;
import io.ensrelay.spool.log.StoredEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Exchange;

/**
 * Adds what the service knows of an event's device as {@code data.details}; the rest of the event
 * stays byte for byte. An event without a device stays as it is. An answer counts if it was asked
 * for at least {@code delay} after the event's time. Threads: safe once its setters have been
 * called; waits on the lane's thread.
 */
public final class DetailsAction {
  private static final JsonFactory JSON = new JsonFactory();
  private static final DateTimeFormatter MILLISECONDS =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  /** The compliance of a device by the type of its event. */
  private static final Map<String, Boolean> COMPLIANCE =
      Map.of("device.compliant", true, "device.not_compliant", false);

  private static final int MOST_AGAIN = 3;
  private static final Duration LEAST_AGAIN = Duration.ofSeconds(1);
  private static final Duration MOST_BETWEEN = Duration.ofSeconds(5);

  /** After that, a device has changed since, and asking again would not help. */
  private static final Duration OLD = Duration.ofMinutes(10);

  private static final Duration LONGEST_SPAN = Duration.ofHours(1);
  private static final int LONGEST_ERROR = 200;

  /** The reaction when details can't be had. */
  private enum OnFailure {
    WAIT,
    SEND,
    DEAD
  }

  private Set<DetailsCall> calls = Set.of(DetailsCall.DEVICE);
  private Duration delay = Duration.ofSeconds(30);
  private Duration patience = Duration.ofMinutes(1);
  private OnFailure onFailure = OnFailure.WAIT;

  /** {@code device}, {@code applications}, or both. */
  public void setWith(String names) {
    calls = DetailsCall.of(names);
  }

  /** How long after the event's time the service is asked, at the earliest. */
  public void setDelay(String time) {
    delay = span("delay", time);
  }

  /** With {@code send} and {@code dead}: how long calls may fail before that happens. */
  public void setPatience(String time) {
    patience = span("patience", time);
  }

  private static Duration span(String name, String text) {
    Duration span =
        text.strip().matches("0s?") ? Duration.ZERO : ValueRules.duration(name, text.strip());
    if (span.compareTo(LONGEST_SPAN) > 0) {
      throw new IllegalArgumentException(name + "=" + text + ": an hour at most");
    }
    return span;
  }

  /** {@code wait}, {@code send} or {@code dead}. */
  public void setOnFailure(String what) {
    try {
      onFailure = OnFailure.valueOf(what.strip().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("onFailure=" + what + ": give wait, send or dead", e);
    }
  }

  /**
   * @throws com.fasterxml.jackson.core.JacksonException if the body is no CloudEvent with data
   * @throws DetailsRefusedException if the event is to be a dead letter
   * @throws IOException if the relay stops
   */
  public void add(Exchange exchange) throws IOException, DetailsRefusedException {
    byte[] body = exchange.getMessage().getBody(byte[].class);
    DetailedEvent event = DetailedEvent.of(body == null ? new byte[0] : body);
    if (event.device().isPresent()) {
      byte[] details = details(exchange, event.device().get());
      exchange.getMessage().setBody(event.with(details));
    }
  }

  private byte[] details(Exchange exchange, DeviceName device)
      throws IOException, DetailsRefusedException {
    try {
      return fetched(exchange, device);
    } catch (DetailsRefusedException e) {
      if (onFailure != OnFailure.SEND) {
        throw e;
      }
      return error(e.getMessage());
    } catch (DetailsUnavailableException e) {
      if (onFailure != OnFailure.SEND) {
        throw new DetailsRefusedException(e.getMessage());
      }
      return error(e.getMessage());
    }
  }

  private byte[] fetched(Exchange exchange, DeviceName device)
      throws IOException, DetailsRefusedException {
    Instant time = time(exchange);
    Optional<Boolean> told =
        Optional.ofNullable(exchange.getMessage().getHeader("eventType", String.class))
            .map(COMPLIANCE::get);
    DeviceDetails details = ask(exchange, device, time.plus(delay));
    boolean isStale = contradicts(details, told);
    for (int i = 0; isStale && i < MOST_AGAIN && details.at().isBefore(time.plus(OLD)); i++) {
      details = ask(exchange, device, details.at().plus(between()));
      isStale = contradicts(details, told);
    }
    return json(details, isStale);
  }

  private Duration between() {
    Duration least = delay.compareTo(LEAST_AGAIN) > 0 ? delay : LEAST_AGAIN;
    return least.compareTo(MOST_BETWEEN) < 0 ? least : MOST_BETWEEN;
  }

  private DeviceDetails ask(Exchange exchange, DeviceName device, Instant notBefore)
      throws IOException, DetailsRefusedException {
    return DetailsWait.await(
        exchange,
        this,
        new DetailsWish(device, calls, notBefore),
        this::wish,
        onFailure == OnFailure.WAIT ? Optional.empty() : Optional.of(patience));
  }

  /** The wish of an event that comes later. */
  private Optional<DetailsWish> wish(StoredEvent event) {
    try {
      Instant time = time(event.attributes().get("eventTime"), event.received());
      return DetailedEvent.of(event.body())
          .device()
          .map(device -> new DetailsWish(device, calls, time.plus(delay)));
    } catch (IOException e) {
      // fails when it is delivered
      return Optional.empty();
    }
  }

  private static Instant time(Exchange exchange) {
    return time(exchange.getMessage().getHeader("eventTime"), DetailsWait.received(exchange));
  }

  /** Not later than its receipt: the service's clock may be ahead. */
  private static Instant time(Object eventTime, long received) {
    return Instant.ofEpochMilli(
        eventTime instanceof Long time ? Math.min(time, received) : received);
  }

  private static boolean contradicts(DeviceDetails details, Optional<Boolean> told)
      throws IOException {
    if (told.isEmpty() || details.device().isEmpty()) {
      return false;
    }
    try (JsonParser parser = JSON.createParser(details.device().get())) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("compliant") && value.isBoolean()) {
          return parser.getBooleanValue() != told.get();
        }
        parser.skipChildren();
      }
      return false;
    }
  }

  private static byte[] json(DeviceDetails details, boolean isStale) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    text(out, "{\"at\":\"" + MILLISECONDS.format(details.at()) + '"');
    if (details.isMissing()) {
      text(out, ",\"missing\":true");
    }
    details.device().ifPresent(device -> member(out, "device", device));
    details.applications().ifPresent(applications -> member(out, "applications", applications));
    if (isStale) {
      text(out, ",\"stale\":true");
    }
    text(out, "}");
    return out.toByteArray();
  }

  private static void member(ByteArrayOutputStream out, String name, byte[] value) {
    text(out, ",\"" + name + "\":");
    out.writeBytes(value);
  }

  private static void text(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] error(String reason) {
    return ("{\"error\":" + EventJson.quoted(Printable.line(reason, LONGEST_ERROR)) + "}")
        .getBytes(StandardCharsets.UTF_8);
  }
}
