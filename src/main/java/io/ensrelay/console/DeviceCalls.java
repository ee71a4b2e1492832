package io.ensrelay.console;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.event.DeviceField;
import io.ensrelay.event.Event;
import io.ensrelay.spool.Device;
import io.ensrelay.spool.DeviceFilter;
import io.ensrelay.spool.Devices;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;

/**
 * The calls on devices: {@code GET /api/devices}, {@code GET /api/devices/ID}, {@code GET
 * /api/device-counts}, {@code POST /api/devices/forget}. Threads: safe; one call at a time reads
 * the event log.
 */
final class DeviceCalls implements Api.Calls {
  private static final String LIST = "/api/devices";
  private static final String ONE = LIST + "/";
  private static final int USUAL_PAGE = 100;
  private static final int MOST_EVENTS = 200;
  private static final int LONGEST_TEXT = 300;

  private final Optional<Devices> devices;
  private final Semaphore reading = new Semaphore(1);

  /**
   * A page of the list.
   *
   * @param total number of devices that match; only on the first page
   * @param next the value of {@code after} for the next page; empty: this is the last one
   */
  private record Page(
      Optional<Long> total, List<Map<String, Object>> items, Optional<String> next) {}

  private record Counts(long devices, List<Devices.Count> counts) {}

  /**
   * An event of a device.
   *
   * @param late whether it was stored after a later event
   */
  private record Past(
      Object type,
      Object time,
      Instant received,
      Object id,
      boolean late,
      @JsonRawValue String event) {
    static Past of(StoredEvent event) {
      Map<String, Object> attributes = event.attributes();
      return new Past(
          attributes.get("eventType"),
          attributes.get("eventTime") instanceof Long time ? Instant.ofEpochMilli(time) : null,
          Instant.ofEpochMilli(event.received()),
          attributes.get("eventId"),
          attributes.get(Event.LATE) == Boolean.TRUE,
          new String(event.body(), StandardCharsets.UTF_8));
    }
  }

  DeviceCalls(Optional<Devices> devices) {
    this.devices = devices;
  }

  @Override
  public Optional<Reply> answer(Call call) throws IOException {
    String path = call.path();
    switch (call.method() + " " + path) {
      case "GET /api/devices":
        return Optional.of(list(call));
      case "GET /api/device-counts":
        return Optional.of(counts());
      case "POST /api/devices/forget":
        return Optional.of(forget(call));
      default:
        return call.method().equals("GET") && path.startsWith(ONE)
            ? Optional.of(show(call, path.substring(ONE.length())))
            : Optional.empty();
    }
  }

  private Devices table() {
    return devices.orElseThrow(
        () ->
            new BadCallException(
                404, "there is no table of devices: set ens.devices.enabled=true and restart"));
  }

  private Reply list(Call call) throws IOException {
    DeviceFilter filter = filter(call);
    int limit = call.number("limit", 1, Devices.LONGEST_LIST, USUAL_PAGE);
    OptionalLong after = after(call);
    boolean seenLast = isSeenLast(call);
    if (seenLast && after.isPresent()) {
      throw new BadCallException(400, "order=seen has no further page: leave out after");
    }
    List<Device> some =
        seenLast ? table().seenLast(filter, limit) : table().list(filter, after, limit);
    boolean mayGoOn = !seenLast && some.size() == limit;
    return Reply.json(
        200,
        new Page(
            after.isPresent() ? Optional.empty() : Optional.of(table().count(filter)),
            some.stream().map(DeviceCalls::json).toList(),
            mayGoOn
                ? Optional.of(Long.toString(some.get(some.size() - 1).row()))
                : Optional.empty()));
  }

  private static boolean isSeenLast(Call call) {
    return switch (call.one("order").orElse("first")) {
      case "first" -> false;
      case "seen" -> true;
      default -> throw new BadCallException(400, "order must be first or seen");
    };
  }

