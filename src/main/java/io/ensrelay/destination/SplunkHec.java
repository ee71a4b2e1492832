package io.ensrelay.destination;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.http.HttpSender;
import io.ensrelay.http.WebhookClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Sends events to the HTTP Event Collector (HEC) of Splunk, in batches of at most 1 MB.
 *
 * <p>Order: that of the lane; the collector stops at the first event that it does not accept, and
 * the rest is sent again. Delivery: an event is delivered when the collector accepted it, with
 * {@code acknowledge} when an indexer has it. Errors: the code of an answer decides whose fault a
 * failure is, before its status: HEC says "incorrect index" with the same status as "invalid data
 * format". Threads: safe after the setters were called.
 *
 * @see <a
 *     href="https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data">Splunk:
 *     collect HTTP event data</a>
 */
public final class SplunkHec implements BatchSender.Receiver, AutoCloseable {
  private static final String EVENTS = "/services/collector/event";
  private static final String ACKNOWLEDGEMENTS = "/services/collector/ack";

  private static final int MOST_EVENTS = 1000;
  private static final long MOST_BYTES = 1_000_000;
  private static final Duration LINGER = Duration.ofMillis(100);

  /** Approximate bytes around an event. */
  private static final int ENVELOPE_BYTES = 400;

  private static final String SERIAL_NUMBER = "data.device.serialNumber";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Token, index, channel: the same for every event. */
  private static final Set<Integer> REFUSES = Set.of(1, 2, 3, 4, 7, 10, 11, 14, 16, 21, 22);

  /** Internal error, busy, full queues. */
  private static final Set<Integer> PASSES = Set.of(8, 9, 18, 19, 20, 23);

  /** No data, invalid format, no or a blank event, indexed fields. */
  private static final Set<Integer> WRONG = Set.of(5, 6, 12, 13, 15);

  private static final Duration FIRST_LOOK = Duration.ofMillis(100);

  /** From here on the pause between two questions stays. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(3);

  private final BatchSender batches = new BatchSender(this, MOST_EVENTS, MOST_BYTES, LINGER, false);
  private final String channel = UUID.randomUUID().toString();
  private String prefix = "splunk";
  private WebhookClient client = new WebhookClient();
  private Optional<String> token = Optional.empty();
  private HttpSender sender;
  private Optional<String> index = Optional.empty();
  private Optional<String> sourceType = Optional.empty();
  private boolean gzip;
  private boolean acknowledge;
  private Duration acknowledgedWithin = Duration.ofMinutes(1);
  private volatile boolean knownToAcknowledge;

  /** Sets the prefix of the keys that messages name. */
  public void setPrefix(String prefix) {
    this.prefix = prefix;
  }

  /** Sets the client, which has the base URL of the collector. */
  public void setClient(WebhookClient client) {
    this.client = client;
  }

  /** Sets the HEC token. */
  public void setToken(String token) {
    this.token = given(token);
  }

  /** Sets the index of all events; blank: the default of the token. */
  public void setIndex(String index) {
    this.index = given(index);
  }

  /** Sets the source type of all events; blank: the default of the token. */
  public void setSourceType(String sourceType) {
    this.sourceType = given(sourceType);
  }

  /** Sets whether requests are compressed. */
  public void setGzip(boolean gzip) {
    this.gzip = gzip;
  }

  /** Sets whether an event is delivered only when an indexer has acknowledged it. */
  public void setAcknowledge(boolean acknowledge) {
    this.acknowledge = acknowledge;
  }

  /** Sets how long to wait for an acknowledgement before the events are sent again. */
  public void setAcknowledgedWithin(Duration time) {
    acknowledgedWithin = time;
  }

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /**
   * Opens the client.
   *
   * @throws ConfigurationException for settings that can't work
   */
  public void start() {
    String secret =
        token.orElseThrow(
            () ->
                new ConfigurationException(
                    prefix + ".token", "missing", "give a token of the collector"));
    client.authorize("token", "Splunk", secret);
    sender = new HttpSender(client, HttpSender.USUAL_SILENCE, HttpSender.Answers.BODY);
  }

  /**
   * Takes an event into the batch of its lane.
   *
   * @throws Exception when the body is not a JSON object
   */
  public void collect(Exchange exchange) throws Exception {
    byte[] body = exchange.getMessage().getMandatoryBody(byte[].class);
    EventJson event = EventJson.of(body, List.of(SERIAL_NUMBER));
    batches.collect(exchange, event, event.bytes().length + ENVELOPE_BYTES);
  }

  @Override
  public List<Optional<Exception>> send(List<BatchSender.Item> items) throws Exception {
    if (acknowledge && !knownToAcknowledge) {
      requireAcknowledgements();
    }
    JsonNode answer;
    try {
      answer = answer(sender.send("POST", EVENTS, headers(), body(items)));
    } catch (HttpOperationFailedException e) {
      return failed(items, judged(e));
    }
    if (acknowledge) {
      awaitAcknowledgement(answer.path("ackId"));
    }
    return BatchSender.delivered(items);
  }

