package io.ensrelay.spool.kafka;

import io.ensrelay.base.MemoryBudget;
import io.ensrelay.spool.log.Cursor;
import io.ensrelay.spool.log.EventFilter;
import io.ensrelay.spool.log.Place;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongBinaryOperator;

/**
 * A destination on Kafka: its lanes get the events of the partitions that this process reads;
 * people see all partitions, whichever machine reads them. Threads: safe.
 */
final class KafkaCursor implements Cursor {
  /** For a move of more events, unselected events count too. */
  private static final long MOST_COUNTED = 200_000;

  private final KafkaLog log;
  private final String destination;
  private volatile Optional<Attached> attached = Optional.empty();

  /** The lanes of a route in this process, and their reader. */
  private static final class Attached {
    private final String selector;
    private final LaneQueues queues;
    private volatile Optional<DestinationReader> reader = Optional.empty();

    private Attached(String selector, LaneQueues queues) {
      this.selector = selector;
      this.queues = queues;
    }
  }

  KafkaCursor(KafkaLog log, String destination) {
    this.log = log;
    this.destination = destination;
  }

  @Override
  public String destination() {
    return destination;
  }

  @Override
  public String selector() {
    if (attached.isPresent()) {
      return attached.get().selector;
    }
    try {
      return log.positions().selector(destination);
    } catch (IOException e) {
      return "";
    }
  }

  synchronized void attach(int lanes, String selector) {
    if (lanes < 1) {
      throw new IllegalArgumentException(destination + " has " + lanes + " lanes: at least 1");
    }
    if (attached.isPresent()) {
      throw new IllegalStateException("two routes read the destination " + destination);
    }
    attached =
        Optional.of(
            new Attached(selector, new LaneQueues(lanes, MemoryBudget.OF_HEAP.newest(), false)));
  }

  /** Starts to read once Kafka has answered. */
  synchronized void read() throws IOException {
    if (attached.isEmpty() || attached.get().reader.isPresent()) {
      return;
    }
    Attached now = attached.get();
    Positions positions = log.positions();
    positions.selector(destination, now.selector);
    now.queues.pause(positions.isPaused(destination));
    DestinationReader reader =
        new DestinationReader(
            log.access(),
            destination,
            positions,
            now.queues,
            selection(now.selector),
            log.options().told(),
            log::lost);
    now.reader = Optional.of(reader);
    reader.start();
  }

  private Optional<EventFilter> selection(String text) {
    try {
      return text.isEmpty()
          ? Optional.empty()
          : Optional.of(log.options().selections().apply(text));
    } catch (IllegalArgumentException e) {
      // another version of the route may have written it
      return Optional.empty();
    }
  }

  /** Somebody paused, resumed or moved it. */
  void changed() {
    Optional<Attached> now = attached;
    if (now.isPresent()) {
      now.get().queues.pause(isPaused());
      now.get().reader.ifPresent(DestinationReader::moved);
    }
  }

  private LaneQueues queues() {
    return attached.orElseThrow(() -> new IllegalStateException("no route reads " + destination))
        .queues;
  }

  @Override
  public Optional<Taken> take(int lane, long millis) throws InterruptedException {
    LaneQueues queues = queues();
    if (lane >= queues.lanes()) {
      throw new IllegalStateException(destination + " has no lane " + lane);
    }
    return queues.take(lane, millis);
  }

  @Override
  public void confirm(int lane, Taken last) {
    attached.ifPresent(now -> now.queues.confirm(lane));
  }

  @Override
  public void giveBack(int lane, Taken last) {
    attached.ifPresent(now -> now.queues.giveBack(lane));
  }

  /** {@inheritDoc} Shows the events in memory: enough to fill a call for many events. */
  @Override
  public List<StoredEvent> ahead(int most) {
    return attached.map(now -> now.queues.ahead(most)).orElse(List.of());
  }

  @Override
  public void wakeLanes() {
    attached.ifPresent(now -> now.queues.wake());
  }

  @Override
  public void detach() {
    Optional<Attached> last;
    synchronized (this) {
      last = attached;
      attached = Optional.empty();
    }
    last.flatMap(now -> now.reader).ifPresent(DestinationReader::close);
    last.ifPresent(now -> now.queues.wake());
  }

  @Override
  public void pause(boolean pauses) throws IOException {
    log.positions().pause(destination, pauses);
    attached.ifPresent(now -> now.queues.pause(pauses));
  }

