package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.config.ValueRules;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.delivery.Delivery;
import io.ensrelay.http.HttpSender;
import io.ensrelay.http.WebhookClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.util.TimeUtils;

/**
 * Sends events to an HTTP endpoint, in one of the forms of {@link Format}.
 *
 * <p>Order: {@link #send} returns after the endpoint's answer, except for a batch, which keeps the
 * order itself. Delivery: any 2xx. Errors: an answer but a 2xx is an {@code
 * HttpOperationFailedException}, no answer an {@code IOException}. No header of the exchange
 * becomes one of the request, so that device data chooses no target. Threads: safe after {@link
 * #start()}.
 */
public final class WebhookSink implements AutoCloseable {
  private static final String BATCH_TYPE = "application/cloudevents-batch+json";
  private static final String STRUCTURED_TYPE = "application/cloudevents+json";
  private static final String EVENT_ID = "eventId";
  private static final Pattern SAFE_ID = Pattern.compile("[!-~]{1,200}");
  private static final Pattern ATTRIBUTE = Pattern.compile("[a-z0-9]{1,100}");
  private static final Pattern MEDIA_TYPE = Pattern.compile("[ -~]{1,200}");
  private static final int ID_BYTES = 16;

  private static final Set<String> METHODS = Set.of("POST", "PUT", "PATCH");
  private static final int MOST_EVENTS = 10_000;
  private static final long LONGEST_LINGER = 60_000;

  private WebhookClient client = new WebhookClient();
  private String prefix = "webhook";
  private String formatName = "structured";
  private String method = "POST";
  private long responseTimeout = 30_000;
  private String batchEvents = "100";
  private String batchSize = "1MB";
  private String batchLinger = "0";
  private Format format = Format.STRUCTURED;
  private HttpSender sender;
  private BatchSender batches;

  /** The content of a request. */
  public enum Format {
    /** The CloudEvent as JSON; a body that an action has changed: as it is. */
    STRUCTURED,
    /** The data of the event, its attributes as {@code ce-} headers. */
    BINARY,
    /** An array of CloudEvents. */
    BATCH,
    /** The data of the event alone. */
    DATA
  }

  /** Sets the prefix of the keys that messages name. */
  public void setPrefix(String prefix) {
    this.prefix = prefix;
  }

  public void setClient(WebhookClient client) {
    this.client = client;
  }

  /** Sets the name of a {@link Format}. */
  public void setFormat(String name) {
    formatName = name;
  }

  /** Sets the HTTP method: POST, PUT or PATCH. */
  public void setMethod(String name) {
    method = name.strip().toUpperCase(Locale.ROOT);
  }

  /** Sets the longest wait for an answer to begin or to go on, in milliseconds. */
  public void setResponseTimeout(long milliseconds) {
    responseTimeout = milliseconds;
  }

  /** Sets the most events of a batch. */
  public void setBatchEvents(String most) {
    batchEvents = most;
  }

  /** Sets the most bytes of a batch, such as 1MB. */
  public void setBatchSize(String size) {
    batchSize = size;
  }

  /** Sets how long a batch waits for more events, such as 500 (milliseconds) or 2s. */
  public void setBatchLinger(String time) {
    batchLinger = time;
  }

