package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A service, two relays that share a Kafka cluster as their spool, and one endpoint to which both
 * deliver. The first relay reaches Kafka by a path that can be cut.
 */
final class ScalingScene implements AutoCloseable {
  private static final Pattern CLIENT_ID = Pattern.compile("Connected to \\S+ as (\\S+),");
  private static final List<String> KAFKA = List.of("org.apache.kafka:kafka-clients");

  final KafkaCluster kafka;
  final Webhook webhook;
  final List<RelayProcess> relays = new ArrayList<>();
  Publisher publisher;
  private final Broker broker;
  private final MetadataServer metadata;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private long recoveryMillis = -1;

  ScalingScene(Path dir, int brokers) throws Exception {
    assumeTrue(KafkaCluster.isThere(), "the jars of Kafka's broker");
    broker = Brokers.usual().in(dir);
    started.push(broker);
    try {
      kafka = new KafkaCluster(dir, brokers);
      started.push(kafka);
      kafka.start();
      broker.start();
      metadata = new MetadataServer(180);
      started.push(metadata);
      metadata.start();
      webhook = new Webhook();
      started.push(webhook);
      webhook.start();
      relay(dir.resolve("one"), kafka.linkedAddresses());
      relay(dir.resolve("two"), kafka.addresses());
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  private void relay(Path dir, String brokers) throws Exception {
    Certificates certificates = broker.certificates();
    RelayProcess made =
        new RelayProcess(dir)
            .set("ens.api.url", metadata.url())
            .set("ens.mqtt.url", "ssl://localhost:" + broker.port())
            .set("ens.mqtt.keep-alive", 5)
            .set("ens.http.port", 0)
            .set("camel.management.port", 0)
            .set("ens.tls.keystore", certificates.client())
            .set("ens.tls.keystore-password", Certificates.PASSWORD)
            .set("ens.tls.truststore", certificates.truststore())
            .set("ens.tls.truststore-password", Certificates.PASSWORD)
            .set("ens.spool.kafka", brokers)
            .set("ens.spool.kafka.replicas", Math.min(3, kafka.size()))
            .set("ens.spool.kafka.partitions", 12)
            .set("ens.destination.archive.enabled", false)
            .set("ens.destination.webhook.enabled", true)
            .set("ens.destination.webhook.url", webhook.url());
    made.add(KAFKA);
    started.push(made);
    relays.add(made);
  }

  /** Starts both relays and publishes. */
  void begin(int perSecond) throws Exception {
    for (RelayProcess each : relays) {
      each.start();
    }
    await("an intake").until(() -> relays.stream().anyMatch(ScalingScene::takes));
    for (RelayProcess each : relays) {
      each.awaitLog("Started with these routes");
    }
    publisher = new Publisher(broker, perSecond, 0);
    started.push(publisher);
    awaitSome();
  }

  /** Whether it was connected to the service when it last said something about that. */
  static boolean takes(RelayProcess relay) {
    try {
      String log = relay.logText();
      int connected = log.lastIndexOf("Connected ");
      return relay.isAlive()
          && connected > log.lastIndexOf("This machine no longer takes")
          && connected > log.lastIndexOf("connection lost");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The relay that takes events from the service. */
  RelayProcess holder() {
    await("one intake").until(() -> relays.stream().filter(ScalingScene::takes).count() == 1);
    return relays.stream().filter(ScalingScene::takes).findFirst().orElseThrow();
  }

  RelayProcess other(RelayProcess relay) {
    return relays.get(0) == relay ? relays.get(1) : relays.get(0);
  }

  /** Gives it the intake: the other one stops for a moment. */
  void makeHolder(RelayProcess wanted) throws Exception {
    if (holder() != wanted) {
      other(wanted).term();
      awaitIntake(wanted);
      other(wanted).start();
      other(wanted).awaitLog("Started with these routes");
      awaitSome();
    }
  }

  void awaitIntake(RelayProcess relay) {
    await("the intake of " + relay.dir()).until(() -> takes(relay));
  }

  /** Waits for some more events at the endpoint. */
  void awaitSome() {
    long wanted = webhook.count() + 200;
    await("events at the endpoint").until(() -> webhook.count() > wanted);
  }

  /** To be called after a fault: waits for what was published until now, and notes how long. */
  void recoveredSince(long nanoTime) {
    awaitAll(publisher.confirmed());
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanoTime);
    recoveryMillis = Math.max(recoveryMillis, millis);
  }

  private void awaitAll(Map<String, BitSet> published) {
    await("what was published, at the endpoint")
        .until(() -> webhook.account.against(published).lost() == 0);
  }

  private static ConditionFactory await(String what) {
    return Awaitility.await(what)
        .atMost(Scale.PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions();
  }

  /**
   * Ends the publishing, writes the row, and asserts: nothing lost, the events of each device in
   * order, one client id for all machines.
   */
  void settle(String fault, int times) throws Exception {
    publisher.finish();
    Map<String, BitSet> published = publisher.confirmed();
    try {
      awaitAll(published);
    } catch (ConditionTimeoutException e) {
      // what is missing is said below
    }
    Account.Result result = webhook.account.against(published);
    FaultTable.add(fault, "kafka, " + kafka.size() + " brokers", times, result, recoveryMillis);
    String said = "; the relays said:\n" + said();
    assertAll(
        () -> assertEquals(0, result.lost(), "lost" + said),
        () -> assertEquals(0, result.outOfOrder(), "out of order" + said),
        () -> assertEquals(List.of(), webhook.account.gaps(), "gaps" + said),
        () -> assertEquals(1, clientIds().size(), clientIds() + said));
  }

  private List<String> clientIds() throws IOException {
    return CLIENT_ID
        .matcher(said())
        .results()
        .map(found -> found.group(1))
        .distinct()
        .collect(Collectors.toList());
  }

  private String said() throws IOException {
    StringBuilder all = new StringBuilder();
    for (RelayProcess each : relays) {
      all.append(each.dir().getFileName()).append(":\n").append(each.allLogText());
    }
    return all.toString();
  }

  @Override
  public void close() throws Exception {
    Scene.closeAll(started);
  }
}
