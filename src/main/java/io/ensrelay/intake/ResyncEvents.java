package io.ensrelay.intake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.MalformedMessageException;
import io.ensrelay.service.FleetDevice;
import io.ensrelay.spool.KnownDevice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Makes the events of a resync. Threads: stateless. */
final class ResyncEvents {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** In place of the MQTT topic, in the ids of events. */
  private static final String TOPIC = "resync";

  private final EventSplitter events;
  private final Duration delay;

  /**
   * @param delay longest time until answers of the service show a change of a device
   */
  ResyncEvents(String tenant, Duration delay) {
    events = new EventSplitter(tenant);
    this.delay = delay;
  }

  /** An answer shows all changes up to this time. */
  long time(Instant asked) {
    return asked.minus(delay).toEpochMilli();
  }

  /** An event for each device, with the unchanged bytes of the device. */
  List<Event> snapshots(String run, Instant asked, List<FleetDevice> devices) throws IOException {
    return split(Event.SNAPSHOT, run, asked, devices.stream().map(FleetDevice::json).toList());
  }

  List<Event> missing(String run, Instant asked, List<KnownDevice> devices) throws IOException {
    List<byte[]> names = new ArrayList<>();
    for (KnownDevice device : devices) {
      ObjectNode name = JSON.createObjectNode();
      name.put(device.isGuid() ? "deviceGuid" : "identifier", device.id());
      names.add(JSON.writeValueAsBytes(name));
    }
    return split(Event.MISSING, run, asked, names);
  }

  /** Makes a message like the service's: {@link EventSplitter} copies its devices. */
  private List<Event> split(String type, String run, Instant asked, List<byte[]> devices)
      throws IOException {
    ObjectNode head = JSON.createObjectNode();
    head.put("timestamp", time(asked));
    head.put("eventType", type);
    head.put("resync", run);
    head.put("readAt", text(asked));
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    byte[] start = JSON.writeValueAsBytes(head);
    message.write(start, 0, start.length - 1);
    message.write(bytes(",\"devices\":["));
    for (Iterator<byte[]> each = devices.iterator(); each.hasNext(); ) {
      message.write(each.next());
      message.write(bytes(each.hasNext() ? "," : ""));
    }
    message.write(bytes("]}"));
    try {
      return events.split(TOPIC, null, message.toByteArray());
    } catch (MalformedMessageException e) {
      throw new IOException("a device of the service can't be made an event: " + e.getMessage(), e);
    }
  }

  /** Always the same event for one run. */
  Event started(ResyncState state) {
    ObjectNode data = begun(state);
    data.put("send", state.all ? "all" : "changed");
    return event(Event.RESYNC_STARTED, state, state.started, data);
  }

  /** Always the same event for one run. */
  Event finished(ResyncState state) {
    ObjectNode data = begun(state);
    data.put("outcome", state.incomplete.isEmpty() ? "complete" : "incomplete");
    if (!state.incomplete.isEmpty()) {
      data.put("why", state.incomplete);
    }
    data.put("devices", state.read);
    if (state.count >= 0) {
      data.put("count", state.count);
    }
    data.put("sent", state.sent);
    data.put("unchanged", state.unchanged);
    data.put("dropped", state.dropped);
    data.put("missing", state.missing);
    data.put("calls", state.calls);
    data.put("passes", state.pass);
    return event(Event.RESYNC_FINISHED, state, state.finished, data);
  }

  private static ObjectNode begun(ResyncState state) {
    ObjectNode data = JSON.createObjectNode();
    data.put("resync", state.run);
    data.put("reason", state.reason);
    data.put("started", text(Instant.ofEpochMilli(state.started)));
    state.statuses.forEach(data.putArray("statuses")::add);
    if (!state.to.isEmpty()) {
      data.put("to", state.to);
    }
    return data;
  }

  private Event event(String type, ResyncState state, long time, ObjectNode data) {
    try {
      return events.event(
          type, bytes(state.run), Instant.ofEpochMilli(time), JSON.writeValueAsBytes(data));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree is always JSON", e);
    }
  }

  /** The id of a run's first event. */
  String idOfStart(String run) {
    return events.event(Event.RESYNC_STARTED, bytes(run), Instant.EPOCH, bytes("{}")).id();
  }

  private static String text(Instant time) {
    return time.truncatedTo(ChronoUnit.MILLIS).toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
