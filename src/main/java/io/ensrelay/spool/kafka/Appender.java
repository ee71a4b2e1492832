package io.ensrelay.spool.kafka;

import io.ensrelay.spool.log.KnownEventIds;
import io.ensrelay.spool.log.LogEntry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;

/**
 * Appends events to the topic by an idempotent producer; returns when all in-sync replicas have
 * them.
 *
 * <p>Order: that of the calls, within a partition. While Kafka is away an append waits, for as long
 * as it takes, until its thread is interrupted; the condition says why. If Kafka refuses an event,
 * the append fails: its producer is closed, and the ids that it sent are forgotten. Threads: safe,
 * one append at a time.
 */
final class Appender implements AutoCloseable {
  private static final long LOOK_SECONDS = 5;
  private static final Duration CLOSE = Duration.ofSeconds(2);

  private final KafkaAccess access;
  private final String topic;
  private final Condition condition;
  private final int mostIds;
  private KnownEventIds ids;
  private Optional<Producer<byte[], byte[]>> producer = Optional.empty();
  private volatile boolean closed;

  Appender(KafkaAccess access, int mostIds, Condition condition) {
    this.access = access;
    this.mostIds = mostIds;
    this.condition = condition;
    topic = access.settings().topic();
    ids = new KnownEventIds(mostIds);
  }

  /** Replaces the known ids by those in these attributes. */
  synchronized void recall(List<Map<String, Object>> newest) {
    ids = new KnownEventIds(mostIds);
    newest.forEach(ids::addAtOpening);
  }

  synchronized BitSet append(List<LogEntry> entries) throws IOException {
    BitSet duplicates = ids.duplicates(entries);
    List<Future<?>> sent = new ArrayList<>(entries.size());
    boolean isDone = false;
    try {
      for (int i = 0; i < entries.size(); i++) {
        if (!duplicates.get(i)) {
          sent.add(sent(EventRecord.of(topic, entries.get(i))));
        }
      }
      for (Future<?> each : sent) {
        await(each);
      }
      isDone = true;
    } finally {
      if (!isDone) {
        giveUp();
      }
    }
    ids.add(entries, duplicates);
    condition.appended();
    return duplicates;
  }

  private Future<?> sent(ProducerRecord<byte[], byte[]> record) throws IOException {
    while (true) {
      requireOpen();
      try {
        return producer().send(record);
      } catch (InterruptException e) {
        throw interrupted();
      } catch (RetriableException e) {
        // the topic's partitions are not known yet, or the buffer is full
        condition.waits(e);
      } catch (KafkaException e) {
        throw refused(e);
      }
    }
  }

  private void await(Future<?> sent) throws IOException {
    while (true) {
      requireOpen();
      try {
        sent.get(LOOK_SECONDS, TimeUnit.SECONDS);
        return;
      } catch (TimeoutException e) {
        condition.waits(e);
      } catch (ExecutionException e) {
        throw refused(e.getCause());
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("the spool is closed");
    }
  }

  private IOException interrupted() {
    condition.ended();
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted while storing events on Kafka");
  }

  private IOException refused(Throwable failure) {
    IOException refused = access.failure("events can't be stored in the topic " + topic, failure);
    condition.refused(refused.getMessage());
    return refused;
  }

  private Producer<byte[], byte[]> producer() {
    if (producer.isEmpty()) {
      producer =
          Optional.of(
              access.producer(
                  "events",
                  Map.of(
                      // only an answer of the brokers ends a try: a time-out would leave a hole
                      "delivery.timeout.ms",
                      Integer.MAX_VALUE,
                      "max.block.ms",
                      (int) TimeUnit.SECONDS.toMillis(LOOK_SECONDS),
                      "max.request.size",
                      64 << 20,
                      "batch.size",
                      256 << 10,
                      "linger.ms",
                      1)));
    }
    return producer.get();
  }

  private void giveUp() {
    producer.ifPresent(
        each -> {
          // a pending interrupt would end the close before the producer's thread
          boolean isInterrupted = Thread.interrupted();
          each.close(Duration.ZERO);
          if (isInterrupted) {
            Thread.currentThread().interrupt();
          }
        });
    producer = Optional.empty();
  }

  @Override
  public void close() {
    closed = true;
    synchronized (this) {
      producer.ifPresent(each -> each.close(CLOSE));
      producer = Optional.empty();
    }
  }
}