  /** Events before the one in the answer are accepted, those after it were not looked at. */
  private List<Optional<Exception>> failed(
      List<BatchSender.Item> items, HttpOperationFailedException failure)
      throws HttpOperationFailedException {
    int first = json(failure.getResponseBody()).path("invalid-event-number").asInt(-1);
    if (first < 0 || first >= items.size()) {
      throw failure;
    }
    List<Optional<Exception>> outcomes = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      // such an answer has no id by which to ask whether an indexer has the events before it
      boolean isAccepted = i < first && !acknowledge;
      outcomes.add(
          isAccepted
              ? Optional.empty()
              : i == first ? Optional.of(failure) : BatchSender.notTried());
    }
    return outcomes;
  }

  private JsonNode answer(HttpSender.Reply reply) throws HttpOperationFailedException {
    JsonNode answer = json(reply.body());
    if (answer.path("code").asInt(-1) != 0) {
      throw new HttpRefusal(
          sender.address(),
          answer.has("code") ? reply.status() : 404,
          reply.status(),
          "this is not the answer of an HTTP Event Collector; check the URL",
          reply.headers(),
          reply.body());
    }
    return answer;
  }

  /** The failure, with the status by which it is judged. */
  private HttpOperationFailedException judged(HttpOperationFailedException failure) {
    JsonNode answer = json(failure.getResponseBody());
    int code = answer.path("code").asInt(-1);
    int status =
        REFUSES.contains(code)
            ? 403
            : PASSES.contains(code) ? 503 : WRONG.contains(code) ? 400 : failure.getStatusCode();
    return code <= 0
        ? failure
        : new HttpRefusal(
            sender.address(),
            status,
            failure.getStatusCode(),
            answer.path("text").asText("refused") + " (code " + code + ")",
            failure.getResponseHeaders(),
            failure.getResponseBody());
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text == null ? "" : text);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  private Map<String, String> headers() {
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", "application/json");
    if (gzip) {
      headers.put("Content-Encoding", "gzip");
    }
    if (acknowledge) {
      headers.put("X-Splunk-Request-Channel", channel);
    }
    return headers;
  }

  private byte[] body(List<BatchSender.Item> items) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try (OutputStream out = gzip ? new GZIPOutputStream(body) : body) {
      for (BatchSender.Item item : items) {
        write(item.attributes(), (EventJson) item.payload(), out);
      }
    }
    return body.toByteArray();
  }

  private void write(Map<String, Object> attributes, EventJson event, OutputStream out)
      throws IOException {
    StringBuilder text = new StringBuilder("{");
    if (attributes.get("eventTime") instanceof Long millis) {
      // epoch seconds with a fraction
      text.append("\"time\":").append(BigDecimal.valueOf(millis, 3).toPlainString()).append(',');
    }
    event
        .text(SERIAL_NUMBER)
        .or(() -> attribute(attributes, "deviceId"))
        .ifPresent(host -> add(text, "host", host));
    attribute(attributes, "tenant").ifPresent(tenant -> add(text, "source", "/ens/" + tenant));
    sourceType.ifPresent(type -> add(text, "sourcetype", type));
    index.ifPresent(name -> add(text, "index", name));
    text.append("\"fields\":{");
    attribute(attributes, "eventId").ifPresent(id -> add(text, "event_id", id));
    attribute(attributes, "eventType").ifPresent(type -> add(text, "type", type));
    attribute(attributes, "tenant").ifPresent(tenant -> add(text, "tenant", tenant));
    if (text.charAt(text.length() - 1) == ',') {
      text.setLength(text.length() - 1);
    }
    text.append("},\"event\":");
    out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    out.write(event.bytes());
    out.write('}');
    out.write('\n');
  }

  private static void add(StringBuilder text, String name, String value) {
    text.append(EventJson.quoted(name)).append(':').append(EventJson.quoted(value)).append(',');
  }

  private static Optional<String> attribute(Map<String, Object> attributes, String name) {
    return Optional.ofNullable(attributes.get(name)).map(String::valueOf);
  }

  /** Asks before any event is sent; otherwise each try would store the same events once more. */
  private void requireAcknowledgements() throws IOException, HttpOperationFailedException {
    try {
      isAcknowledged("0");
    } catch (HttpOperationFailedException e) {
      throw judged(e);
    }
    knownToAcknowledge = true;
  }

  private boolean isAcknowledged(String id) throws IOException, HttpOperationFailedException {
    byte[] question = ("{\"acks\":[" + id + "]}").getBytes(StandardCharsets.UTF_8);
    Map<String, String> headers =
        Map.of("Content-Type", "application/json", "X-Splunk-Request-Channel", channel);
    HttpSender.Reply reply = sender.send("POST", ACKNOWLEDGEMENTS, headers, question);
    return json(reply.body()).path("acks").path(id).asBoolean();
  }

  /** Asks until an indexer has the events; a failed question is asked again. */
  private void awaitAcknowledgement(JsonNode id) throws Exception {
    if (!id.canConvertToLong()) {
      throw new HttpRefusal(
          sender.address(),
          403,
          200,
          "the token does not acknowledge events",
          Map.of(),
          id.toString());
    }
    long until = System.nanoTime() + acknowledgedWithin.toNanos();
    Exception why =
        new IOException("no acknowledgement within " + acknowledgedWithin.toSeconds() + " s");
    Duration pause = FIRST_LOOK;
    while (System.nanoTime() - until < 0) {
      try {
        if (isAcknowledged(id.asText())) {
          return;
        }
      } catch (IOException | HttpOperationFailedException e) {
        why = e instanceof HttpOperationFailedException answer ? judged(answer) : e;
      }
      TimeUnit.NANOSECONDS.sleep(Math.min(pause.toNanos(), until - System.nanoTime()));
      pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
    }
    throw why;
  }

  @Override
  public void close() throws IOException {
    if (sender != null) {
      sender.close();
    }
  }
}
