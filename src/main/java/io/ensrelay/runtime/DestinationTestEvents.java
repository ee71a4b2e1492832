package io.ensrelay.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.Gap;
import io.ensrelay.event.MalformedMessageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the events that a test sends, as the intake makes them from messages: from samples, files,
 * and events or messages written in the test.
 */
final class DestinationTestEvents {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant GAP_FROM = Instant.parse("2026-01-01T00:00:00Z");
  private static final Set<String> GAPS = Set.of(Event.GAP, "gap");
  private static final String RUN = "5e1ec7ed0b1ec75a";

  /** Events of a resync; a snapshot has the fields of a check-in. */
  private static final Map<String, String> OF_RESYNC =
      Map.of(
          "snapshot",
          Event.SNAPSHOT,
          "missing",
          Event.MISSING,
          Event.RESYNC_STARTED,
          Event.RESYNC_STARTED,
          Event.RESYNC_FINISHED,
          Event.RESYNC_FINISHED);

  private static final int LARGEST = 16 << 20;

  private final DestinationTestSamples samples;
  private final EventSplitter splitter;

  DestinationTestEvents(DestinationTestSamples samples, String tenant) {
    this.samples = samples;
    splitter = new EventSplitter(tenant);
  }

  List<Event> of(DestinationTestCase test) {
    Optional<JsonNode> with =
        test.with()
            .map(
                node -> {
                  node.map("with");
                  return node.json();
                });
    List<Event> events = new ArrayList<>();
    int number = 0;
    for (DestinationTestNode each : test.send()) {
      events.addAll(of(each, with, number++));
    }
    return events;
  }

  private List<Event> of(DestinationTestNode node, Optional<JsonNode> with, int number) {
    if (node.isText()) {
      return ofSample(node, with, number);
    }
    JsonNode json = node.json();
    if (json.size() == 1 && json.path("file").isTextual()) {
      return ofFile(node, json.get("file").asText(), with);
    }
    return ofJson(node, json, with);
  }

  private List<Event> ofSample(DestinationTestNode node, Optional<JsonNode> with, int number) {
    String name = node.text("send").strip();
    if (GAPS.contains(name)) {
      return List.of(
          splitter.event(new Gap(GAP_FROM, GAP_FROM.plusSeconds(7200), 60, "the relay was away")));
    }
    String plain = plain(name);
    String ofResync = OF_RESYNC.getOrDefault(name, OF_RESYNC.getOrDefault(plain, ""));
    if (!ofResync.isEmpty()) {
      return split(
          node, ofResync.replace('.', '/'), null, overridden(ofResync(ofResync, number), with));
    }
    Optional<DestinationTestSamples.Sample> sample =
        samples.names().stream()
            .filter(known -> plain(known).equals(plain))
            .findFirst()
            .flatMap(known -> samples.of(known, number));
    if (sample.isEmpty()) {
      Set<String> known = new LinkedHashSet<>(samples.names());
      known.add(Event.GAP);
      known.addAll(OF_RESYNC.keySet());
      throw node.mistake("unknown sample '" + name + "'", DestinationTestNode.meant(name, known));
    }
    try {
      JsonNode message = JSON.readTree(sample.get().payload());
      return split(node, sample.get().topic(), sample.get().key(), overridden(message, with));
    } catch (IOException e) {
      throw node.mistake("the sample is no JSON", "choose another");
    }
  }

  /** Made as a resync makes it: like a message of the service. */
  private JsonNode ofResync(String type, int number) {
    ObjectNode message = JSON.createObjectNode();
    message.put("timestamp", GAP_FROM.plusSeconds(number).toEpochMilli());
    message.put("eventType", type);
    message.put("resync", RUN);
    if (Event.isOwn(type)) {
      message.put("reason", "a test");
      return message;
    }
    message.put("readAt", GAP_FROM.plusSeconds(number + 30L).toString());
    ObjectNode device = message.putArray("devices").addObject();
    Optional<JsonNode> known =
        samples
            .of("check_in", number)
            .map(DestinationTestEvents::device)
            .filter(JsonNode::isObject);
    if (type.equals(Event.SNAPSHOT)) {
      known.ifPresent(all -> device.setAll((ObjectNode) all));
    } else {
      device.put("deviceGuid", known.map(all -> all.path("deviceGuid").asText()).orElse("unknown"));
    }
    return message;
  }

