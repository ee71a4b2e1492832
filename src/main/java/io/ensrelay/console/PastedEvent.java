package io.ensrelay.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.Printable;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.MalformedMessageException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Makes an event of JSON that a person gives: a CloudEvent as the relay delivers it, or a message
 * of the service with one device. The bytes of a CloudEvent stay as they are. Threads: safe.
 */
final class PastedEvent {
  private static final int LONGEST = 200;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String tenant;

  PastedEvent(String tenant) {
    this.tenant = tenant;
  }

  /**
   * @param topics of the relay's subscriptions: they give the metadata key of a type
   * @throws BadCallException for anything else
   */
  Event of(byte[] json, List<Status.Topic> topics) {
    JsonNode root = object(json);
    return root.has("specversion") ? cloudEvent(root, json, topics) : message(root, json, topics);
  }

  private static JsonNode object(byte[] json) {
    try {
      JsonNode root = JSON.readTree(json);
      if (root != null && root.isObject()) {
        return root;
      }
    } catch (IOException e) {
      // reported below
    }
    throw bad("the body must be one JSON object: a CloudEvent, or a message of the service");
  }

  private Event cloudEvent(JsonNode root, byte[] json, List<Status.Topic> topics) {
    String type = required(root, "type");
    JsonNode device = root.path("data").path("device");
    return new Event(
        required(root, "id"),
        type,
        key(type, topics),
        tenant,
        new Event.Device(
            text(root, "subject").or(() -> text(device, "deviceGuid")),
            text(device, "os"),
            text(device, "status"),
            device.path("compliant").isBoolean()
                ? Optional.of(device.path("compliant").asBoolean())
                : Optional.empty()),
        time(root),
        json);
  }

  private Event message(JsonNode root, byte[] json, List<Status.Topic> topics) {
    String type = required(root, "eventType");
    List<Event> events;
    try {
      events =
          new EventSplitter(tenant)
              .split(type.replace('.', '/'), key(type, topics).orElse(null), json);
    } catch (MalformedMessageException e) {
      throw bad(Printable.line(e.getMessage(), LONGEST));
    }
    if (events.size() != 1) {
      throw bad("the message has %s devices: give one".formatted(events.size()));
    }
    return events.get(0);
  }

  private static String required(JsonNode root, String name) {
    return text(root, name)
        .filter(value -> value.length() <= LONGEST)
        .orElseThrow(() -> bad("the event needs a text \"" + name + "\""));
  }

  private static Optional<String> text(JsonNode object, String name) {
    return object.path(name).isTextual() && !object.path(name).asText().isEmpty()
        ? Optional.of(object.path(name).asText())
        : Optional.empty();
  }

  /** The metadata key of the topic that ends like the type. */
  private static Optional<String> key(String type, List<Status.Topic> topics) {
    String tail = type.replace('.', '/');
    return topics.stream()
        .filter(each -> each.topic().equals(tail) || each.topic().endsWith("/" + tail))
        .map(Status.Topic::key)
        .findFirst();
  }

  private static long time(JsonNode root) {
    try {
      return Instant.parse(root.path("time").asText()).toEpochMilli();
    } catch (DateTimeException e) {
      return System.currentTimeMillis();
    }
  }

  private static BadCallException bad(String line) {
    return new BadCallException(400, line);
  }
}
