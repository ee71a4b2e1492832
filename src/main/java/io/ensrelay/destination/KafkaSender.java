package io.ensrelay.destination;

import io.ensrelay.base.BrokerAddresses;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.tls.TlsFailure;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLHandshakeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends records through one idempotent producer for all lanes: hands over a whole batch, then waits
 * until the broker has accepted or refused each record.
 *
 * <p>Order: the producer sends the records of a key in the order of the batch. Once one failed for
 * a reason that concerns all, the rest of the batch is not handed over, and the producer is closed
 * before it sends a record that waits behind the failed one. {@link BatchSender} sends all of them
 * again.
 *
 * <p>Errors: Kafka's own exceptions. A missing topic is an {@link
 * UnknownTopicOrPartitionException}, a broken TLS handshake a {@link SSLHandshakeException} that
 * explains it, brokers of which none takes a connection a {@link ConnectException}, an unknown host
 * and a producer that another lane gave up an {@link IOException}. After a failure that is not one
 * record's the producer is replaced. Threads: safe.
 */
final class KafkaSender implements BatchSender.Receiver, AutoCloseable {
  /** Kafka itself gives up after 10 s. */
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(25);

  private static final Duration CLOSE = Duration.ofSeconds(2);

  private final String topic;
  private final TlsMaterial tls;
  private final Supplier<Producer<byte[], byte[]>> connect;
  private final Supplier<Optional<String>> outage;
  private Optional<Producer<byte[], byte[]>> current = Optional.empty();
  private Optional<Exception> lastReason = Optional.empty();
  private boolean closed;

  /**
   * @param headers in the order in which they are sent
   */
  record Entry(Optional<byte[]> key, Map<String, byte[]> headers, byte[] value) {}

