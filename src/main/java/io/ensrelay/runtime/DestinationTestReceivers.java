package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** Answers of known receivers that accept: the sinks read them. */
final class DestinationTestReceivers {
  /** The answer of a token endpoint of OAuth 2. */
  static final String TOKEN =
      "{\"access_token\":\"a-token-of-the-test\",\"token_type\":\"Bearer\",\"expires_in\":3600}";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private DestinationTestReceivers() {}

  static String accepts(DestinationTestMessage message) {
    String path = message.receiver().replaceFirst("\\?.*", "");
    if (path.contains("/services/collector")) {
      return "{\"text\":\"Success\",\"code\":0,\"ackId\":1}";
    }
    return path.endsWith("/_bulk") ? created(message) : "";
  }

  /** For Splunk: the indexer has stored all events asked about. */
  static Optional<String> acknowledges(DestinationTestMessage message) {
    if (!message.receiver().replaceFirst("\\?.*", "").endsWith("/services/collector/ack")) {
      return Optional.empty();
    }
    ObjectNode acks = JSON.objectNode();
    message
        .json()
        .ifPresent(asked -> asked.path("acks").forEach(id -> acks.put(id.asText(), true)));
    return Optional.of(JSON.objectNode().<ObjectNode>set("acks", acks).toString());
  }

  /** For Elasticsearch and OpenSearch: a result for each document. */
  private static String created(DestinationTestMessage message) {
    ArrayNode items = JSON.arrayNode();
    for (JsonNode line : message.json().orElseGet(JSON::arrayNode)) {
      if (line.has("create") || line.has("index")) {
        String action = line.has("create") ? "create" : "index";
        items.addObject().putObject(action).put("status", 201);
      }
    }
    return JSON.objectNode().put("errors", false).<ObjectNode>set("items", items).toString();
  }
}
