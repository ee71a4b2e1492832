package io.ensrelay.delivery;

import io.ensrelay.base.Meters;
import io.ensrelay.base.Platform;
import io.ensrelay.event.Event;
import io.ensrelay.event.ReceivedMessage;
import io.ensrelay.spool.Appended;
import io.ensrelay.spool.EventFeed;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.log.LogEntry;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultAsyncProducer;

/**
 * Stores the events in the body, a {@code List<Event>} that is iterated once; the exchange
 * continues when the last of them is on disk. The caller waits while too many events wait to be
 * stored. A duplicate of a stored event is recognized by its id and dropped; the exchange says in
 * {@link Spool#STALE} which snapshots were dropped because their device has a newer event. If the
 * endpoint names a destination, the events are for this destination only.
 */
final class EventProducer extends DefaultAsyncProducer {
  private static final BooleanSupplier NOT_GIVEN_UP = () -> false;

  private final Spool spool;
  private final Platform platform;
  private final SpoolWriter writer;
  private final EventFeed feed;
  private final StoreMeters meters;
  private final Optional<String> only;

  EventProducer(SpoolEndpoint endpoint) {
    super(endpoint);
    spool = endpoint.getComponent().spool();
    platform = Platform.of(endpoint.getCamelContext());
    writer = endpoint.getComponent().writer();
    feed = spool.feed();
    only = Optional.of(endpoint.getDestination()).filter(name -> !name.isBlank());
    CamelContext camel = endpoint.getCamelContext();
    meters = new StoreMeters(Meters.of(camel), Meters.areByTenant(camel));
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    @SuppressWarnings("unchecked")
    List<Event> events = exchange.getMessage().getBody(List.class);
    ReceivedMessage origin = exchange.getProperty(ReceivedMessage.PROPERTY, ReceivedMessage.class);
    if (events.isEmpty()) {
      callback.done(true);
      return true;
    }
    long received = origin == null ? System.currentTimeMillis() : origin.receivedMillis();
    Message message = new Message(exchange, callback, events.size(), received);
    Iterator<Event> each = events.iterator();
    // no stream: Java's optimizing compiler would inline all of its code, at every start
    Iterator<SpoolWriter.Waiting> waiting =
        new Iterator<>() {
          private int place;

          @Override
          public boolean hasNext() {
            return each.hasNext();
          }

          @Override
          public SpoolWriter.Waiting next() {
            Event event = each.next();
            return new SpoolWriter.Waiting(entry(event, received), message.part(event, place++));
          }
        };
    writer.store(waiting, origin == null ? NOT_GIVEN_UP : origin::comesAgain);
    return false;
  }

  private LogEntry entry(Event event, long received) {
    return new LogEntry(received, event.attributes(), event.json(), only);
  }

  /** The events of one exchange, which continues when each event is stored or has failed. */
  private final class Message {
    private final Exchange exchange;
    private final AsyncCallback callback;
    private final long received;
    private final AtomicInteger left;
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final BitSet stale = new BitSet();

    Message(Exchange exchange, AsyncCallback callback, int events, long received) {
      this.exchange = exchange;
      this.callback = callback;
      this.received = received;
      left = new AtomicInteger(events);
    }

    SpoolWriter.Completion part(Event event, int place) {
      return new SpoolWriter.Completion() {
        @Override
        public void stored(Appended.Outcome outcome) {
          try {
            switch (outcome) {
              case STORED -> {
                meters.stored(event, received);
                feed.stored(event);
              }
              case COPY -> meters.copy();
              case STALE -> stale(place);
            }
          } finally {
            done();
          }
        }

        @Override
        public void failed(Exception reason) {
          failure.compareAndSet(null, reason);
          done();
        }
      };
    }

    private void stale(int place) {
      synchronized (stale) {
        stale.set(place);
      }
    }

    private void done() {
      if (left.decrementAndGet() == 0) {
        synchronized (stale) {
          if (!stale.isEmpty()) {
            exchange.setProperty(Spool.STALE, stale);
          }
        }
        if (failure.get() != null) {
          exchange.setException(failure.get());
        }
        callback.done(false);
      }
    }
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    spool.feedDevices(platform::thread);
  }
}
