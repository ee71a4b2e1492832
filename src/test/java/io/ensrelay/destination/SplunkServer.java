package io.ensrelay.destination;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Splunk's HTTP Event Collector as far as its answers are known: looks at the events of a request
 * one after the other, accepts those before the first that it does not accept, and says which that
 * is by {@code invalid-event-number}, from 0.
 */
public final class SplunkServer extends HttpStub {
  public static final String TOKEN = "11111111-2222-3333-4444-555555555555";
  private static final String EVENTS = "/services/collector/event";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What it accepted, in order. */
  public final List<JsonNode> accepted = Collections.synchronizedList(new ArrayList<>());

  final Set<String> indexes = java.util.concurrent.ConcurrentHashMap.newKeySet();
  public volatile boolean disabled;

  /** Of an event that gets the code for invalid data. */
  public volatile Predicate<JsonNode> poison = event -> false;

  /** Whether it says which event of a request is wrong. */
  volatile boolean saysWhich = true;

  /** Says that it is busy after so many events of the next request; negative: it is not. */
  final AtomicInteger busyAfter = new AtomicInteger(-1);

  volatile boolean acknowledges;

  /** How often it is asked for an acknowledgement until it has it. */
  volatile int asksUntilAcknowledged = 2;

  private final Map<String, Map<Long, Integer>> channels = new HashMap<>();

  public SplunkServer() {
    indexes.addAll(Set.of("main", "mobile"));
  }

  @Override
  synchronized Answer answer(Request request) throws IOException {
    String authorization = request.header("Authorization");
    if (authorization.isEmpty()) {
      return code(401, "Token is required", 2);
    }
    if (!authorization.startsWith("Splunk ")) {
      return code(401, "Invalid authorization", 3);
    }
    if (!authorization.equals("Splunk " + TOKEN)) {
      return code(403, "Invalid token", 4);
    }
    if (disabled) {
      return code(403, "Token disabled", 1);
    }
    String channel = request.header("X-splunk-request-channel");
    if (request.target().equals("/services/collector/ack")) {
      return acknowledgements(request, channel);
    }
    if (!request.target().equals(EVENTS) || !request.method().equals("POST")) {
      return new Answer(
          404, "{\"text\":\"The requested URL was not found on this server.\",\"code\":404}");
    }
    if (acknowledges && channel.isEmpty()) {
      return code(400, "Data channel is missing", 10);
    }
    if (!channel.isEmpty() && !isUuid(channel)) {
      return code(400, "Invalid data channel", 11);
    }
    return request.body().length == 0 ? code(400, "No data", 5) : events(request, channel);
  }

  private Answer events(Request request, String channel) throws IOException {
    int busy = busyAfter.getAndSet(-1);
    try (MappingIterator<JsonNode> events =
        JSON.readerFor(JsonNode.class).readValues(request.body())) {
      for (int number = 0; events.hasNext(); number++) {
        JsonNode event = events.next();
        if (number == busy) {
          return invalid(503, "Server is busy", 9, number);
        }
        Answer wrong = check(event, number);
        if (wrong != null) {
          return wrong;
        }
        accepted.add(event);
      }
    }
    if (!acknowledges) {
      return code(200, "Success", 0);
    }
    Map<Long, Integer> ids = channels.computeIfAbsent(channel, name -> new HashMap<>());
    long id = ids.size();
    ids.put(id, 0);
    return new Answer(200, "{\"text\":\"Success\",\"code\":0,\"ackId\":%d}".formatted(id));
  }

  /** Null: it is accepted. */
  private Answer check(JsonNode event, int number) {
    if (!event.isObject() || poison.test(event)) {
      return invalid(400, "Invalid data format", 6, number);
    }
    if (!event.has("event")) {
      return invalid(400, "Event field is required", 12, number);
    }
    if (event.get("event").asText("x").isBlank() && event.get("event").isTextual()) {
      return invalid(400, "Event field cannot be blank", 13, number);
    }
    for (JsonNode field : event.path("fields")) {
      if (field.isContainerNode()) {
        return invalid(400, "Error in handling indexed fields", 15, number);
      }
    }
    boolean isKnown = !event.has("index") || indexes.contains(event.get("index").asText());
    return isKnown ? null : invalid(400, "Incorrect index", 7, number);
  }

  private Answer acknowledgements(Request request, String channel) throws IOException {
    if (!acknowledges) {
      return code(400, "ACK is disabled", 14);
    }
    if (channel.isEmpty()) {
      return code(400, "Data channel is missing", 10);
    }
    Map<Long, Integer> ids = channels.getOrDefault(channel, Map.of());
    StringBuilder answer = new StringBuilder();
    for (JsonNode id : JSON.readTree(request.body()).path("acks")) {
      boolean isIndexed =
          ids.containsKey(id.asLong())
              && ids.merge(id.asLong(), 1, Integer::sum) >= asksUntilAcknowledged;
      answer
          .append(answer.isEmpty() ? "" : ",")
          .append("\"%d\":%s".formatted(id.asLong(), isIndexed));
    }
    return new Answer(200, "{\"acks\":{" + answer + "}}");
  }

  private Answer invalid(int status, String text, int code, int number) {
    return saysWhich
        ? new Answer(
            status,
            "{\"text\":\"%s\",\"code\":%d,\"invalid-event-number\":%d}"
                .formatted(text, code, number))
        : code(status, text, code);
  }

  private static Answer code(int status, String text, int code) {
    return new Answer(status, "{\"text\":\"%s\",\"code\":%d}".formatted(text, code));
  }

  private static boolean isUuid(String text) {
    try {
      return UUID.fromString(text).toString().equalsIgnoreCase(text);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Of the accepted ones of a device, in order. */
  List<Integer> numbers(String device) {
    return accepted.stream()
        .map(event -> event.path("event"))
        .filter(event -> event.path("subject").asText().equals(device))
        .map(event -> event.at("/data/seq").asInt())
        .toList();
  }
}