  private static OptionalLong after(Call call) {
    Optional<String> text = call.one("after");
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!text.get().matches("\\d{1,18}")) {
      throw new BadCallException(400, "after must be the value of next in the page before");
    }
    return OptionalLong.of(Long.parseLong(text.get()));
  }

  private static DeviceFilter filter(Call call) {
    return new DeviceFilter(
        text(call, "tenant"),
        text(call, "os"),
        text(call, "status"),
        flag(call, "compliant"),
        text(call, "user"),
        text(call, "text"),
        Call.time("seenBefore", call.one("seenBefore")),
        Call.time("seenSince", call.one("seenSince")));
  }

  private static Optional<String> text(Call call, String name) {
    Optional<String> text = call.one(name);
    if (text.filter(value -> value.length() > LONGEST_TEXT).isPresent()) {
      throw new BadCallException(400, name + " is longer than " + LONGEST_TEXT + " characters");
    }
    return text;
  }

  private static Optional<Boolean> flag(Call call, String name) {
    return call.one(name)
        .map(
            value ->
                switch (value) {
                  case "true" -> true;
                  case "false" -> false;
                  default -> throw new BadCallException(400, name + " must be true or false");
                });
  }

  private Reply counts() throws IOException {
    List<Devices.Count> counts = table().counts();
    return Reply.json(
        200, new Counts(counts.stream().mapToLong(Devices.Count::devices).sum(), counts));
  }

  private Reply show(Call call, String id) throws IOException {
    Device device = the(id, call.one("tenant"));
    Map<String, Object> json = json(device);
    int events = call.number("events", 0, MOST_EVENTS, 0);
    if (events > 0) {
      json.put("events", history(device, events));
    }
    return Reply.json(200, json);
  }

  private List<Past> history(Device device, int events) throws IOException {
    if (!reading.tryAcquire()) {
      throw new BadCallException(
          429, "another call reads the event log for a device: try again soon");
    }
    try {
      return table().history(device, events).stream().map(Past::of).toList();
    } finally {
      reading.release();
    }
  }

  private Reply forget(Call call) throws IOException {
    JsonNode wanted = call.json();
    String id = wanted.path("id").asText();
    if (id.isEmpty()) {
      throw new BadCallException(400, "give the device: {\"id\":\"...\"}, with a tenant if needed");
    }
    Device device =
        the(id, Optional.of(wanted.path("tenant").asText()).filter(name -> !name.isEmpty()));
    return new AuditEntry("forgotten", "device", " (" + id + ")")
        .make(call, () -> table().forget(device) ? 1 : 0);
  }

  /** The only device with this id. */
  private Device the(String id, Optional<String> tenant) throws IOException {
    List<Device> some =
        table().get(id).stream()
            .filter(device -> tenant.isEmpty() || device.tenant().equals(tenant.get()))
            .toList();
    if (some.isEmpty()) {
      throw new BadCallException(404, "the table has no device of this id");
    }
    if (some.size() > 1) {
      throw new BadCallException(
          400,
          "several tenants have a device of this id, name one: "
              + String.join(", ", some.stream().map(Device::tenant).toList()));
    }
    return some.get(0);
  }

  /** Uses the names of the service's fields, where there are such. */
  private static Map<String, Object> json(Device device) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("tenant", device.tenant());
    json.put("id", device.id());
    device.os().ifPresent(os -> json.put("os", os));
    device.status().ifPresent(status -> json.put("status", status));
    device.compliant().ifPresent(compliant -> json.put("compliant", compliant));
    device
        .fields()
        .forEach(
            (field, value) ->
                json.put(
                    field.fieldName(),
                    field.kind() == DeviceField.Kind.TIME
                        ? Instant.ofEpochMilli((Long) value)
                        : value));
    json.put("lastSeen", device.lastSeen());
    json.put("stateTime", device.stateTime());
    device
        .lastEvent()
        .ifPresent(
            event -> {
              json.put("lastEvent", event.type());
              json.put("lastEventTime", event.time());
              json.put("lastEventReceived", event.received());
            });
    return json;
  }
}
