package io.ensrelay.delivery;

import io.ensrelay.base.FailureReason;
import io.ensrelay.event.Event;
import io.ensrelay.service.TenantRemovedException;
import io.ensrelay.spool.log.StoredEvent;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.camel.Exchange;

/**
 * The delivery of an event through the route of its destination: the batch it is confirmed with,
 * the number of attempts, and the start of the present one. A pause lasts from the failure of a
 * step until the next step begins, the same again or another.
 *
 * <p>Threads: safe; created and ended by the lane's thread.
 */
public final class Delivery {
  private static final String PROPERTY = "ensDelivery";

  /** Of an exchange that a route got from elsewhere. */
  private record NoDestination(StallDetector stall, Refusals refusals, Pauses pauses)
      implements Reports.OutsideSpool {
    @Override
    public String destination() {
      return "";
    }

    @Override
    public boolean keep(Delivery delivery, Throwable why) {
      return false;
    }
  }

  /** Where it is noted that a try of an event is under way. */
  interface Mark {
    void begins();

    /** The attempt failed; another one may follow. */
    void pauses();

    /** The attempt ended, successfully or not, and the process survived it. */
    void ends();
  }

  /** For attempts that can't end the relay. */
  static final Mark NO_MARK =
      new Mark() {
        @Override
        public void begins() {}

        @Override
        public void pauses() {}

        @Override
        public void ends() {}
      };

  private final Reports reports;
  private final StoredEvent event;
  private final Batch batch;
  private final Mark mark;
  private final Thread lane = Thread.currentThread();
  private long since = System.nanoTime();
  private int tries;
  private Object failed;

  /** Of the steps that failed with it, such as a kamelet around it: the one that is repeated. */
  private Object failedAround;

  private Thread failedIn;
  private boolean interrupted;
  private boolean stopping;
  private boolean over;
  private boolean deadLetter;
  private boolean outcomeLater;
  private boolean sending;

  /** Why it waits for something else than the endpoint; empty: it does not. */
  private volatile Optional<Supplier<String>> waits = Optional.empty();

  private volatile long waitsSince;

  private Optional<Long> firstUnknown = Optional.empty();
  private Throwable judged;
  private Fault verdict = Fault.UNKNOWN;

  /** Begins the first try. */
  Delivery(Reports reports, StoredEvent event, Batch batch, int triesBefore, Mark mark) {
    this.reports = reports;
    this.event = event;
    this.batch = batch;
    this.mark = mark;
    tries = triesBefore + 1;
    mark.begins();
  }

  /** Fills an exchange with the event's body, its attributes as headers, and this delivery. */
  void fill(Exchange exchange) {
    exchange.setProperty(PROPERTY, this);
    exchange.getIn().setBody(event.body());
    event.attributes().forEach(exchange.getIn()::setHeader);
    if (event.replay()) {
      exchange.getIn().setHeader(Event.REPLAY, true);
    }
  }

  /** The delivery of an exchange or of its parent; null: it does not come from the spool. */
  static Delivery of(Exchange exchange) {
    return exchange.getProperty(PROPERTY, Delivery.class);
  }

  /** The same; an exchange that does not come from the spool gets one of its own. */
  static Delivery from(Exchange exchange) {
    Delivery known = of(exchange);
    return known == null ? ofNoDestination(exchange) : known;
  }

  private static Delivery ofNoDestination(Exchange exchange) {
    byte[] none = new byte[0];
    StoredEvent event = new StoredEvent(0, 0, 0, Map.of(), none, Optional.empty(), false);
    Delivery delivery =
        new Delivery(
            new NoDestination(
                new StallDetector(exchange.getFromRouteId(), () -> {}, Clock.systemUTC()),
                new Refusals(),
                new Pauses()),
            event,
            Batch.AT_ONCE,
            0,
            NO_MARK);
    exchange.setProperty(PROPERTY, delivery);
    return delivery;
  }

  /**
   * Tells at each failed try that another follows: the destination is stalled or refuses.
   *
   * @param answer what the endpoint answered
   * @param next when it is tried again
   */
  static void triesAgain(
      Exchange exchange, Throwable cause, Optional<String> answer, Instant next) {
    Delivery delivery = from(exchange);
    if (!delivery.isStopping()) {
      delivery.troubled(delivery.verdict(cause), cause, answer, next);
      delivery.forgetVerdict();
    }
  }

  /** Whether the event becomes a dead letter because of this failure. */
  static boolean isSetAside(Exchange exchange, Throwable failure) {
    return from(exchange).verdict(failure) == Fault.EVENT;
  }

