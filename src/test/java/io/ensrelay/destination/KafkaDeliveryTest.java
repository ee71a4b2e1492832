package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.simulator.CertificateAuthority;
import io.ensrelay.simulator.CertificateRequest;
import io.ensrelay.spool.DestinationStatus;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.camel.ProducerTemplate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** The kafka destination with a real broker. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@EnabledIf("io.ensrelay.destination.KafkaBroker#isThere")
class KafkaDeliveryTest {
  private static final Duration SOON = Duration.ofSeconds(45);
  private static final int DEVICES = 20;
  private static final String FILE = "routes/destinations/kafka.camel.yaml";

  @TempDir static Path shared;
  private static KafkaBroker broker;
  @TempDir Path dir;

  @BeforeAll
  static void start() throws Exception {
    CertificateAuthority authority = CertificateAuthority.create("private CA");
    authority.writePem(shared.resolve("ca.pem"));
    authority
        .issue(CertificateRequest.server("localhost", "localhost"))
        .writePkcs12(shared.resolve("broker.p12"), "changeit");
    broker =
        new KafkaBroker(shared.resolve("kafka"))
            .withTls(shared.resolve("broker.p12"))
            .with("auto.create.topics.enable=false");
    broker.start();
  }

  @AfterAll
  static void stop() throws Exception {
    broker.close();
  }

  @Test
  void sendsACloudEventWithTheDeviceAsKey() throws Exception {
    broker.create("structured", 3, Map.of());
    try (Shipped relay = relay("structured")) {
      relay.store("phone-ü", 1, "");
      awaitDelivered(relay, 1);
      ConsumerRecord<byte[], byte[]> record = broker.records("structured").get(0);
      assertEquals("phone-ü", text(record.key()));
      assertTrue(text(record.value()).startsWith("{\"specversion\":\"1.0\""), text(record.value()));
      Map<String, String> headers = headers(record);
      assertEquals("application/cloudevents+json; charset=UTF-8", headers.get("content-type"));
      assertEquals("device.check_in", headers.get("eventType"));
      assertEquals("phone-ü", headers.get("deviceId"));
      assertEquals("true", headers.get("deviceCompliant"));
      assertEquals("1582796173229", headers.get("eventTime"));
    }
  }

  @Test
  void sendsTheDataAndTheAttributesAsHeadersInBinaryMode() throws Exception {
    broker.create("binary", 1, Map.of());
    try (Shipped relay = relay("binary", "format=binary")) {
      relay.store("phone", 7, "\\u00fc \\\"");
      awaitDelivered(relay, 1);
      ConsumerRecord<byte[], byte[]> record = broker.records("binary").get(0);
      assertEquals(
          "{\"eventType\":\"device.check_in\",\"timestamp\":1582796173229,\"seq\":7,"
              + "\"filling\":\"\\u00fc \\\"\",\"device\":{\"deviceGuid\":\"phone\",\"os\":\"IOS\","
              + "\"compliant\":true}}",
          text(record.value()));
      Map<String, String> headers = headers(record);
      assertEquals("application/json", headers.get("content-type"));
      assertEquals("1.0", headers.get("ce_specversion"));
      assertEquals("/ens/test", headers.get("ce_source"));
      assertEquals("device.check_in", headers.get("ce_type"));
      assertEquals("phone", headers.get("ce_subject"));
      assertEquals(headers.get("eventId"), headers.get("ce_id"));
    }
  }

  @Test
  void takesNoHeaderThatNamesAnotherTopicOrPartition() throws Exception {
    broker.create("mine", 1, Map.of());
    Path route = dir.resolve("direct.camel.yaml");
    Files.writeString(
        route,
        """
        - route:
            id: test.direct
            from:
              uri: direct:events
              steps:
                - to:
                    uri: kamelet:ens-kafka-sink
                    parameters:
                      destination: kafka
        """);
    try (Shipped relay =
        new Shipped(dir.resolve("data"), settings("mine", "enabled=false"), route.toString())) {
      ProducerTemplate template = relay.camel.createProducerTemplate();
      SpooledEvent event =
          SpooledEvent.one()
              .hostile()
              .with("kafka.OVERRIDE_TOPIC", "stolen")
              .with("kafka.PARTITION_KEY", 99)
              .with("kafka.KEY", "stolen")
              .with("CamelKafkaOverrideTopic", "stolen");
      template.sendBodyAndHeaders("direct:events", event.body(), event.headers());
      ConsumerRecord<byte[], byte[]> record = broker.records("mine").get(0);
      assertEquals(event.headers().get("deviceId"), text(record.key()));
      assertArrayEquals(event.body(), record.value());
      Map<String, String> expected = new HashMap<>();
      SpooledEvent.one().headers().forEach((name, value) -> expected.put(name, value.toString()));
      expected.put("content-type", "application/cloudevents+json; charset=UTF-8");
      assertEquals(expected, headers(record));
    }
  }

  @Test
  void isRefusedWhereThereIsNoSuchTopicUntilThereIs() throws Exception {
    try (Shipped relay = relay("later")) {
      relay.store(0, 30, DEVICES);
      await()
          .atMost(SOON)
          .until(() -> relay.status("kafka").state() == DestinationStatus.State.REFUSED);
      broker.create("later", 1, Map.of());
      awaitDelivered(relay, 30);
      assertEquals(30, broker.records("later").size());
      assertEquals(List.of(), relay.deadLetters("kafka"));
    }
  }

