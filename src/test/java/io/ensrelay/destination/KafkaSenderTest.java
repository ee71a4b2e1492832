package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.BrokerAddresses;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** What a failure of Kafka's producer means for the rest of a batch, and what it is called. */
class KafkaSenderTest {
  private final List<Integer> handedOver = new ArrayList<>();
  private Optional<String> outage = Optional.empty();
  private int producers;

  @Test
  void handsNothingOverBehindAFailureThatConcernsAll() throws Exception {
    TimeoutException away = new TimeoutException("no metadata");

    List<Optional<Exception>> outcomes = sender(number -> number == 1 ? away : null).send(items(4));

    assertEquals(
        List.of(Optional.empty(), Optional.of(away), Optional.of(away), Optional.of(away)),
        outcomes);
    assertEquals(List.of(0, 1), handedOver);
  }

  @Test
  void closesTheProducerBeforeItSendsARecordThatWaitsBehindAFailedOne() throws Exception {
    MockProducer<byte[], byte[]> producer =
        new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
    KafkaSender sender = new KafkaSender("t", new TlsMaterial(), () -> producer, Optional::empty);
    TimeoutException late = new TimeoutException("Expiring 1 record(s)");
    CompletableFuture<List<Optional<Exception>>> outcomes =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return sender.send(items(3));
              } catch (Exception e) {
                throw new CompletionException(e);
              }
            });
    await().until(() -> producer.history().size() == 3);

    producer.completeNext();
    producer.errorNext(late);

    assertTrue(producer.closed());
    producer.errorNext(new KafkaException("Producer is closed forcefully."));
    assertEquals(
        List.of(Optional.empty(), Optional.of(late), Optional.of(late)),
        outcomes.get(10, TimeUnit.SECONDS));
  }

  @Test
  void goesOnBehindARecordThatIsTooLarge() throws Exception {
    RecordTooLargeException large = new RecordTooLargeException("12");

    List<Optional<Exception>> outcomes =
        sender(number -> number == 1 ? large : null).send(items(3));

    assertEquals(List.of(Optional.empty(), Optional.of(large), Optional.empty()), outcomes);
  }

  @Test
  void callsAMissingTopicThat() throws Exception {
    TimeoutException missing =
        new TimeoutException("not present", new UnknownTopicOrPartitionException("t"));

    assertInstanceOf(
        UnknownTopicOrPartitionException.class,
        sender(number -> missing).send(items(1)).get(0).orElseThrow());
  }

  @Test
  void namesTheBrokersThatAreAwayInsteadOfTheTopic() throws Exception {
    TimeoutException late = new TimeoutException("Topic t not present in metadata after 5000 ms.");
    int port = JmsBroker.freePort();
    outage = BrokerAddresses.of("127.0.0.1:" + port + ", [::1]:" + port).outage();

    Exception why = sender(number -> late).send(items(1)).get(0).orElseThrow();

    assertInstanceOf(ConnectException.class, why);
    assertEquals(
        "127.0.0.1:%s is not reachable: Connection refused; [::1]:%s is not reachable: Connection refused"
            .formatted(port, port),
        why.getMessage().replaceAll("(?i)(connection refused)[^;]*", "Connection refused"));
  }

  @Test
  void saysWhatKafkaSaysWhileABrokerTakesConnections() throws Exception {
    TimeoutException late = new TimeoutException("Topic t not present in metadata after 5000 ms.");
    try (ServerSocket open = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int closed = JmsBroker.freePort();
      outage =
          BrokerAddresses.of("127.0.0.1:" + closed + ",127.0.0.1:" + open.getLocalPort()).outage();
    }

    assertEquals(Optional.of(late), sender(number -> late).send(items(1)).get(0));
  }

  @Test
  void replacesAProducerThatDoesNotRecover() throws Exception {
    KafkaSender sender =
        sender(number -> producers == 1 ? new SaslAuthenticationException("who?") : null);

    assertInstanceOf(SaslAuthenticationException.class, sender.send(items(1)).get(0).orElseThrow());
    assertEquals(List.of(Optional.empty()), sender.send(items(1)));
    assertEquals(2, producers);
  }

  @Test
  void takesAGeneralFailureOfTheProducerForOneThatPasses() throws Exception {
    assertInstanceOf(
        IOException.class,
        sender(number -> new KafkaException("closed")).send(items(1)).get(0).orElseThrow());
  }

  @Test
  void takesAnUnknownHostForAnOutage() {
    KafkaSender sender =
        new KafkaSender(
            "t",
            new TlsMaterial(),
            () -> {
              throw new KafkaException("failed", new ConfigException("no resolvable urls"));
            },
            Optional::empty);

    assertThrows(UnknownHostException.class, () -> sender.send(items(1)));
  }

  private KafkaSender sender(Function<Integer, Exception> failure) {
    return new KafkaSender(
        "t",
        new TlsMaterial(),
        () -> {
          producers++;
          return new MockProducer<>(
              true, null, new ByteArraySerializer(), new ByteArraySerializer()) {
            @Override
            public synchronized Future<RecordMetadata> send(
                ProducerRecord<byte[], byte[]> next, Callback callback) {
              int number = next.value()[0];
              handedOver.add(number);
              Exception why = failure.apply(number);
              return why == null ? super.send(next, callback) : CompletableFuture.failedFuture(why);
            }
          };
        },
        () -> outage);
  }

  private static List<BatchSender.Item> items(int count) {
    List<BatchSender.Item> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(
          new BatchSender.Item(
              Map.of(), new KafkaSender.Entry(Optional.empty(), Map.of(), new byte[] {(byte) i})));
    }
    return items;
  }
}