  /**
   * Waits before the next try, on the thread that tries; {@link Pauses#end} ends the wait. A stop
   * interrupts it, and the interrupt is kept. An exchange that does not come from the spool does
   * not wait here.
   *
   * @return how long Camel is to wait
   */
  static Duration pause(Exchange exchange, Duration pause) {
    Delivery delivery = from(exchange);
    if (delivery.destination().isEmpty()) {
      return pause;
    }
    try {
      delivery.reports.pauses().await(pause, () -> false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // in this short sleep an interrupt ends the exchange
    return Duration.ofMillis(1);
  }

  /** A try failed, and another follows. */
  synchronized void troubled(Fault fault, Throwable cause, Optional<String> answer, Instant next) {
    reports.stall().begin(lane, new Trouble(fault, FailureReason.of(cause), answer, tries(), next));
  }

  /** The same failure is judged anew when it comes again. */
  private synchronized void forgetVerdict() {
    judged = null;
  }

  /** The lane goes on after a failure. */
  void noLongerTroubled() {
    reports.stall().end(lane);
  }

  private synchronized Fault verdict(Throwable failure) {
    return failure == judged ? verdict : Fault.PASSES;
  }

  /**
   * Decides what a failure means for this event; asked again about the same failure, the answer is
   * the same.
   *
   * @param byRules what the rules say
   * @param unknownFor how long an unknown failure is tried again
   * @param wrongInARow so many wrong events in a row are the destination's fault
   */
  synchronized Fault judge(Throwable failure, Fault byRules, Duration unknownFor, int wrongInARow) {
    if (reports.isByHand()) {
      return Fault.EVENT;
    }
    if (failure != judged) {
      judged = failure;
      boolean isWrong =
          byRules == Fault.EVENT || (byRules == Fault.UNKNOWN && isUnknownFor(unknownFor));
      // the events of a removed tenant say nothing of the destination
      boolean isOfDestination =
          isWrong && !(failure instanceof TenantRemovedException) && isRefusedByAll(wrongInARow);
      verdict = !isWrong ? byRules : isOfDestination ? Fault.DESTINATION : Fault.EVENT;
    }
    return verdict;
  }

  /**
   * An unknown failure met it. Returns whether the first one was so long ago.
   *
   * @param time how long such failures are tried again
   */
  synchronized boolean isUnknownFor(Duration time) {
    long now = reports.nanoTime();
    long first = firstUnknown.orElse(now);
    firstUnknown = Optional.of(first);
    return now - first >= time.toNanos();
  }

  private boolean isRefusedByAll(int wrongInARow) {
    Object device = event.attributes().get("deviceId");
    Object who = device == null ? event.attributes().get("eventId") : device;
    return reports.refusals().wrong(String.valueOf(who)) >= wrongInARow;
  }

  /**
   * Says what an endpoint answered to an event that it accepted; whoever sent it by hand sees it.
   *
   * @param beginning of the answer
   */
  public static void answered(Exchange exchange, int status, String beginning) {
    Delivery delivery = of(exchange);
    if (delivery != null && delivery.reports instanceof HandDelivery byHand) {
      byHand.answered(status, beginning);
    }
  }

  /** Empty: the exchange does not come from the spool. */
  String destination() {
    return reports.destination();
  }

  Reports reports() {
    return reports;
  }

  StoredEvent event() {
    return event;
  }

  /** Its outcome comes after the end of the route, with those it is sent with. */
  synchronized void awaitOutcome() {
    outcomeLater = true;
  }

  synchronized boolean isOutcomeLater() {
    return outcomeLater;
  }

  /** It is sent once more. */
  synchronized void triedOnceMore() {
    tries++;
    judged = null;
  }

  /**
   * A step waits for something that is no endpoint: meanwhile nothing is tried.
   *
   * @param why asked by those who look
   */
  synchronized void waits(Supplier<String> why) {
    waitsSince = System.nanoTime();
    waits = Optional.of(why);
    mark.pauses();
  }

  synchronized void waitsNoLonger() {
    if (waits.isPresent()) {
      waits = Optional.empty();
      since = System.nanoTime();
      mark.begins();
    }
  }

  /** Why it has waited for a second or longer; empty: it has not. */
  Optional<String> waiting() {
    // not synchronized: the answer may need a lock
    return waits
        .filter(why -> System.nanoTime() - waitsSince >= TimeUnit.SECONDS.toNanos(1))
        .map(Supplier::get);
  }

  /** After its route, it is sent together with others. */
  synchronized void sends() {
    sending = true;
    since = System.nanoTime();
  }

  synchronized void sent() {
    sending = false;
  }

  /** Time of receipt of its message, epoch milliseconds. */
  long received() {
    return event.received();
  }

  Batch batch() {
    return batch;
  }

  /** Records that the event was kept as a dead letter. */
  synchronized void becomeDeadLetter() {
    deadLetter = true;
  }

  synchronized boolean isDeadLetter() {
    return deadLetter;
  }

  synchronized int tries() {
    return tries;
  }

  /** Duration of the present attempt; 0 in a pause, and while it waits for something else. */
  synchronized long nanosAtWork(long now) {
    boolean inRoute = failed == null && !over && !outcomeLater && waits.isEmpty();
    return sending || inRoute ? now - since : 0;
  }

  synchronized void stepBegins(Object step) {
    if (failed == null || over) {
      return;
    }
    if (failed == step || failedAround == step) {
      tries++;
    }
    failed = null;
    failedAround = null;
    since = System.nanoTime();
    forgetInterrupt();
    mark.begins();
  }

  synchronized void stepFailed(Object step) {
    if (over) {
      return;
    }
    // the enclosing steps fail for the same reason
    failedAround = step;
    if (failed == null) {
      failed = step;
      failedIn = Thread.currentThread();
      mark.pauses();
    }
  }

  /** Prevents a dead letter from now on, because the stop may cause the failure. */
  synchronized void stop() {
    stopping = true;
  }

  synchronized boolean isStopping() {
    return stopping;
  }

  /** Ends a pause between attempts; does not interrupt an attempt. */
  synchronized void endPause() {
    if (failed != null && failedIn == lane && !over && !interrupted) {
      interrupted = true;
      lane.interrupt();
    }
  }

  synchronized void end() {
    forgetInterrupt();
    if (!over && failed == null) {
      mark.ends();
    }
    over = true;
    if (!stopping) {
      reports.stall().end(lane);
    }
  }

  private void forgetInterrupt() {
    if (interrupted && Thread.currentThread() == lane) {
      interrupted = false;
      Thread.interrupted();
    }
  }
}
