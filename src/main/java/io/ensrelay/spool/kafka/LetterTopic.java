package io.ensrelay.spool.kafka;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dead letters of all machines: a compacted topic of one partition, of which each machine keeps
 * a view.
 *
 * <p>A letter is safe when {@link #write} returns: all in-sync replicas have it. It is then in the
 * view too, except when that takes longer than five seconds. Errors: an IOException for people; the
 * view goes on by itself when Kafka is back. Threads: safe; one of its own that reads.
 */
public final class LetterTopic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LetterTopic.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final long AGAIN_MILLIS = 1000;
  private static final long FIRST_MILLIS = 15_000;
  private static final long SEEN_MILLIS = 5000;
  private static final long WRITE_SECONDS = 30;
  private static final Map<String, String> CONFIGURATION =
      Map.of("cleanup.policy", "compact", "max.message.bytes", Integer.toString(17 << 20));

  private final KafkaAccess access;
  private final String topic;
  private final TopicPartition partition;
  private final View view;
  private final Thread thread = new Thread(this::follow, "kafka-letters");
  private Optional<Producer<byte[], byte[]>> producer = Optional.empty();

  /** This field and all below are guarded by this. */
  private boolean closed;

  /** The view has every offset below this; -1: unknown. */
  private long seen = -1;

  /** Whether the view has been complete once. */
  private boolean caughtUp;

  private String trouble = "";

  /**
   * A letter.
   *
   * @param headers everything but its body, as text
   */
  public record Content(Map<String, String> headers, byte[] body) {}

  /**
   * A change of the letters.
   *
   * @param content empty: the letter is removed
   */
  public record Change(long offset, String key, Optional<Content> content) {}

  /** The letters that this machine has read from the topic. Called by the topic's thread only. */
  public interface View {
    /** The next offset to read. */
    long next() throws IOException;

    /** Makes changes and remembers the next offset to read, together. */
    void apply(List<Change> changes, long next) throws IOException;

    /** Removes everything: the topic was created anew. */
    void clear() throws IOException;
  }

  public LetterTopic(KafkaAccess access, View view) {
    this.access = access;
    this.view = view;
    topic = access.settings().topic() + "-dead";
    partition = new TopicPartition(topic, 0);
    thread.setDaemon(true);
    thread.start();
  }

  /** Waits until the view has been complete once, at most 15 s after the start. */
  public synchronized void awaitFirst() throws IOException {
    awaitUntil(() -> caughtUp || !trouble.isEmpty(), FIRST_MILLIS);
    if (!caughtUp) {
      throw new IOException(
          "the dead letters on Kafka can't be read: "
              + (trouble.isEmpty() ? "no answer in time" : trouble));
    }
  }

  /**
   * Writes letters and removals, in order.
   *
   * @param changes their offsets are ignored
   */
  public void write(List<Change> changes) throws IOException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    long last = -1;
    try {
      for (Change each : changes) {
        sent.add(producer().send(record(each)));
      }
      for (Future<RecordMetadata> each : sent) {
        last = each.get(WRITE_SECONDS, TimeUnit.SECONDS).offset();
      }
    } catch (ExecutionException e) {
      throw access.failure("dead letters can't be stored in the topic " + topic, e.getCause());
    } catch (TimeoutException | KafkaException e) {
      throw access.failure("dead letters can't be stored in the topic " + topic, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while storing dead letters");
    }
    awaitSeen(last);
  }

  private ProducerRecord<byte[], byte[]> record(Change change) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            topic, 0, Utf8.bytes(change.key()), change.content().map(Content::body).orElse(null));
    change
        .content()
        .ifPresent(
            content ->
                content
                    .headers()
                    .forEach((name, value) -> record.headers().add(name, Utf8.bytes(value))));
    return record;
  }

  private synchronized Producer<byte[], byte[]> producer() throws IOException {
    if (closed) {
      throw new IOException("the dead letters are closed");
    }
    if (producer.isEmpty()) {
      producer =
          Optional.of(
              access.producer("letters", Map.of("max.request.size", 64 << 20, "linger.ms", 0)));
    }
    return producer.get();
  }

  private synchronized void awaitSeen(long offset) throws IOException {
    awaitUntil(() -> seen > offset, SEEN_MILLIS);
  }

  private interface Wanted {
    boolean is();
  }

  /** Caller holds the lock. */
  private void awaitUntil(Wanted wanted, long millis) throws IOException {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    try {
      long left = millis;
      while (!wanted.is() && !closed && left > 0) {
        wait(left);
        left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for Kafka");
    }
  }

  private void follow() {
    while (!isClosed()) {
      try {
        access.createMissing(topic, 1, CONFIGURATION);
        try (Consumer<byte[], byte[]> consumer =
            access.consumer("letters", Map.of("fetch.max.bytes", 4 << 20))) {
          follow(consumer);
        }
      } catch (OffsetOutOfRangeException e) {
        anew();
      } catch (IOException | RuntimeException e) {
        troubled(e);
      }
    }
  }

  private void follow(Consumer<byte[], byte[]> consumer) throws IOException {
    consumer.assign(List.of(partition));
    consumer.seek(partition, view.next());
    long end = consumer.endOffsets(List.of(partition)).get(partition);
    reached(view.next(), end);
    while (!isClosed()) {
      List<Change> changes = new ArrayList<>();
      consumer.poll(POLL).forEach(record -> changes.add(change(record)));
      long next = consumer.position(partition);
      if (!changes.isEmpty()) {
        view.apply(changes, next);
      }
      reached(next, end);
    }
  }

  private static Change change(ConsumerRecord<byte[], byte[]> record) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), Utf8.text(header.value()));
    }
    return new Change(
        record.offset(),
        Utf8.text(record.key()),
        Optional.ofNullable(record.value()).map(body -> new Content(headers, body)));
  }

  private synchronized void reached(long next, long end) {
    seen = next;
    caughtUp = caughtUp || next >= end;
    if (!trouble.isEmpty()) {
      LOG.info("Kafka: the topic {} can be read again", topic);
      trouble = "";
    }
    notifyAll();
  }

  private void anew() {
    LOG.error(
        "Kafka: somebody has emptied or recreated the topic {}; the dead letters in it are lost",
        topic);
    try {
      view.clear();
    } catch (IOException e) {
      troubled(e);
    }
  }

  private void troubled(Exception failure) {
    String text =
        failure instanceof IOException
            ? failure.getMessage()
            : KafkaFailure.text(failure, access.settings());
    synchronized (this) {
      if (!text.equals(trouble) && !closed) {
        LOG.warn("The dead letters on Kafka can't be read, trying again: {}", text);
        trouble = text;
        notifyAll();
      }
      try {
        if (!closed) {
          wait(AGAIN_MILLIS);
        }
      } catch (InterruptedException e) {
        closed = true;
      }
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Waits up to two seconds for the writes under way. */
  @Override
  public void close() {
    Optional<Producer<byte[], byte[]>> last;
    synchronized (this) {
      closed = true;
      last = producer;
      notifyAll();
    }
    last.ifPresent(each -> each.close(Duration.ofSeconds(2)));
    try {
      thread.join(2000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