  @Override
  public boolean isPaused() {
    try {
      return log.positions().isPaused(destination);
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public boolean isAttached() {
    return attached.isPresent();
  }

  @Override
  public int lanes() {
    return attached.map(now -> now.queues.lanes()).orElse(1);
  }

  /**
   * The confirmed offsets by partition: of this process as of now, of other machines as committed.
   */
  private SortedMap<Integer, Committed> committed() throws IOException {
    SortedMap<Integer, Committed> all = new TreeMap<>(log.positions().committed(destination));
    reader().ifPresent(reader -> all.putAll(reader.owned()));
    return all;
  }

  private Optional<DestinationReader> reader() {
    return attached.flatMap(now -> now.reader);
  }

  @Override
  public long rewind(Place from, boolean onlyCount) throws IOException {
    Map<Integer, Long> to = offsets(from, log.offsets().first());
    SortedMap<Integer, Long> end = log.offsets().end();
    SortedMap<Integer, Committed> before = committed();
    Map<Integer, Long> high = new HashMap<>();
    before.forEach(
        (partition, at) ->
            high.put(partition, Math.min(at.confirmed().high(), end.getOrDefault(partition, 0L))));
    long events =
        count(
            to,
            high,
            (partition, offset) -> before.get((int) partition).confirmed().has(offset) ? 1 : 0);
    if (!onlyCount) {
      move(true, to);
    }
    return events;
  }

  @Override
  public long skip(Place until, boolean onlyCount) throws IOException {
    SortedMap<Integer, Long> end = log.offsets().end();
    Map<Integer, Long> to = offsets(until, end);
    long events = left(to);
    if (!onlyCount) {
      move(false, to);
    }
    return events;
  }

  /** Number of events that wait. */
  long waiting() throws IOException {
    return left(log.offsets().end());
  }

  private long left(Map<Integer, Long> to) throws IOException {
    SortedMap<Integer, Committed> before = committed();
    Map<Integer, Long> low = new HashMap<>();
    before.forEach((partition, at) -> low.put(partition, at.confirmed().low()));
    return count(
        low,
        to,
        (partition, offset) -> before.get((int) partition).confirmed().has(offset) ? 0 : 1);
  }

  private void move(boolean back, Map<Integer, Long> to) throws IOException {
    long number = log.positions().move(destination, back, to);
    Optional<DestinationReader> reader = reader();
    if (reader.isPresent()) {
      reader.get().moved();
      reader.get().awaitMove(number);
    }
  }

  private Map<Integer, Long> offsets(Place place, SortedMap<Integer, Long> ifEnd)
      throws IOException {
    if (place.event().isPresent()) {
      String id = place.event().get();
      Tail.Found found =
          new Tail(log.access())
              .event(id, log.offsets().first(), log.offsets().end())
              .orElseThrow(
                  () ->
                      new IllegalArgumentException("the event log has no event with the id " + id));
      // other partitions know only its time
      Map<Integer, Long> offsets = new HashMap<>(log.offsets().at(found.event().received()));
      offsets.put(found.partition(), found.event().number());
      return offsets;
    }
    return place.time().isPresent() ? log.offsets().at(place.time().get().toEpochMilli()) : ifEnd;
  }

  /**
   * Counts the selected events between offsets.
   *
   * @param which gets partition and offset; 1: count it
   */
  private long count(Map<Integer, Long> from, Map<Integer, Long> to, LongBinaryOperator which)
      throws IOException {
    SortedMap<Integer, Long> first = log.offsets().first();
    Map<Integer, Long> begin = new HashMap<>();
    long all = 0;
    for (Map.Entry<Integer, Long> each : from.entrySet()) {
      long kept = Math.max(each.getValue(), first.getOrDefault(each.getKey(), 0L));
      begin.put(each.getKey(), kept);
      all += Math.max(0, to.getOrDefault(each.getKey(), 0L) - kept);
    }
    if (all > MOST_COUNTED) {
      return all;
    }
    Optional<EventFilter> selection = selection(selector());
    AtomicLong count = new AtomicLong();
    new Tail(log.access())
        .read(
            begin,
            to,
            (partition, event) -> {
              if (isSelected(event, selection)) {
                count.addAndGet(which.applyAsLong(partition, event.number()));
              }
              return true;
            });
    return count.get();
  }

  private boolean isSelected(StoredEvent event, Optional<EventFilter> selection) {
    return event.destination().isPresent()
        ? event.destination().get().equals(destination)
        : selection.isEmpty() || selection.get().test(event.attributes());
  }

  @Override
  public long backlog() throws IOException {
    return log.lag().events(committed());
  }

  @Override
  public Optional<Instant> oldest() throws IOException {
    return log.lag()
        .oldest(destination, committed(), reader().map(DestinationReader::oldest).orElse(Map.of()));
  }

  @Override
  public Optional<StoredEvent> newest(int among) throws IOException {
    SortedMap<Integer, Long> end = log.offsets().end();
    SortedMap<Integer, Long> from = log.offsets().first();
    int each = among / Math.max(1, end.size()) + 1;
    from.replaceAll((partition, first) -> Math.max(first, end.get(partition) - each));
    Optional<EventFilter> selection = selection(selector());
    AtomicReference<Optional<StoredEvent>> newest = new AtomicReference<>(Optional.empty());
    new Tail(log.access())
        .read(
            from,
            end,
            (partition, event) -> {
              long before = newest.get().map(StoredEvent::received).orElse(Long.MIN_VALUE);
              if (event.received() >= before && isSelected(event, selection)) {
                newest.set(Optional.of(event));
              }
              return true;
            });
    return newest.get();
  }
}
