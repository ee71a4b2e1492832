package io.ensrelay.intake;

import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.Gap;
import io.ensrelay.event.MalformedMessageException;
import java.util.List;
import org.apache.camel.Body;
import org.apache.camel.Header;

/** The bean that creates events: {@link EventSplitter} as Camel steps. Threads: stateless. */
public final class MessageSplitter {
  private final EventSplitter events;

  public MessageSplitter(String tenant) {
    events = new EventSplitter(tenant);
  }

  /** As {@link EventSplitter#split}: one event for each device of a message. */
  public List<Event> split(
      @Header("CamelMqttTopic") String topic, @Header("eventKey") String key, @Body byte[] payload)
      throws MalformedMessageException {
    return events.split(topic, key, payload);
  }

  /** The event that reports a gap, as a list of one. */
  public List<Event> gap(@Body Gap gap) {
    return List.of(events.event(gap));
  }
}
