package io.ensrelay.spool;

import io.ensrelay.OutOfMemory;
import io.ensrelay.event.Event;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
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

  private final Spool spool;
  private final String destination;
  private final String selector;
  private final int number;
  private final Route route;
  private volatile Thread thread;
  private volatile boolean running;
  private boolean away;
  private Reader first;

  /** What a lane does with its events. */
  interface Route {
    Exchange exchange();

    /**
     * Returns true when the event is dealt with; false: it comes again.
     *
     * @param lane from 1
     * @throws Error when the thread is of no more use; the event comes again
     */
    boolean deliver(int lane, Exchange exchange);

    /** The lane has no event. */
    void idle(int lane);
  }

  /**
   * @param number from 1
   */
  Lane(Spool spool, String destination, String selector, int number, Route route) {
    this.spool = spool;
    this.destination = destination;
    this.selector = selector;
    this.number = number;
    this.route = route;
    thread = thread();
  }

  /** What does not end does not keep the process. */
  private Thread thread() {
    Thread next = new Thread(this, "lane-" + destination + "-" + number);
    next.setDaemon(true);
    return next;
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
      } catch (Error e) {
        OutOfMemory.endProcessIfIn(e);
        // what Camel had not done yet on this thread would be done with the next event
        thread = thread();
        thread.start();
        return;
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
          route.idle(number);
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
      return route.deliver(number, exchange(event));
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
      Exchange exchange = route.exchange();
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
