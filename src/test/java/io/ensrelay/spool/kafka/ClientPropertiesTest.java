package io.ensrelay.spool.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientPropertiesTest {

  private static KafkaSettings with(String... client) {
    Map<String, String> properties = client.length == 0 ? Map.of() : Map.of(client[0], client[1]);
    return new KafkaSettings("127.0.0.1:1", "ens-events", 3, 1, properties);
  }

  private static String refusal(String name, String value) {
    return assertThrows(
            ConfigurationException.class, () -> ClientProperties.check(with(name, value)))
        .getMessage();
  }

  @Test
  void suggestsTheRightNameOfAMisspeltProperty() {
    assertEquals(
        "ens.spool.kafka.ssl.truststore.locaton: Kafka's client has no property"
            + " ssl.truststore.locaton; did you mean ens.spool.kafka.ssl.truststore.location?",
        refusal("ssl.truststore.locaton", "x"));
    assertTrue(refusal("topics", "x").endsWith("did you mean ens.spool.kafka.topic?"));
  }

  @Test
  void refusesPropertiesOnWhichTheSpoolDepends() {
    assertEquals(
        "ens.spool.kafka.acks: the relay sets this property of Kafka's client itself; take it out",
        refusal("acks", "0"));
  }

  @Test
  void namesThePropertyWhoseValueCannotWork() {
    String refusal = refusal("request.timeout.ms", "soon");

    assertTrue(refusal.startsWith("ens.spool.kafka.request.timeout.ms: Invalid value"), refusal);
  }

  @Test
  void showsNoSecret() {
    String jaas = "PlainLoginModule required username=\"u\" password=\"verysecret\";";

    assertFalse(refusal("sasl.jaas.confg", jaas).contains("verysecret"));
    assertFalse(with("sasl.jaas.config", jaas).toString().contains("verysecret"));
  }

  @Test
  void noticesADeadMachineInTenSeconds() {
    Map<String, Object> consumer = ClientProperties.consumer(with(), "test", Map.of());

    assertEquals(10_000, consumer.get("session.timeout.ms"));
    assertEquals(3_000, consumer.get("heartbeat.interval.ms"));
  }

  @Test
  void letsTheUserChooseTimesButNotBreakThePromise() {
    Map<String, Object> producer =
        ClientProperties.producer(
            with("linger.ms", "7"), "test", Map.of("linger.ms", 0, "acks", "0"));

    assertEquals("7", producer.get("linger.ms"));
    assertEquals("all", producer.get("acks"));
    assertFalse(producer.containsKey("session.timeout.ms"));
  }
}