  private static JsonNode device(DestinationTestSamples.Sample sample) {
    try {
      return JSON.readTree(sample.payload()).path("devices").path(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code device.app_inventory} and {@code device_app_inventory_update}: app_inventory. */
  private static String plain(String name) {
    return name.replace('.', '_')
        .replace('-', '_')
        .replaceFirst("^device_", "")
        .replaceFirst("_update$", "");
  }

  private List<Event> ofFile(DestinationTestNode node, String name, Optional<JsonNode> with) {
    Path file = Optional.ofNullable(node.file().getParent()).orElse(Path.of("")).resolve(name);
    List<Event> events = new ArrayList<>();
    try {
      if (Files.size(file) > LARGEST) {
        throw node.mistake(file + " is larger than 16 MB", "make several files of it");
      }
      try (MappingIterator<JsonNode> values =
          JSON.readerFor(JsonNode.class).readValues(Files.readAllBytes(file))) {
        while (values.hasNext()) {
          JsonNode value = values.next();
          for (JsonNode each : value.isArray() ? value : JSON.createArrayNode().add(value)) {
            events.addAll(ofJson(node, each, with));
          }
        }
      }
    } catch (JsonProcessingException e) {
      throw node.mistake(file + " is no JSON: " + e.getOriginalMessage(), "correct it");
    } catch (IOException | RuntimeException e) {
      if (e instanceof io.ensrelay.base.ConfigurationException) {
        throw (RuntimeException) e;
      }
      throw node.mistake(
          "can't read " + file + ": " + e.getMessage(), "the name begins at the test's folder");
    }
    return events;
  }

  /** A message of the service, or a CloudEvent, which is turned back into one. */
  private List<Event> ofJson(DestinationTestNode node, JsonNode json, Optional<JsonNode> with) {
    if (!json.isObject()) {
      throw node.mistake("is no event", "give a sample's name, file: x.json, or an event");
    }
    ObjectNode message = json.deepCopy();
    if (json.path("type").isTextual() && !json.has("eventType")) {
      message =
          json.path("data").isObject() ? json.path("data").deepCopy() : JSON.createObjectNode();
      message.set("eventType", json.get("type"));
    }
    if (message.has("device")) {
      ArrayNode devices = message.putArray("devices");
      devices.add(message.remove("device"));
    }
    if (!message.path("eventType").isTextual()) {
      throw node.mistake("an event without a type", "add type: device.check_in");
    }
    String type = message.get("eventType").asText();
    String plain = plain(type);
    Optional<DestinationTestSamples.Sample> known =
        samples.names().stream()
            .filter(name -> plain(name).equals(plain))
            .findFirst()
            .flatMap(name -> samples.of(name, 0));
    String topic = known.map(DestinationTestSamples.Sample::topic).orElse(type.replace('.', '/'));
    return split(
        node,
        topic,
        known.map(DestinationTestSamples.Sample::key).orElse(null),
        overridden(message, with));
  }

  private List<Event> split(DestinationTestNode node, String topic, String key, JsonNode message) {
    try {
      return List.copyOf(splitter.split(topic, key, JSON.writeValueAsBytes(message)));
    } catch (MalformedMessageException | JsonProcessingException e) {
      throw node.mistake("can't become an event: " + e.getMessage(), "correct it");
    }
  }

  private static JsonNode overridden(JsonNode message, Optional<JsonNode> with) {
    with.ifPresent(changes -> message.path("devices").forEach(device -> override(device, changes)));
    return message;
  }

  /** Null removes. */
  private static void override(JsonNode device, JsonNode changes) {
    changes
        .properties()
        .forEach(
            change -> {
              ObjectNode object = (ObjectNode) device;
              JsonNode value = change.getValue();
              if (value.isNull()) {
                object.remove(change.getKey());
              } else if (value.isObject() && object.path(change.getKey()).isObject()) {
                override(object.get(change.getKey()), value);
              } else {
                object.set(change.getKey(), value);
              }
            });
  }
}
