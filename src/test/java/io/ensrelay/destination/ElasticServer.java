package io.ensrelay.destination;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The {@code _bulk} call of Elasticsearch and OpenSearch as far as its answers are known: 200 for a
 * request whose items failed, a result for each item in order, the beginning of the body decides
 * nothing about the rest.
 */
public final class ElasticServer extends HttpStub {
  public static final String BASIC =
      "Basic "
          + Base64.getEncoder().encodeToString("relay:s3cret".getBytes(StandardCharsets.UTF_8));
  private static final Pattern BULK = Pattern.compile("/([^/?]+)/_bulk(\\?.*)?");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The documents by id, in the order in which they were created. */
  private final Map<String, JsonNode> documents = new LinkedHashMap<>();

  final Set<String> indexes = ConcurrentHashMap.newKeySet();

  /** By device: refused so often from now on, with this status. */
  final Map<String, Integer> refusals = new ConcurrentHashMap<>();

  volatile int refusalStatus = 429;
  public volatile String authorization = BASIC;
  volatile boolean readOnly;

  /** Whether two reasons make an answer too large. */
  volatile boolean longReasons;

  public ElasticServer() {
    indexes.add("ens-events");
  }

  public synchronized List<JsonNode> documents() {
    return List.copyOf(documents.values());
  }

  synchronized void put(String id) {
    documents.put(id, JSON.createObjectNode());
  }

  /** Of the documents of a device, in order. */
  List<Integer> numbers(String device) {
    return documents().stream()
        .filter(event -> event.path("subject").asText().equals(device))
        .map(event -> event.at("/data/seq").asInt())
        .toList();
  }

  @Override
  synchronized Answer answer(Request request) throws IOException {
    if (!request.header("Authorization").equals(authorization)) {
      return error(401, "security_exception", "unable to authenticate user");
    }
    Matcher bulk = BULK.matcher(request.target());
    if (!bulk.matches()) {
      return error(405, "", "Incorrect HTTP method for uri [" + request.target() + "]");
    }
    if (!request.header("Content-type").matches("application/(x-ndjson|json)")) {
      return error(406, "", "Content-Type header is not supported");
    }
    if (!request.text().endsWith("\n")) {
      return error(
          400,
          "illegal_argument_exception",
          "The bulk request must be terminated by a newline [\\n]");
    }
    List<String> items = new ArrayList<>();
    boolean errors = false;
    String[] lines = request.text().split("\n");
    for (int i = 0; i < lines.length; i += 2) {
      JsonNode action = JSON.readTree(lines[i]).path("create");
      if (!action.isObject() || i + 1 == lines.length) {
        return error(
            400, "illegal_argument_exception", "Malformed action/metadata line [" + i + "]");
      }
      String error = error(bulk.group(1), action.path("_id").asText(), lines[i + 1]);
      errors |= !error.isEmpty();
      items.add("{\"create\":" + (error.isEmpty() ? "{\"status\":201}" : error) + "}");
    }
    return new Answer(
        200, "{\"errors\":" + errors + ",\"items\":[" + String.join(",", items) + "]}");
  }

  /** Empty: it is created. */
  private String error(String index, String id, String line) {
    JsonNode document;
    try {
      document = JSON.readTree(line);
    } catch (IOException e) {
      return item(400, "document_parsing_exception", "failed to parse");
    }
    if (!indexes.contains(index)) {
      return item(404, "index_not_found_exception", "no such index [" + index + "]");
    }
    if (readOnly) {
      return item(403, "cluster_block_exception", "index [" + index + "] blocked by: read-only");
    }
    String device = document.path("subject").asText();
    Integer left = refusals.get(device);
    if (left != null && left > 0) {
      refusals.put(device, left - 1);
      return item(refusalStatus, "es_rejected_execution_exception", "rejected execution");
    }
    if (documents.containsKey(id)) {
      return item(
          409,
          "version_conflict_engine_exception",
          "[" + id + "]: version conflict, exists already");
    }
    if (!document.path("@timestamp").isTextual()) {
      return item(400, "document_parsing_exception", "data stream timestamp field is missing");
    }
    JsonNode compliant = document.at("/data/device/compliant");
    if (!compliant.isMissingNode() && !compliant.isBoolean()) {
      return item(
          400,
          "document_parsing_exception",
          "[1:300] failed to parse field [data.device.compliant] of type [boolean] in document with"
              + " id '"
              + id
              + "'. Preview of field's value: '"
              + compliant.asText()
              + "'");
    }
    documents.put(id, document);
    return "";
  }

  private static String item(int status, String type, String reason) {
    return "{\"status\":%d,\"error\":{\"type\":%s,\"reason\":%s}}"
        .formatted(status, EventJson.quoted(type), EventJson.quoted(reason));
  }

  private static Answer error(int status, String type, String reason) {
    return new Answer(
        status,
        "{\"error\":{\"type\":%s,\"reason\":%s},\"status\":%d}"
            .formatted(EventJson.quoted(type), EventJson.quoted(reason), status));
  }
}
