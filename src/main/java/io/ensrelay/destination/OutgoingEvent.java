package io.ensrelay.destination;

import io.ensrelay.delivery.BatchSender;
import io.ensrelay.delivery.StandIn;
import io.ensrelay.event.Event;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;

/**
 * The parts of an event that a message broker gets: the body and the attributes. No other header
 * goes along, so nothing that a device sent can choose a topic, a queue, a partition or a character
 * set.
 *
 * @param body the CloudEvent, or what the route made of it
 */
record OutgoingEvent(byte[] body, Map<String, Object> attributes) {

  /**
   * @throws InvalidPayloadException if the body can't become bytes
   */
  static OutgoingEvent of(Exchange exchange) throws InvalidPayloadException {
    Map<String, Object> attributes = new LinkedHashMap<>();
    for (String name : Event.ATTRIBUTES) {
      Object value = exchange.getMessage().getHeader(name);
      if (value != null) {
        attributes.put(name, value);
      }
    }
    return new OutgoingEvent(exchange.getMessage().getMandatoryBody(byte[].class), attributes);
  }

  static StandIn.Sent shown(BatchSender.Item item) {
    OutgoingEvent event = (OutgoingEvent) item.payload();
    return new StandIn.Sent(event.attributes(), event.body());
  }
}
