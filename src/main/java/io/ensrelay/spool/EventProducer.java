package io.ensrelay.spool;

import io.ensrelay.event.Event;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultAsyncProducer;

/**
 * Stores the events in the body, a {@code List<Event>}; the exchange goes on when the last of them
 * is on disk. A copy of an event that is already stored is dropped by its id.
 */
final class EventProducer extends DefaultAsyncProducer {
  /** Artemis drops a second message with the same value. */
  static final String DUPLICATE_ID = "_AMQ_DUPL_ID";

  /** Standard JMS: messages of a group go to one consumer, in order. */
  static final String GROUP = "JMSXGroupID";

  private final SpoolWriter writer;

  EventProducer(SpoolEndpoint endpoint) {
    super(endpoint);
    Spool spool = endpoint.getComponent().spool();
    writer = new SpoolWriter(spool, spool.eventStore(), "events");
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    @SuppressWarnings("unchecked")
    List<Event> events = exchange.getMessage().getBody(List.class);
    AtomicReference<Exception> failure = new AtomicReference<>();
    AtomicInteger left = new AtomicInteger(events.size());
    SpoolWriter.Completion stored =
        e -> {
          if (e != null) {
            failure.compareAndSet(null, e);
          }
          if (left.decrementAndGet() == 0) {
            if (failure.get() != null) {
              exchange.setException(failure.get());
            }
            callback.done(false);
          }
        };
    for (Event event : events) {
      writer.store(entry(event), stored);
    }
    return false;
  }

  private static Store.Entry entry(Event event) {
    Map<String, Object> properties = new HashMap<>(event.attributes());
    properties.put(DUPLICATE_ID, event.id());
    event.device().id().ifPresent(device -> properties.put(GROUP, device));
    return new Store.Entry(Spool.EVENTS, true, properties, event.json());
  }

  @Override
  protected void doStop() throws Exception {
    super.doStop();
    writer.close();
  }
}
