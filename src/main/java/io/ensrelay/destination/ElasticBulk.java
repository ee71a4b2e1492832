package io.ensrelay.destination;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.http.AnswerTooLargeException;
import io.ensrelay.http.HttpSender;
import io.ensrelay.http.WebhookClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.camel.Exchange;

/**
 * Sends events to an index or a data stream of Elasticsearch or OpenSearch by {@code _bulk}, at
 * most 1,000 events or 5 MB at a time.
 *
 * <p>Each document is created under the id of its event, so that a repeated event is not stored
 * twice. Order: a request has at most one event of a device, because the receiver stores later
 * events though it refuses an earlier one. Delivery: an event is delivered when it is created or
 * was there before. Errors: each event fails with the status of its own result. Threads: safe after
 * the setters were called.
 *
 * @see <a
 *     href="https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk">Elasticsearch:
 *     bulk</a>
 */
public final class ElasticBulk implements BatchSender.Receiver, AutoCloseable {
  private static final String INDEX = "[A-Za-z0-9.][A-Za-z0-9._-]{0,254}";

  /** Leaves out what the sink does not read: an answer has a line for each event. */
  private static final String WANTED =
      "?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason";

  private static final int MOST_EVENTS = 1000;
  private static final long MOST_BYTES = 5_000_000;
  private static final Duration LINGER = Duration.ofMillis(100);

  /** Approximate bytes of the action line and the added field. */
  private static final int ADDED_BYTES = 120;

  private static final int SUCCESS = 2;
  private static final int THERE_BEFORE = 409;
  private static final String TIMESTAMP = "@timestamp";
  private static final String TIME = "time";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> HEADERS = Map.of("Content-Type", "application/x-ndjson");

  private final BatchSender batches = new BatchSender(this, MOST_EVENTS, MOST_BYTES, LINGER, true);
  private String prefix = "elastic";
  private WebhookClient client = new WebhookClient();
  private String apiKey = "";
  private String index = "";
  private HttpSender sender;

  /** Sets the prefix of the keys that messages name. */
  public void setPrefix(String prefix) {
    this.prefix = prefix;
  }

  /** Sets the client, which has the base URL of the cluster. */
  public void setClient(WebhookClient client) {
    this.client = client;
  }

  /** Sets the encoded API key; blank: none. */
  public void setApiKey(String key) {
    apiKey = key;
  }

  /** Sets the name of the index, data stream or alias. */
  public void setIndex(String name) {
    index = name;
  }

  /**
   * Opens the client.
   *
   * @throws ConfigurationException for settings that can't work
   */
  public void start() {
    if (!index.matches(INDEX) || index.matches("\\.+")) {
      throw new ConfigurationException(
          prefix + ".index", index, "is not the name of an index", "give the name of an index");
    }
    client.authorize("api-key", "ApiKey", apiKey);
    sender = new HttpSender(client, HttpSender.USUAL_SILENCE, HttpSender.Answers.BODY);
  }

  /**
   * Takes an event into the batch of its lane.
   *
   * @throws Exception when the body is not a JSON object
   */
  public void collect(Exchange exchange) throws Exception {
    byte[] body = exchange.getMessage().getMandatoryBody(byte[].class);
    EventJson event = EventJson.of(body, List.of(TIME, TIMESTAMP));
    batches.collect(exchange, event, event.bytes().length + ADDED_BYTES);
  }

  @Override
  public List<Optional<Exception>> send(List<BatchSender.Item> items) throws Exception {
    HttpSender.Reply reply;
    try {
      reply = sender.send("POST", "/" + index + "/_bulk" + WANTED, HEADERS, body(items));
    } catch (AnswerTooLargeException e) {
      if (items.size() == 1) {
        throw e;
      }
      // this sends events again that are stored already: the endpoint finds them there
      int half = items.size() / 2;
      return Stream.concat(
              send(items.subList(0, half)).stream(),
              send(items.subList(half, items.size())).stream())
          .toList();
    }
    JsonNode results = json(reply.body()).path("items");
    if (results.size() != items.size()) {
      throw new HttpRefusal(
          sender.address(),
          404,
          reply.status(),
          "these are not the results of a bulk request; check the URL",
          reply.headers(),
          reply.body());
    }
    List<Optional<Exception>> outcomes = new ArrayList<>();
    results.forEach(result -> outcomes.add(outcome(result.path("create"))));
    return outcomes;
  }

  private Optional<Exception> outcome(JsonNode result) {
    int status = result.path("status").asInt();
    if (status / 100 == SUCCESS || status == THERE_BEFORE) {
      return Optional.empty();
    }
    JsonNode error = result.path("error");
    return Optional.of(
        new HttpRefusal(
            sender.address(),
            status,
            status,
            error.path("type").asText("refused")
                + ": "
                + error.path("reason").asText("no reason given"),
            Map.of(),
            result.toString()));
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  private static byte[] body(List<BatchSender.Item> items) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (BatchSender.Item item : items) {
      body.writeBytes(action(item.attributes()).getBytes(StandardCharsets.UTF_8));
      write((EventJson) item.payload(), item.attributes(), body);
      body.write('\n');
    }
    return body.toByteArray();
  }

  private static String action(Map<String, Object> attributes) {
    Object id = attributes.get("eventId");
    String name = id == null ? "" : "\"_id\":" + EventJson.quoted(String.valueOf(id));
    return "{\"create\":{" + name + "}}\n";
  }

  private static void write(
      EventJson event, Map<String, Object> attributes, ByteArrayOutputStream out) {
    Optional<String> time = event.text(TIME).or(() -> time(attributes.get("eventTime")));
    if (event.text(TIMESTAMP).isEmpty() && time.isPresent()) {
      event.writeWith(TIMESTAMP, time.get(), out);
    } else {
      out.writeBytes(event.bytes());
    }
  }

  private static Optional<String> time(Object millis) {
    return millis instanceof Long known
        ? Optional.of(Instant.ofEpochMilli(known).toString())
        : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    if (sender != null) {
      sender.close();
    }
  }
}