  /**
   * @param settings prefix of the keys that messages name
   * @throws ConfigurationException if Kafka does not accept the configuration
   */
  KafkaSender(String settings, String topic, Map<String, Object> configuration, TlsMaterial tls) {
    this(
        topic,
        tls,
        producers(settings, configuration, tls),
        BrokerAddresses.of(
                String.valueOf(configuration.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG)))
            ::outage);
  }

  /**
   * @param outage why no broker takes a connection; empty: one does
   */
  KafkaSender(
      String topic,
      TlsMaterial tls,
      Supplier<Producer<byte[], byte[]>> connect,
      Supplier<Optional<String>> outage) {
    this.topic = topic;
    this.tls = tls;
    this.connect = connect;
    this.outage = outage;
  }

  private static Supplier<Producer<byte[], byte[]>> producers(
      String settings, Map<String, Object> configuration, TlsMaterial tls) {
    Map<String, Object> all = new LinkedHashMap<>(configuration);
    all.put(SslConfigs.SSL_ENGINE_FACTORY_CLASS_CONFIG, KafkaTls.class);
    all.put(KafkaTls.MATERIAL, tls);
    all.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    all.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    try {
      new ProducerConfig(all);
    } catch (ConfigException e) {
      throw new ConfigurationException(settings, e.getMessage(), "correct it");
    }
    return () -> new KafkaProducer<>(all);
  }

  @Override
  public List<Optional<Exception>> send(List<BatchSender.Item> items) throws Exception {
    Producer<byte[], byte[]> producer = producer();
    long until = System.nanoTime() + LONGEST_NANOS;
    List<Future<?>> sent = new ArrayList<>();
    Optional<Exception> why = Optional.empty();
    for (BatchSender.Item item : items) {
      Future<?> next =
          why.isPresent()
              ? CompletableFuture.failedFuture(why.get())
              : handedOver(producer, (Entry) item.payload());
      sent.add(next);
      if (why.isEmpty() && next.isDone()) {
        why = BatchSender.outcome(next, until).filter(failure -> !isOfRecord(failure));
      }
    }
    List<Optional<Exception>> outcomes = new ArrayList<>();
    for (Future<?> each : sent) {
      outcomes.add(BatchSender.outcome(each, until).map(failure -> judged(producer, failure)));
    }
    return named(outcomes);
  }

  /**
   * Kafka calls it a missing topic when no broker can be asked, and a time-out when one is gone.
   */
  private List<Optional<Exception>> named(List<Optional<Exception>> outcomes) {
    boolean isLate = outcomes.stream().flatMap(Optional::stream).anyMatch(KafkaSender::isTimeout);
    Optional<String> away = isLate ? outage.get() : Optional.empty();
    return away.isEmpty()
        ? outcomes
        : outcomes.stream()
            .map(
                each ->
                    each.map(
                        failure -> isTimeout(failure) ? new ConnectException(away.get()) : failure))
            .toList();
  }

  private static boolean isTimeout(Exception failure) {
    return failure instanceof org.apache.kafka.common.errors.TimeoutException
        || failure instanceof TimeoutException;
  }

  private Future<?> handedOver(Producer<byte[], byte[]> producer, Entry entry) {
    ProducerRecord<byte[], byte[]> next =
        new ProducerRecord<>(topic, entry.key().orElse(null), entry.value());
    entry.headers().forEach(next.headers()::add);
    try {
      // in the producer's own thread, which sends nothing meanwhile
      return producer.send(
          next,
          (accepted, failure) -> {
            if (failure != null && !isOfRecord(failure)) {
              giveUp(producer, called(failure));
            }
          });
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static boolean isOfRecord(Exception failure) {
    return failure instanceof RecordTooLargeException
        || failure instanceof InvalidRecordException
        || failure instanceof SerializationException;
  }

  private Exception judged(Producer<byte[], byte[]> producer, Exception failure) {
    if (isOfRecord(failure)) {
      return failure;
    }
    if (failure instanceof InterruptException) {
      Thread.currentThread().interrupt();
      return new InterruptedIOException("interrupted while sending to Kafka");
    }
    return giveUp(producer, called(failure));
  }

  /** The failure whose name finds its rule. */
  private Exception called(Exception failure) {
    if (failure.getCause() instanceof UnknownTopicOrPartitionException missing) {
      return missing;
    }
    return failure instanceof RetriableException ? failure : named(failure);
  }

  private Exception named(Exception failure) {
    Optional<TlsFailure> handshake = tls.explain(failure);
    if (handshake.isPresent()) {
      SSLHandshakeException explained = new SSLHandshakeException(handshake.get().text());
      explained.addSuppressed(failure);
      return explained;
    }
    boolean isGeneral =
        failure.getClass().equals(KafkaException.class) || failure instanceof IllegalStateException;
    return isGeneral ? new IOException(failure.getMessage(), failure) : failure;
  }

  private synchronized Producer<byte[], byte[]> producer() throws IOException {
    if (closed) {
      throw new IOException("the destination stops");
    }
    if (current.isEmpty()) {
      try {
        current = Optional.of(connect.get());
      } catch (KafkaException e) {
        if (e.getCause() instanceof ConfigException host) {
          // the settings are checked: what is left are names that DNS does not know now
          UnknownHostException unknown = new UnknownHostException(host.getMessage());
          unknown.addSuppressed(e);
          throw unknown;
        }
        throw new IOException(e.getMessage(), e);
      }
    }
    return current.get();
  }

  /** The reason, or the one for which it was given up before. */
  private Exception giveUp(Producer<byte[], byte[]> producer, Exception why) {
    synchronized (this) {
      if (current.filter(it -> it == producer).isEmpty()) {
        return lastReason.orElse(why);
      }
      current = Optional.empty();
      lastReason = Optional.of(why);
    }
    producer.close(Duration.ZERO);
    return why;
  }

  /** Waits at most two seconds. */
  @Override
  public void close() {
    Optional<Producer<byte[], byte[]>> last;
    synchronized (this) {
      closed = true;
      last = current;
      current = Optional.empty();
    }
    last.ifPresent(producer -> producer.close(CLOSE));
  }
}