  @Test
  void keepsOneEventThatIsTooLargeAndDeliversTheRest() throws Exception {
    broker.create("small", 1, Map.of("max.message.bytes", "200000"));
    try (Shipped relay = relay("small")) {
      relay.store(0, 50, DEVICES);
      relay.store("device-5", 50, "x".repeat(300_000));
      relay.store(51, 100, DEVICES);
      awaitDelivered(relay, 99);
      assertEquals(1, relay.deadLetters("kafka").size());
      assertTrue(
          relay.deadLetters("kafka").get(0).reason().contains("larger"),
          relay.deadLetters("kafka").get(0).reason());
      List<Integer> seqs = seqs("small");
      assertEquals(99, Shipped.firsts(seqs).size());
      assertTrue(Shipped.isInOrder(Shipped.firsts(seqs), DEVICES), "out of order");
    }
  }

  @Test
  void deliversEverythingInOrderWhenTheBrokerIsBack() throws Exception {
    broker.create("outage", 3, Map.of());
    try (Shipped relay = relay("outage")) {
      relay.store(0, 500, DEVICES);
      awaitDelivered(relay, 500);
      broker.kill();
      relay.store(500, 1000, DEVICES);
      await()
          .atMost(SOON)
          .until(() -> relay.status("kafka").state() == DestinationStatus.State.STALLED);
      await()
          .atMost(SOON)
          .until(
              () ->
                  relay
                      .status("kafka")
                      .trouble()
                      .filter(why -> why.contains(broker.brokers()))
                      .isPresent());
      broker.start();
      awaitDelivered(relay, 1000);
      List<Integer> seqs = seqs("outage");
      assertEquals(1000, Shipped.firsts(seqs).size());
      assertTrue(Shipped.isInOrder(Shipped.firsts(seqs), DEVICES), "out of order");
      assertEquals(List.of(), relay.deadLetters("kafka"));
    }
  }

  @Test
  void sendsOverTlsWithAUserAndAPasswordOfAnyCharacters() throws Exception {
    try (Shipped relay =
        relay(
            "secure",
            "brokers=" + broker.secure(),
            "username=odd",
            "password=" + JmsBroker.ODD,
            "truststore=" + shared.resolve("ca.pem"))) {
      broker.create("secure", 1, Map.of());
      relay.store(0, 30, DEVICES);
      awaitDelivered(relay, 30);
      assertEquals(30, broker.records("secure").size());
    }
  }

  @Test
  void isRefusedByABrokerThatDoesNotKnowThePassword() throws Exception {
    try (Shipped relay =
        relay(
            "unknown",
            "brokers=" + broker.secure(),
            "username=odd",
            "password=no",
            "truststore=" + shared.resolve("ca.pem"))) {
      relay.store(0, 30, DEVICES);
      await()
          .atMost(SOON)
          .until(() -> relay.status("kafka").state() == DestinationStatus.State.REFUSED);
      assertEquals(List.of(), relay.deadLetters("kafka"));
    }
  }

  @Test
  void isStalledByABrokerWhoseCertificateIsNotTrusted() throws Exception {
    try (Shipped relay =
        relay(
            "untrusted",
            "brokers=" + broker.secure(),
            "username=odd",
            "password=" + JmsBroker.ODD,
            "tls=true")) {
      relay.store(0, 30, DEVICES);
      await()
          .atMost(SOON)
          .until(
              () ->
                  relay
                      .status("kafka")
                      .trouble()
                      .filter(why -> why.contains("certificate"))
                      .isPresent());
      assertEquals(DestinationStatus.State.STALLED, relay.status("kafka").state());
    }
  }

  /** Prints the rate. */
  @Test
  void keepsUpWithABurst() throws Exception {
    broker.create("burst", 8, Map.of());
    try (Shipped relay = relay("burst")) {
      Burst.of(relay, "kafka", "Kafka", 5000);
    }
  }

  private Shipped relay(String topic, String... more) throws Exception {
    return new Shipped(dir.resolve("data-" + topic), settings(topic, more), FILE);
  }

  private static Map<String, String> settings(String topic, String... more) {
    Map<String, String> all = new HashMap<>();
    all.put("ens.destination.kafka.enabled", "true");
    all.put("ens.destination.kafka.brokers", broker.brokers());
    all.put("ens.destination.kafka.topic", topic);
    for (String each : more) {
      String[] parts = each.split("=", 2);
      all.put("ens.destination.kafka." + parts[0], parts[1]);
    }
    return all;
  }

  private static void awaitDelivered(Shipped relay, int events) {
    await().atMost(SOON).until(() -> relay.status("kafka").delivered() >= events);
  }

  private static List<Integer> seqs(String topic) {
    return broker.records(topic).stream().map(each -> Shipped.seq(text(each.value()))).toList();
  }

  private static Map<String, String> headers(ConsumerRecord<byte[], byte[]> record) {
    Map<String, String> all = new HashMap<>();
    for (Header header : record.headers()) {
      all.put(header.key(), text(header.value()));
    }
    return all;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