  /**
   * Opens the client.
   *
   * @throws ConfigurationException for settings that can't work
   */
  public void start() {
    try {
      format = Format.valueOf(formatName.strip().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw wrong("format", formatName, "give structured, binary, batch or data");
    }
    if (!METHODS.contains(method)) {
      throw wrong("method", method, "give POST, PUT or PATCH");
    }
    boolean isNumber = batchEvents.matches("\\d{1,5}");
    int events = isNumber ? Integer.parseInt(batchEvents) : 0;
    if (events < 1 || events > MOST_EVENTS) {
      throw wrong("batch-events", batchEvents, "give a number from 1 to " + MOST_EVENTS);
    }
    boolean isTime = batchLinger.matches("\\d{1,5}(ms|s|m)?");
    long linger = isTime ? TimeUtils.toMilliSeconds(batchLinger) : -1;
    if (linger < 0 || linger > LONGEST_LINGER) {
      throw wrong("batch-linger", batchLinger, "give a time of at most a minute, such as 2s");
    }
    long bytes = ValueRules.bytes(prefix + ".batch-size", batchSize);
    sender = new HttpSender(client, Duration.ofMillis(responseTimeout), HttpSender.Answers.STATUS);
    batches = new BatchSender(this::sendBatch, events, bytes, Duration.ofMillis(linger), false);
  }

  private ConfigurationException wrong(String key, String value, String remedy) {
    return new ConfigurationException(prefix + "." + key, value, "can't be used", remedy);
  }

  /** Sends the event, or takes it into a batch. */
  public void send(Exchange exchange) throws Exception {
    byte[] given = exchange.getMessage().getBody(byte[].class);
    byte[] body = given == null ? new byte[0] : given;
    Map<String, String> headers = new LinkedHashMap<>();
    id(exchange.getMessage().getHeader(EVENT_ID)).ifPresent(id -> headers.put(EVENT_ID, id));
    switch (format) {
      case BATCH -> {
        // one that is no JSON would spoil the array for the others
        CloudEventJson.of(body);
        batches.collect(exchange, body, body.length + 1L);
      }
      case BINARY -> {
        CloudEventJson event = CloudEventJson.of(body);
        headers.putAll(attributes(event));
        send(exchange, dataType(event), headers, event.data().orElse(new byte[0]));
      }
      case DATA -> send(exchange, Envelope.JSON, headers, CloudEventJson.of(body).requireData());
      default -> send(exchange, Envelope.of(exchange).orElse(STRUCTURED_TYPE), headers, body);
    }
  }

  private void send(Exchange exchange, String contentType, Map<String, String> headers, byte[] body)
      throws IOException, HttpOperationFailedException {
    headers.put("Content-Type", contentType);
    HttpSender.Reply reply = sender.send(method, headers, body);
    Delivery.answered(exchange, reply.status(), reply.body());
  }

  private List<Optional<Exception>> sendBatch(List<BatchSender.Item> items) throws Exception {
    ByteArrayOutputStream array = new ByteArrayOutputStream();
    byte separator = '[';
    for (BatchSender.Item item : items) {
      array.write(separator);
      array.write((byte[]) item.payload());
      separator = ',';
    }
    array.write(']');
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("webhook-id", batchId(items));
    headers.put("Content-Type", BATCH_TYPE);
    sender.send(method, headers, array.toByteArray());
    return BatchSender.delivered(items);
  }

  /** That of the event, or for several the beginning of a SHA-256 over theirs. */
  private static String batchId(List<BatchSender.Item> items) {
    List<String> ids =
        items.stream().map(item -> id(item.attributes().get(EVENT_ID)).orElse("")).toList();
    if (ids.size() == 1 && !ids.get(0).isEmpty()) {
      return ids.get(0);
    }
    try {
      byte[] all = String.join("\0", ids).getBytes(StandardCharsets.UTF_8);
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(all);
      return HexFormat.of().formatHex(Arrays.copyOf(hash, ID_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static Optional<String> id(Object value) {
    return Optional.ofNullable(value)
        .map(Object::toString)
        .filter(id -> SAFE_ID.matcher(id).matches());
  }

  /** The HTTP binding of CloudEvents 1.0, 3.1.3. */
  private static Map<String, String> attributes(CloudEventJson event) {
    Map<String, String> headers = new LinkedHashMap<>();
    event
        .attributes()
        .forEach(
            (name, value) -> {
              if (ATTRIBUTE.matcher(name).matches() && !name.equals("datacontenttype")) {
                headers.put("ce-" + name, percentEncoded(value));
              }
            });
    return headers;
  }

  /** Encodes blank, double quote, percent and what is not printable ASCII. */
  static String percentEncoded(String value) {
    StringBuilder encoded = new StringBuilder();
    for (byte each : value.getBytes(StandardCharsets.UTF_8)) {
      boolean isPlain = each > ' ' && each < 0x7f && each != '"' && each != '%';
      if (isPlain) {
        encoded.append((char) each);
      } else {
        encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(each));
      }
    }
    return encoded.toString();
  }

  private static String dataType(CloudEventJson event) {
    return Optional.ofNullable(event.attributes().get("datacontenttype"))
        .filter(type -> MEDIA_TYPE.matcher(type).matches())
        .orElse(Envelope.JSON);
  }

  @Override
  public void close() throws IOException {
    if (sender != null) {
      sender.close();
    }
  }
}
