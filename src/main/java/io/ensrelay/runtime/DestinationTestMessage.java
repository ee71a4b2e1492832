package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * A message that a receiver accepted in a destination test.
 *
 * @param receiver as in {@code expect}: a URL without a fragment, or {@code kafka:topic}
 * @param method of HTTP; empty: it was not sent by HTTP
 * @param body decompressed
 */
record DestinationTestMessage(
    String receiver, String method, Map<String, String> headers, byte[] body) {
  private static final ObjectMapper JSON = new ObjectMapper();

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** The body as JSON; several values, as in JSON lines, are an array. */
  Optional<JsonNode> json() {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    try (MappingIterator<JsonNode> values = JSON.readerFor(JsonNode.class).readValues(body)) {
      while (values.hasNext()) {
        all.add(values.next());
      }
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(all.size() == 1 ? all.get(0) : all);
  }

  /** The value of a header, whose name may be written in any case. */
  Optional<String> header(String name) {
    return headers.entrySet().stream()
        .filter(each -> each.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
