package io.ensrelay.spool;

import io.ensrelay.event.Event;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line of delivery of a destination: takes events from its subscription in order, one at a
 * time, and confirms each when its route has ended well. Events whose sink asked for a step before
 * the confirmation ({@link Batch}) are confirmed together, after some milliseconds at the latest.
 *
 * <p>An event whose route fails comes again after a pause, and so do those behind it. A spool that
 * is away is waited for.
 */
final class Lane implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);
  private static final int MAX_BATCH = 1000;
  private static final long MAX_BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
  private static final long IDLE_MILLIS = 500;
  private static final long PAUSE_MILLIS = 1000;
  private static final long END_MILLIS = 100;

  private final Spool spool;
  private final String destination;
  private final String selector;
  private final Supplier<Exchange> exchanges;
  private final Predicate<Exchange> delivery;
  private final Thread thread;
  private volatile boolean running;
  private boolean away;
  private Reader first;

  Lane(
      Spool spool,
      String destination,
      String selector,
      int number,
      Supplier<Exchange> exchanges,
      Predicate<Exchange> delivery) {
    this.spool = spool;
    this.destination = destination;
    this.selector = selector;
    this.exchanges = exchanges;
    this.delivery = delivery;
    thread = new Thread(this, "lane-" + destination + "-" + number);
  }

  /** A spool that is away is tried again by the lane's thread. */
  void subscribe() throws InvalidSelectorException {
    Reader reader = null;
    spool.notSubscribed(destination);
    try {
      reader = new Reader();
    } catch (InvalidSelectorException e) {
      throw e;
    } catch (JMSException e) {
      away(e);
    }
    first = reader;
  }

  /** Delivers in a thread of its own. */
  void start() {
    running = true;
    thread.start();
  }

  void stop() {
    running = false;
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  /** Interrupts it when it does not end. */
  void awaitEnd() throws InterruptedException {
    thread.join(END_MILLIS);
    if (thread.isAlive()) {
      thread.interrupt();
      thread.join(TimeUnit.SECONDS.toMillis(1));
    }
  }

  @Override
  public void run() {
    Reader next = first;
    first = null;
    while (running || next != null) {
      try (Reader reader = next == null ? new Reader() : next) {
        next = null;
        if (away) {
          away = false;
          LOG.info("{}: the spool is back", destination);
        }
        reader.read();
      } catch (JMSException | RuntimeException e) {
        away(e);
        pause();
      }
    }
  }

  private void away(Exception e) {
    if (running && !away) {
      away = true;
      LOG.warn("{}: no events from the spool, trying again: {}", destination, e.getMessage());
    }
  }

  private void pause() {
    try {
      if (running) {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      running = false;
    }
  }

  /** Delivers what one subscription gives. */
  private final class Reader implements AutoCloseable {
    private final Subscription subscription;
    private Batch batch = new Batch();
    private int events;
    private long since;

    Reader() throws JMSException {
      subscription = spool.subscribe(destination, selector);
      spool.subscribed(destination);
    }

    void read() throws JMSException {
      while (running) {
        Subscription.Stored event = subscription.next(events == 0 ? IDLE_MILLIS : 0);
        if (event == null) {
          confirm();
          continue;
        }
        if (events++ == 0) {
          since = System.nanoTime();
        }
        if (!delivered(event)) {
          again();
        } else if (!batch.waits()
            || events >= MAX_BATCH
            || System.nanoTime() - since > MAX_BATCH_NANOS) {
          confirm();
        }
      }
      confirm();
    }

    private boolean delivered(Subscription.Stored event) throws JMSException {
      boolean delivered = delivery.test(exchange(event));
      if (!running) {
        // a pause may have been ended; what is confirmed now has to be confirmed
        Thread.interrupted();
      }
      return delivered;
    }

    private void confirm() throws JMSException {
      if (events == 0) {
        return;
      }
      try {
        batch.run();
      } catch (IOException e) {
        LOG.warn("{}: events come again: {}", destination, e.getMessage());
        again();
        return;
      }
      subscription.confirm();
      clear();
    }

    /** Gives back everything that is not confirmed. */
    private void again() throws JMSException {
      clear();
      if (running) {
        subscription.giveBack();
        pause();
      }
    }

    private void clear() {
      batch = new Batch();
      events = 0;
    }

    private Exchange exchange(Subscription.Stored event) throws JMSException {
      Exchange exchange = exchanges.get();
      batch.attach(exchange);
      exchange.getIn().setBody(event.body());
      exchange.setProperty(Event.RECEIVED, event.property(Event.RECEIVED));
      for (String name : Event.ATTRIBUTES) {
        Object value = event.property(name);
        if (value != null) {
          exchange.getIn().setHeader(name, value);
        }
      }
      return exchange;
    }

    @Override
    public void close() throws JMSException {
      subscription.close();
    }
  }
}
