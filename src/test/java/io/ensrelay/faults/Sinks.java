package io.ensrelay.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ensrelay.destination.KafkaBroker;
import io.ensrelay.destination.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The shipped sinks, each with a receiver that it is tried with. */
public enum Sinks {
  WEBHOOK("webhook", "webhook", "422"),
  SPLUNK("splunk", "splunk", "Invalid data format"),
  ELASTIC("elastic", "elastic", "failed to parse field"),
  KAFKA("kafka", "kafka, a broker process", "larger than the max"),
  AMQP("amqp", "amqp, an Artemis process"),
  JMS("jms", "jms, an Artemis process"),
  SQL("sql", "sql, H2 over TCP", "onstraint"),
  POSTGRES("sql", "sql, PostgreSQL", "check constraint"),
  SYSLOG("syslog", "syslog over TCP");

  /** Larger than the topic takes. */
  private static final String PADDING = "x".repeat(400_000);

  private final String destination;
  private final String label;
  private final Optional<String> badReason;

  Sinks(String destination, String label) {
    this.destination = destination;
    this.label = label;
    badReason = Optional.empty();
  }

  Sinks(String destination, String label, String badReason) {
    this.destination = destination;
    this.label = label;
    this.badReason = Optional.of(badReason);
  }

  /** Those that need nothing but the build. */
  static Set<Sinks> quick() {
    return wanted(EnumSet.of(WEBHOOK, SPLUNK, SQL));
  }

  static Set<Sinks> all() {
    return wanted(EnumSet.allOf(Sinks.class));
  }

  /** Those that can refuse all events: syslog has no answer. */
  static Set<Sinks> refusing() {
    return wanted(EnumSet.complementOf(EnumSet.of(SYSLOG)));
  }

  /** Those that can refuse one event. */
  static Set<Sinks> choosy() {
    Set<Sinks> choosy = EnumSet.allOf(Sinks.class);
    choosy.removeIf(sink -> sink.badReason.isEmpty());
    return wanted(choosy);
  }

  private static Set<Sinks> wanted(Set<Sinks> sinks) {
    sinks.removeIf(sink -> !Scale.SINKS.isEmpty() && !Scale.SINKS.contains(sink.name()));
    return sinks;
  }

  public boolean isInstalled() {
    return switch (this) {
      case KAFKA -> KafkaBroker.isThere();
      case POSTGRES -> PostgresServer.isInstalled();
      default -> true;
    };
  }

  /** Not started; skips the test where it is not installed. */
  Receiver in(Path dir) throws Exception {
    assumeTrue(isInstalled(), this + " is not installed: nothing is tried with it");
    return receiver(dir);
  }

  /** Not started; its files are in this folder. */
  public Receiver receiver(Path dir) throws Exception {
    return switch (this) {
      case WEBHOOK -> Webhook.refusing();
      case SPLUNK -> new SplunkReceiver();
      case ELASTIC -> new ElasticReceiver();
      case KAFKA -> new KafkaReceiver(dir);
      case AMQP -> new ArtemisReceiver(dir, "amqp");
      case JMS -> new ArtemisReceiver(dir, "tcp");
      case SQL -> SqlReceiver.h2(dir);
      case POSTGRES -> SqlReceiver.postgres();
      case SYSLOG -> new SyslogReceiver();
    };
  }

  /** Name of the destination. */
  public String destination() {
    return destination;
  }

  /** What the relay needs in {@code lib/}: {@code group:artifact}. */
  public List<String> libraries() {
    return switch (this) {
      case KAFKA -> List.of("org.apache.kafka:kafka-clients");
      case AMQP -> List.of("org.apache.qpid:qpid-jms-client");
      case SQL -> List.of("com.h2database:h2");
      case POSTGRES -> List.of("org.postgresql:postgresql");
      default -> List.of();
    };
  }

  /** What the dead letter of a bad event says; empty: no single event can be refused. */
  Optional<String> badReason() {
    return badReason;
  }

  /** A message with one event that each of them refuses, as far as it can. */
  static byte[] badMessage(int number) {
    return """
    {"timestamp":1582796173229,"eventType":"device.check_in","number":%d,"padding":"%s",\
    "devices":[{"deviceGuid":"%s","status":"BAD","compliant":"neither"}]}\
    """
        .formatted(number, PADDING, Publisher.deviceName(number))
        .getBytes(StandardCharsets.UTF_8);
  }

  static boolean isBad(String event) {
    return event.contains("\"status\":\"BAD\"");
  }

  @Override
  public String toString() {
    return label;
  }
}
