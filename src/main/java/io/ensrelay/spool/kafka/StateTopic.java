package io.ensrelay.spool.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A compacted topic of one partition as a table of texts that all machines share.
 *
 * <p>Order: all changes have one order, the same for every machine. {@link #get} and {@link #all}
 * show the writes of this machine, and those of others that it has read; {@link #catchUp} waits
 * until nothing is missing. Delivery: a write is complete when all in-sync replicas have it.
 * Listeners run on the topic's thread, once for each change after the opening, own ones included;
 * they must not block. Errors: a write fails after some 15 s without the brokers; reading goes on
 * by itself when they are back. Threads: safe; one of its own that reads.
 */
public final class StateTopic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StateTopic.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final Duration OPEN = Duration.ofSeconds(60);
  private static final Duration CATCH_UP = Duration.ofSeconds(15);
  private static final Map<String, String> CONFIGURATION =
      Map.of(
          "cleanup.policy",
          "compact",
          "segment.bytes",
          "16777216",
          "min.cleanable.dirty.ratio",
          "0.1",
          "compression.type",
          "producer");

  private final KafkaAccess access;
  private final String topic;
  private final TopicPartition partition;
  private final Producer<byte[], byte[]> producer;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final Thread thread;

  /** This field and all below are guarded by this. */
  private final Map<String, Entry> table = new HashMap<>();

  private long next;
  private boolean closed;
  private Optional<Consumer<byte[], byte[]>> reader = Optional.empty();
  private String trouble = "";

  /** A value and its offset; empty: it was removed, and the removal is not read yet. */
  private record Entry(long offset, Optional<String> value) {}

  /** Learns of a change. */
  @FunctionalInterface
  public interface Listener {
    /**
     * @param value empty: the key was removed
     */
    void changed(String key, Optional<String> value);
  }

  private StateTopic(KafkaAccess access, String topic) {
    this.access = access;
    this.topic = topic;
    partition = new TopicPartition(topic, 0);
    producer = access.producer(topic, Map.of("linger.ms", 0, "buffer.memory", 8L << 20));
    thread = new Thread(this::follow, "kafka-state");
    thread.setDaemon(true);
  }

  /**
   * Creates the topic if it is missing, and reads it to its end.
   *
   * @throws IOException if Kafka is away or refuses; the message is for people
   */
  public static StateTopic open(KafkaAccess access, String topic) throws IOException {
    access.createMissing(topic, 1, CONFIGURATION);
    Optional<String> policy = access.configuration(topic, "cleanup.policy");
    if (policy.filter(each -> !each.equals("compact")).isPresent()) {
      throw new IOException(
          "Kafka: the topic "
              + topic
              + " has cleanup.policy="
              + policy.get()
              + ", so the brokers would delete the relay's state: set it to compact");
    }
    StateTopic opened;
    try {
      opened = new StateTopic(access, topic);
    } catch (KafkaException e) {
      throw access.failure("can't use the topic " + topic, e);
    }
    try {
      opened.thread.start();
      opened.catchUp(OPEN);
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
    return opened;
  }

  /** Calls the listener for each change from now on. */
  public void onChange(Listener listener) {
    listeners.add(listener);
  }

  public synchronized Optional<String> get(String key) {
    return Optional.ofNullable(table.get(key)).flatMap(Entry::value);
  }

  /** The entries whose keys begin with a prefix; a copy. */
  public synchronized SortedMap<String, String> all(String prefix) {
    SortedMap<String, String> found = new TreeMap<>();
    table.forEach(
        (key, entry) -> {
          if (key.startsWith(prefix)) {
            entry.value().ifPresent(value -> found.put(key, value));
          }
        });
    return found;
  }

  /** Returns when all in-sync replicas have it. */
  public void put(String key, String value) throws IOException {
    await(key, putLater(key, value));
  }

  /** Returns when all in-sync replicas know that the key has no value. */
  public void remove(String key) throws IOException {
    await(key, write(key, Optional.empty()));
  }

  /**
   * Completes, on a thread of Kafka's, when all in-sync replicas have it. Blocks for 10 s at most,
   * when Kafka has not answered yet.
   */
  public CompletableFuture<Void> putLater(String key, String value) {
    return write(key, Optional.of(value));
  }

  /** Completes, on a thread of Kafka's, when all in-sync replicas know that it has no value. */
  public CompletableFuture<Void> removeLater(String key) {
    return write(key, Optional.empty());
  }

  private CompletableFuture<Void> write(String key, Optional<String> value) {
    CompletableFuture<Void> written = new CompletableFuture<>();
    byte[] bytes = value.map(Utf8::bytes).orElse(null);
    try {
      producer.send(
          new ProducerRecord<>(topic, 0, Utf8.bytes(key), bytes),
          (place, failure) -> {
            if (failure == null) {
              written(key, new Entry(place.offset(), value));
              written.complete(null);
            } else {
              written.completeExceptionally(failure);
            }
          });
    } catch (KafkaException | IllegalStateException e) {
      written.completeExceptionally(e);
    }
    return written;
  }

  /** Notes a written entry, unless it was read already: then the table has it, or a newer one. */
  private synchronized void written(String key, Entry entry) {
    Entry known = table.get(key);
    if (entry.offset() >= next && (known == null || known.offset() < entry.offset())) {
      table.put(key, entry);
    }
  }

  private void await(String key, CompletableFuture<Void> written) throws IOException {
    try {
      written.get();
    } catch (ExecutionException e) {
      throw access.failure("can't write " + key + " to the topic " + topic, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw access.failure("interrupted while writing " + key, e);
    }
  }

  /**
   * Waits until this machine has read everything that is in the topic at the time of the call.
   *
   * @throws IOException if that takes longer than 15 s
   */
  public void catchUp() throws IOException {
    catchUp(CATCH_UP);
  }

  private void catchUp(Duration longest) throws IOException {
    long until = System.nanoTime() + longest.toNanos();
    try (Admin admin = access.admin("state-end")) {
      long end =
          admin
              .listOffsets(Map.of(partition, OffsetSpec.latest()))
              .partitionResult(partition)
              .get(longest.toMillis(), TimeUnit.MILLISECONDS)
              .offset();
      if (!awaitRead(end, until)) {
        throw access.failure("can't read the topic " + topic + " to its end", late());
      }
    } catch (ExecutionException e) {
      throw access.failure("can't read the topic " + topic, e.getCause());
    } catch (TimeoutException | KafkaException e) {
      throw access.failure("can't read the topic " + topic, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw access.failure("interrupted while reading the topic " + topic, e);
    }
  }

  private synchronized boolean awaitRead(long end, long until) throws InterruptedException {
    while (next < end && !closed) {
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return next >= end;
  }

  private synchronized TimeoutException late() {
    return new TimeoutException(trouble.isEmpty() ? "it takes too long" : trouble);
  }

  private void follow() {
    while (!isClosed()) {
      try (Consumer<byte[], byte[]> consumer = access.consumer(topic, Map.of())) {
        follow(consumer);
      } catch (WakeupException e) {
        LOG.debug("closed");
      } catch (OffsetOutOfRangeException e) {
        forget();
      } catch (RuntimeException e) {
        pauseAfter(e);
      }
    }
  }

  private void follow(Consumer<byte[], byte[]> consumer) {
    synchronized (this) {
      reader = Optional.of(consumer);
    }
    consumer.assign(List.of(partition));
    if (position() == 0) {
      consumer.seekToBeginning(List.of(partition));
    } else {
      consumer.seek(partition, position());
    }
    while (!isClosed()) {
      for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
        read(each);
      }
      // compaction leaves holes, also at the end
      reached(consumer.position(partition));
    }
  }

  private void read(ConsumerRecord<byte[], byte[]> change) {
    String key = Utf8.text(change.key());
    Optional<String> value = Optional.ofNullable(change.value()).map(Utf8::text);
    synchronized (this) {
      next = change.offset() + 1;
      Entry known = table.get(key);
      if (known == null || known.offset() <= change.offset()) {
        if (value.isPresent()) {
          table.put(key, new Entry(change.offset(), value));
        } else {
          table.remove(key);
        }
      }
    }
    for (Listener listener : listeners) {
      try {
        listener.changed(key, value);
      } catch (RuntimeException e) {
        LOG.warn("{}: a change of {} is not taken into account: {}", topic, key, e.toString());
      }
    }
  }

  private synchronized void reached(long offset) {
    if (!trouble.isEmpty()) {
      LOG.info("Kafka: the topic {} can be read again", topic);
      trouble = "";
    }
    next = offset;
    notifyAll();
  }

  private synchronized long position() {
    return next;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Somebody else emptied the topic or created it anew. */
  private synchronized void forget() {
    LOG.error(
        "Kafka: somebody has emptied or recreated the topic {}; the state in it is lost", topic);
    table.clear();
    next = 0;
  }

  private void pauseAfter(RuntimeException failure) {
    String text = KafkaFailure.text(failure, access.settings());
    synchronized (this) {
      if (!text.equals(trouble) && !closed) {
        LOG.warn("Kafka: can't read the topic {}: {}. Trying again.", topic, text);
        trouble = text;
      }
      try {
        if (!closed) {
          wait(AGAIN.toMillis());
        }
      } catch (InterruptedException e) {
        closed = true;
      }
    }
  }

  /** Waits up to two seconds for the writes under way. */
  @Override
  public void close() {
    Optional<Consumer<byte[], byte[]>> last;
    synchronized (this) {
      closed = true;
      last = reader;
      notifyAll();
    }
    last.ifPresent(Consumer::wakeup);
    producer.close(Duration.ofSeconds(2));
    try {
      thread.join(2000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
