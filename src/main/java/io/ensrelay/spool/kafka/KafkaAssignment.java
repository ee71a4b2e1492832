package io.ensrelay.spool.kafka;

import io.ensrelay.base.TenantAssignment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out the tenants' intakes to machines by a consumer group of Kafka's: whoever holds the
 * partition of a tenant runs its intake. The topic's partitions stay empty.
 *
 * <p>A machine that dies is replaced after the session timeout, one that stops at once. A machine
 * keeps a tenant only as long as the group's coordinator has confirmed within the session timeout
 * that it is a member (a {@link GroupLease}): a machine that was paused or cut off stops its
 * intakes by itself, and before each MQTT connection it asks anew.
 *
 * <p>Threads: one of its own asks Kafka, another calls the listener, so that a slow start or stop
 * of an intake does not cost the membership. Errors: without Kafka no tenant is held; it goes on
 * when Kafka is back, and the log says both.
 */
public final class KafkaAssignment implements TenantAssignment {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaAssignment.class);

  /** The same on all machines, whatever the topic has: it decides the partition of a tenant. */
  static final int PARTITIONS = 50;

  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration ANSWER = Duration.ofSeconds(3);
  private static final long AGAIN_MILLIS = 1000;

  /** Longer than an intake takes to stop. */
  private static final Duration STOP = Duration.ofSeconds(20);

  private final KafkaAccess access;
  private final Runnable beforeStart;
  private final String topic;
  private final Duration sessionTimeout;
  private final GroupLease lease;
  private final Thread asking = new Thread(this::ask, "intake-group");
  private final Thread telling = new Thread(this::tell, "intake-handout");

  /** This field and those up to {@code trouble} are guarded by this. */
  private final Set<Integer> assigned = new HashSet<>();

  private final Set<String> running = new TreeSet<>();
  private Set<String> names = Set.of();
  private Listener listener;
  private boolean closed;
  private boolean proofWanted;
  private String trouble = "";

  /** Accessed by the asking thread only. */
  private long askedAt;

  /**
   * Connects when it is started.
   *
   * @param beforeStart done each time before an intake starts
   */
  public KafkaAssignment(KafkaAccess access, Runnable beforeStart) {
    this.access = access;
    this.beforeStart = beforeStart;
    topic = access.settings().intakeTopic();
    sessionTimeout = access.settings().sessionTimeout();
    lease = new GroupLease(sessionTimeout, System::nanoTime);
    asking.setDaemon(true);
    telling.setDaemon(true);
  }

  /** The tenant's partition, the same for every machine and version. */
  static int partition(String tenant) {
    CRC32 hash = new CRC32();
    hash.update(tenant.getBytes(StandardCharsets.UTF_8));
    return (int) (hash.getValue() % PARTITIONS);
  }

  @Override
  public synchronized void start(Listener intakes) {
    listener = intakes;
    asking.start();
    telling.start();
  }

  @Override
  public synchronized void tenants(Set<String> all) {
    names = Set.copyOf(all);
    notifyAll();
  }

  @Override
  public boolean holds(String tenant) {
    return lease.isValid() && isAssigned(tenant);
  }

  @Override
  public boolean stillHolds(String tenant) throws InterruptedException {
    long since = System.nanoTime();
    synchronized (this) {
      proofWanted = true;
    }
    return isAssigned(tenant) && lease.awaitProofSince(since, sessionTimeout) && isAssigned(tenant);
  }

  private synchronized boolean isAssigned(String tenant) {
    return !closed && assigned.contains(partition(tenant));
  }

  private void ask() {
    while (!isClosed()) {
      try {
        createTopic();
        try (Consumer<byte[], byte[]> consumer = access.consumer("intake", group())) {
          requirePartitions(consumer);
          consumer.subscribe(List.of(topic), new Changes(consumer));
          while (!isClosed()) {
            consumer.poll(POLL);
            renew(consumer);
          }
        }
      } catch (IOException e) {
        pauseAfter(e.getMessage());
      } catch (RuntimeException e) {
        pauseAfter(
            "Kafka: this machine can't join the group that assigns the tenants: "
                + KafkaFailure.text(e, access.settings()));
      }
      giveUp();
    }
  }

  private void createTopic() throws IOException {
    access.createMissing(topic, PARTITIONS, Map.of("retention.ms", "3600000"));
  }

  /** With fewer partitions, nobody would take the events of some tenants. */
  private void requirePartitions(Consumer<byte[], byte[]> consumer) throws IOException {
    int count = consumer.partitionsFor(topic).size();
    if (count < PARTITIONS) {
      throw new IOException(
          "Kafka: the topic "
              + topic
              + " has "
              + count
              + " partitions, and handing out the intakes takes "
              + PARTITIONS
              + ": add the missing ones, or delete the topic, and the relay creates it");
    }
  }

  private Map<String, Object> group() {
    long session = sessionTimeout.toMillis();
    return Map.of(
        "group.id",
        access.settings().topic() + ".intake",
        "partition.assignment.strategy",
        CooperativeStickyAssignor.class.getName(),
        "auto.offset.reset",
        "earliest",
        // how soon others learn of a machine that leaves
        "heartbeat.interval.ms",
        (int) Math.max(1, Math.min(1000, session / 4)),
        "max.poll.interval.ms",
        (int) Math.max(60_000, session * 2));
  }

  /** Asks the coordinator whether this process is a member, by a commit: others may not commit. */
  private void renew(Consumer<byte[], byte[]> consumer) {
    long now = System.nanoTime();
    boolean due = now - askedAt > sessionTimeout.toNanos() / 5;
    Set<TopicPartition> held = consumer.assignment();
    if (held.isEmpty() || !(due || isProofWanted())) {
      return;
    }
    askedAt = now;
    try {
      consumer.commitSync(
          Map.of(held.iterator().next(), new OffsetAndMetadata(0, access.machine())), ANSWER);
      lease.proved(now);
      proved();
    } catch (CommitFailedException e) {
      // the next poll reports the lost partitions
      lease.ended();
      changed();
    } catch (RebalanceInProgressException | org.apache.kafka.common.errors.TimeoutException e) {
      LOG.debug("the membership is not confirmed", e);
    }
  }

  private synchronized boolean isProofWanted() {
    boolean wanted = proofWanted;
    proofWanted = false;
    return wanted;
  }

  private synchronized void proved() {
    if (!trouble.isEmpty()) {
      LOG.info("Kafka: this machine is again in the group that assigns the tenants");
      trouble = "";
    }
    notifyAll();
  }

  private synchronized void changed() {
    notifyAll();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Gives up all tenants here: other machines may already run their intakes. */
  private void giveUp() {
    lease.ended();
    synchronized (this) {
      assigned.clear();
      notifyAll();
    }
  }

  private synchronized void pauseAfter(String problem) {
    if (!problem.equals(trouble) && !closed) {
      LOG.warn("{}. Trying again.", problem);
      trouble = problem;
    }
    try {
      if (!closed) {
        wait(AGAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  /** Takes the changes of the group, on the asking thread. */
  private final class Changes implements ConsumerRebalanceListener {
    private final Consumer<byte[], byte[]> consumer;

    Changes(Consumer<byte[], byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      consumer.pause(partitions);
      askedAt = System.nanoTime() - sessionTimeout.toNanos();
      synchronized (KafkaAssignment.this) {
        assigned.addAll(numbers(partitions));
        KafkaAssignment.this.notifyAll();
      }
    }

    /**
     * Other machines wait for this: returns when the intakes have stopped; at a stop of the relay
     * they have already.
     */
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      Set<Integer> gone = numbers(partitions);
      long until = System.nanoTime() + STOP.toNanos();
      synchronized (KafkaAssignment.this) {
        assigned.removeAll(gone);
        KafkaAssignment.this.notifyAll();
      }
      while (!isClosed() && !haveStopped(gone) && System.nanoTime() - until < 0) {
        renew(consumer);
      }
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      lease.ended();
      synchronized (KafkaAssignment.this) {
        assigned.removeAll(numbers(partitions));
        KafkaAssignment.this.notifyAll();
      }
    }
  }

  private static Set<Integer> numbers(Collection<TopicPartition> partitions) {
    return partitions.stream().map(TopicPartition::partition).collect(Collectors.toSet());
  }

  /** Waits briefly for it. */
  private synchronized boolean haveStopped(Set<Integer> gone) {
    try {
      if (anyRuns(gone)) {
        wait(POLL.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !anyRuns(gone);
  }

  private boolean anyRuns(Set<Integer> partitions) {
    return running.stream().anyMatch(tenant -> partitions.contains(partition(tenant)));
  }

  /** Starts and stops intakes until only the wanted ones run, and waits for the next change. */
  private void tell() {
    try {
      while (true) {
        Change next = awaitChange();
        if (next.isEnd()) {
          return;
        }
        tell(next);
      }
    } catch (InterruptedException e) {
      LOG.debug("interrupted");
    }
  }

  /**
   * @param tenant empty: the assignment is closed
   */
  private record Change(String tenant, boolean starts) {
    boolean isEnd() {
      return tenant.isEmpty();
    }
  }

  private synchronized Change awaitChange() throws InterruptedException {
    while (true) {
      if (closed) {
        return new Change("", false);
      }
      Set<String> wanted = wanted();
      for (String each : running) {
        if (!wanted.contains(each)) {
          return new Change(each, false);
        }
      }
      for (String each : wanted) {
        if (!running.contains(each)) {
          return new Change(each, true);
        }
      }
      // the end of the lease is a change too
      wait(POLL.toMillis());
    }
  }

  private Set<String> wanted() {
    if (!lease.isValid()) {
      return Set.of();
    }
    return names.stream()
        .filter(each -> assigned.contains(partition(each)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void tell(Change change) {
    try {
      if (change.starts()) {
        LOG.info("This machine takes the events of {}", change.tenant());
        beforeStart.run();
        listener.held(change.tenant());
      } else {
        LOG.info("This machine no longer takes the events of {}{}", change.tenant(), why());
        listener.lost(change.tenant());
      }
    } catch (RuntimeException e) {
      LOG.warn(
          "The intake of {} could not be started or stopped here: {}",
          change.tenant(),
          e.toString());
    }
    synchronized (this) {
      if (change.starts()) {
        running.add(change.tenant());
      } else {
        running.remove(change.tenant());
      }
      notifyAll();
    }
  }

  private String why() {
    return lease.isValid() ? "" : ": its place in the group is not confirmed, it may be replaced";
  }

  /** Gives all tenants back at once: their intakes must have stopped. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      telling.join(TimeUnit.SECONDS.toMillis(1));
      asking.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
