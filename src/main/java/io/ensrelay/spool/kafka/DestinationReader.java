package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.Damage;
import io.ensrelay.spool.log.EventFilter;
import io.ensrelay.spool.log.LogEntry;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the partitions that the group protocol gives this process for one destination into its
 * {@link LaneQueues}, and commits what the lanes confirm: within about a tenth of a second, when a
 * partition is taken away, and at the close.
 *
 * <p>When a partition moves to another machine, events in flight have two seconds to end; the other
 * machine delivers the rest again. Errors: logged once, tried again until it works. Threads: one of
 * its own, which alone touches Kafka's consumer.
 */
final class DestinationReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DestinationReader.class);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final long COMMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LAST_DELIVERIES_MILLIS = 2000;
  private static final long AGAIN_MILLIS = 1000;

  /** Kafka may be away. */
  private static final Duration CLOSE = Duration.ofSeconds(3);

  private final KafkaAccess access;
  private final String destination;
  private final Positions positions;
  private final LaneQueues queues;
  private final Optional<EventFilter> selection;
  private final Function<Damage, LogEntry> told;
  private final Lost lost;
  private final Thread thread;
  private final Map<Integer, Part> parts = new ConcurrentHashMap<>();

  /** The last commits, so that nothing is committed twice. */
  private final Map<Integer, OffsetAndMetadata> committed = new ConcurrentHashMap<>();

  private volatile boolean closed;
  private volatile boolean moved;
  private volatile String trouble = "";

  /** Accessed by the reader's thread only. */
  private Consumer<byte[], byte[]> consumer;

  private boolean full;
  private long lastCommit = System.nanoTime();

  /** Counts events that Kafka deleted before they were delivered. */
  interface Lost {
    void events(long count);
  }

  DestinationReader(
      KafkaAccess access,
      String destination,
      Positions positions,
      LaneQueues queues,
      Optional<EventFilter> selection,
      Function<Damage, LogEntry> told,
      Lost lost) {
    this.access = access;
    this.destination = destination;
    this.positions = positions;
    this.queues = queues;
    this.selection = selection;
    this.told = told;
    this.lost = lost;
    thread = new Thread(this::run, "kafka-" + destination);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** The partitions this process reads, with the confirmed offsets of each. */
  Map<Integer, Committed> owned() {
    Map<Integer, Committed> owned = new TreeMap<>();
    queues.lock().lock();
    try {
      parts.forEach((number, part) -> owned.put(number, part.committed()));
    } finally {
      queues.lock().unlock();
    }
    return owned;
  }

  /** Time of receipt of the first unconfirmed event in memory; -1: there is none. */
  Map<Integer, Long> oldest() {
    Map<Integer, Long> oldest = new HashMap<>();
    queues.lock().lock();
    try {
      parts.forEach((number, part) -> oldest.put(number, part.oldest()));
    } finally {
      queues.lock().unlock();
    }
    return oldest;
  }

  /** Somebody has moved the destination. */
  void moved() {
    moved = true;
  }

  /** Waits until a move has been made in all partitions of this process. */
  void awaitMove(long number) throws IOException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (owned().values().stream().anyMatch(each -> each.move() < number)
        && System.nanoTime() - until < 0) {
      pause(10);
    }
  }

  private void run() {
    while (!closed) {
      try {
        consumer =
            access.consumer(
                "destination." + destination,
                Map.of(
                    "group.id",
                    access.settings().topic() + "." + destination,
                    "partition.assignment.strategy",
                    "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
                    "max.poll.interval.ms",
                    300_000,
                    "fetch.max.bytes",
                    4 << 20));
        try {
          consumer.subscribe(Set.of(access.settings().topic()), new Rebalance());
          while (!closed) {
            step();
          }
        } finally {
          leave();
        }
      } catch (WakeupException e) {
        LOG.debug("{} is woken", destination);
      } catch (IOException | RuntimeException e) {
        troubled(e);
      }
    }
  }

  private void step() throws IOException {
    if (moved) {
      moved = false;
      move();
    }
    boolean isFull = full ? !queues.hasRoom() : queues.isFull();
    if (isFull) {
      consumer.pause(consumer.assignment());
    } else if (full) {
      consumer.resume(consumer.assignment());
    }
    full = isFull;
    try {
      for (TopicPartition partition : polled()) {
        well();
        reached(partition);
      }
    } catch (OffsetOutOfRangeException e) {
      for (TopicPartition partition : e.offsetOutOfRangePartitions().keySet()) {
        outOfRange(partition);
      }
    }
    if (System.nanoTime() - lastCommit > COMMIT_NANOS) {
      lastCommit = System.nanoTime();
      commit();
    }
  }

  /** Reads some events; returns the partitions they came from. */
  private Set<TopicPartition> polled() {
    var records = consumer.poll(POLL);
    for (TopicPartition partition : records.partitions()) {
      Part part = parts.get(partition.partition());
      if (part == null) {
        continue;
      }
      queues.lock().lock();
      try {
        for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
          if (!taken(part, record)) {
            consumer.seek(partition, record.offset());
            break;
          }
        }
      } finally {
        queues.lock().unlock();
      }
    }
    return records.partitions();
  }

  /** Returns false if the selection fails; the event is then read again. */
  private boolean taken(Part part, ConsumerRecord<byte[], byte[]> record) {
    StoredEvent event = EventRecord.event(record);
    try {
      if (isWanted(part, event)) {
        queues.offer(part.marked(event), part);
      }
    } catch (RuntimeException e) {
      LOG.warn(
          "Destination {}: its selection fails for an event, so its events wait: {}",
          destination,
          e.toString());
      pause(AGAIN_MILLIS);
      return false;
    }
    part.received(event.received());
    part.reached(record.offset() + 1);
    return true;
  }

  private boolean isWanted(Part part, StoredEvent event) {
    if (event.destination().isPresent()) {
      return event.destination().get().equals(destination) && !part.isConfirmed(event.number());
    }
    // the selection comes first, because it may fail; isCopy must see confirmed events too
    return (selection.isEmpty() || selection.get().test(event.attributes()))
        && !part.isCopy(event)
        && !part.isConfirmed(event.number());
  }

  /** Offsets without records, as behind a transaction, are passed too. */
  private void reached(TopicPartition partition) {
    Part part = parts.get(partition.partition());
    if (part != null) {
      queues.lock().lock();
      try {
        part.reached(consumer.position(partition));
      } finally {
        queues.lock().unlock();
      }
    }
  }

  /** Makes the moves that others asked for. */
  private void move() {
    for (Part part : List.copyOf(parts.values())) {
      Committed before;
      queues.lock().lock();
      try {
        before = part.committed();
      } finally {
        queues.lock().unlock();
      }
      Committed after = positions.committed(destination, part.partition(), Optional.of(before));
      if (after.move() != before.move()) {
        end(List.of(part), 0);
        begin(part.partition(), after);
      }
    }
    commit();
  }

  private void begin(int partition, Committed from) {
    parts.put(partition, new Part(partition, from));
    consumer.seek(of(partition), from.confirmed().low());
  }

  private TopicPartition of(int partition) {
    return new TopicPartition(access.settings().topic(), partition);
  }

  /** Handles that Kafka deleted undelivered events, or that the topic was created anew. */
  private void outOfRange(TopicPartition partition) {
    Part part = parts.get(partition.partition());
    if (part == null) {
      return;
    }
    long first = consumer.beginningOffsets(Set.of(partition)).get(partition);
    long wanted = part.next();
    long missing = Math.max(0, first - wanted);
    Committed at =
        new Committed(
            Progress.at(first), Progress.at(0), owned().get(partition.partition()).move());
    Part next = new Part(partition.partition(), at);
    if (missing == 0 || KafkaLog.isOwn(destination)) {
      // the topic is a new one, or nobody misses these events
      end(List.of(part), 0);
      parts.put(partition.partition(), next);
      consumer.seek(partition, first);
      return;
    }
    LOG.error(
        "Destination {}: Kafka no longer has the next {} events of {} (retention of the topic, or a"
            + " new topic). The destination gets a relay.gap and goes on with the oldest event.",
        destination,
        missing,
        partition);
    lost.events(missing);
    tell(part, partition, wanted, first);
    consumer.seek(partition, first);
  }

  /** The last lost offset stays unconfirmed until the event that reports it is delivered. */
  private void tell(Part part, TopicPartition partition, long from, long to) {
    Optional<Instant> after =
        Optional.ofNullable(consumer.offsetsForTimes(Map.of(partition, 0L)).get(partition))
            .map(found -> Instant.ofEpochMilli(found.timestamp()));
    Optional<Instant> before =
        part.lastReceived() < 0
            ? Optional.empty()
            : Optional.of(Instant.ofEpochMilli(part.lastReceived()));
    LogEntry gap = told.apply(new Damage(partition.toString(), from, to, before, after));
    queues.lock().lock();
    try {
      queues.offer(
          new StoredEvent(
              to - 1,
              gap.key(),
              gap.received(),
              gap.attributes(),
              gap.body(),
              gap.destination(),
              false),
          part);
      part.reached(to);
    } finally {
      queues.lock().unlock();
    }
  }

  private Map<TopicPartition, OffsetAndMetadata> uncommitted(Collection<Part> some) {
    Map<TopicPartition, OffsetAndMetadata> all = new HashMap<>();
    queues.lock().lock();
    try {
      for (Part part : some) {
        OffsetAndMetadata now = part.committed().kafka();
        if (!now.equals(committed.get(part.partition()))) {
          all.put(of(part.partition()), now);
        }
      }
    } finally {
      queues.lock().unlock();
    }
    return all;
  }

  private void commit() {
    Map<TopicPartition, OffsetAndMetadata> all = uncommitted(parts.values());
    if (all.isEmpty()) {
      return;
    }
    // if this fails, a later commit repeats it
    all.forEach((partition, now) -> committed.put(partition.partition(), now));
    consumer.commitAsync(
        all,
        (those, failure) -> {
          if (failure != null) {
            those.keySet().forEach(partition -> committed.remove(partition.partition()));
            LOG.debug("{} is not committed yet", destination, failure);
          }
        });
  }

  /** Stops reading partitions; returns their last commits. */
  private Map<TopicPartition, OffsetAndMetadata> end(Collection<Part> some, long millis) {
    queues.lock().lock();
    try {
      some.forEach(Part::end);
    } finally {
      queues.lock().unlock();
    }
    try {
      queues.drain(some, millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Map<TopicPartition, OffsetAndMetadata> last = uncommitted(some);
    some.forEach(part -> parts.remove(part.partition(), part));
    return last;
  }

  /** Gives up all partitions and commits the confirmed offsets. */
  private void leave() {
    try {
      commitLast(end(List.copyOf(parts.values()), 0));
    } finally {
      parts.clear();
      committed.clear();
      consumer.close(CLOSE);
    }
  }

  private void commitLast(Map<TopicPartition, OffsetAndMetadata> last) {
    try {
      if (!last.isEmpty()) {
        consumer.commitSync(last, CLOSE);
      }
    } catch (KafkaException e) {
      LOG.warn(
          "Destination {}: the last confirmations can't be stored, so their events are delivered"
              + " again: {}",
          destination,
          KafkaFailure.text(e, access.settings()));
    }
  }

  private void troubled(Exception failure) {
    if (closed) {
      return;
    }
    String text =
        failure instanceof IOException
            ? failure.getMessage()
            : KafkaFailure.text(failure, access.settings());
    if (!text.equals(trouble)) {
      trouble = text;
      LOG.warn("Destination {}: can't read its events, trying again: {}", destination, text);
      LOG.debug("{}", destination, failure);
    }
    pause(AGAIN_MILLIS);
  }

  private void well() {
    if (!trouble.isEmpty()) {
      trouble = "";
      LOG.info("Destination {}: reads its events again", destination);
    }
  }

  private void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  /** Commits and leaves the group. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join(2 * CLOSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Called by Kafka's consumer on the reader's thread. */
  private final class Rebalance implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      if (assigned.isEmpty()) {
        return;
      }
      try {
        positions.catchUp();
      } catch (IOException e) {
        throw new KafkaException(e.getMessage(), e);
      }
      Map<TopicPartition, OffsetAndMetadata> commits = consumer.committed(Set.copyOf(assigned));
      for (TopicPartition partition : assigned) {
        begin(
            partition.partition(),
            positions.committed(
                destination,
                partition.partition(),
                Optional.ofNullable(commits.get(partition)).map(Committed::of)));
      }
      // fixes the first position
      commit();
      LOG.debug("{} reads {}", destination, assigned);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      commitLast(end(of(revoked), LAST_DELIVERIES_MILLIS));
      revoked.forEach(partition -> committed.remove(partition.partition()));
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> gone) {
      end(of(gone), 0);
      gone.forEach(partition -> committed.remove(partition.partition()));
    }

    private List<Part> of(Collection<TopicPartition> some) {
      List<Part> found = new ArrayList<>();
      some.forEach(
          partition -> Optional.ofNullable(parts.get(partition.partition())).ifPresent(found::add));
      return found;
    }
  }
}
