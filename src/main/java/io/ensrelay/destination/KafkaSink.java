package io.ensrelay.destination;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.delivery.StandIn;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.support.service.ServiceSupport;

/**
 * Sends events to a topic of Apache Kafka as CloudEvents: the bean of the kamelet {@code
 * ens-kafka-sink}.
 *
 * <p>The device's id is the key, so the events of a device go to one partition, in order. An event
 * is delivered when all in-sync replicas have it ({@code acks=all}, idempotent). The time-outs are
 * short, so that an outage shows within seconds; {@link KafkaSender} says which failures throw
 * what.
 *
 * <p>Setters first, then {@link #start()}; after that many threads may send. Only a started sink
 * loads Kafka's classes, which are not in the jar.
 */
public final class KafkaSink extends ServiceSupport implements CamelContextAware {
  static final String STRUCTURED = "application/cloudevents+json; charset=UTF-8";

  /** Of all partitions' events that wait to be sent; grows only as far as it is needed. */
  private static final int BUFFER_BYTES = 16 << 20;

  /** The broker has the last word on the size of a record. */
  private static final int LARGEST_RECORD = 12 << 20;

  private static final int MOST_EVENTS = 1000;
  private static final int MOST_BYTES = 1 << 20;

  private final TlsMaterial tls = new TlsMaterial();
  private CamelContext camel;
  private String prefix = "kafka";
  private String brokers = "";
  private String topic = "";
  private boolean binary;
  private Optional<String> username = Optional.empty();
  private Optional<String> password = Optional.empty();
  private String saslMechanism = "PLAIN";
  private boolean encrypted;
  private KafkaSender sender;
  private BatchSender batches;

  @Override
  public void setCamelContext(CamelContext context) {
    camel = context;
  }

  @Override
  public CamelContext getCamelContext() {
    return camel;
  }

  /** Sets the prefix of the keys that messages name. */
  public void setPrefix(String keys) {
    prefix = keys;
    tls.setPrefix(keys);
  }

  /** Sets the brokers to ask first: {@code host:9092}, separated by commas. */
  public void setBrokers(String list) {
    brokers = given(list).orElse("");
  }

  public void setTopic(String name) {
    topic = given(name).orElse("");
  }

  /**
   * Sets how a record holds its event.
   *
   * @param name {@code structured}: the value is the CloudEvent; {@code binary}: its attributes are
   *     headers, the value is its data
   */
  public void setFormat(String name) {
    if (!Set.of("structured", "binary").contains(name.toLowerCase(Locale.ROOT))) {
      throw new ConfigurationException(
          prefix + ".format", name, "is none of structured, binary", "give one of them");
    }
    binary = name.equalsIgnoreCase("binary");
  }

  /** Sets the user for SASL; blank: none. */
  public void setUsername(String name) {
    username = given(name);
  }

  public void setPassword(String text) {
    password = given(text);
  }

  /** Sets the mechanism for SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  public void setSaslMechanism(String name) {
    saslMechanism = given(name).orElse("PLAIN").toUpperCase(Locale.ROOT);
  }

  /** Sets whether to use TLS though there is neither a truststore nor a keystore. */
  public void setTls(boolean isWanted) {
    encrypted |= isWanted;
  }

  public void setTruststore(String path) {
    encrypted |= given(path).isPresent();
    tls.setTruststore(path);
  }

  public void setTruststorePassword(String text) {
    tls.setTruststorePassword(text);
  }

  public void setKeystore(String path) {
    encrypted |= given(path).isPresent();
    tls.setKeystore(path);
  }

  public void setKeystorePassword(String text) {
    tls.setKeystorePassword(text);
  }

  /** Sets the TLS versions to offer, separated by commas. */
  public void setProtocols(String list) {
    tls.setProtocols(list);
  }

  /**
   * @throws ConfigurationException if Kafka's client is missing or can't work with the prefix
   */
  @Override
  protected void doStart() {
    BatchSender.Receiver receiver =
        StandIn.of(camel, "kafka:" + topic, KafkaSink::shown).orElseGet(this::connected);
    batches = new BatchSender(receiver, MOST_EVENTS, MOST_BYTES, Duration.ZERO, false);
  }

  private BatchSender.Receiver connected() {
    Library.require(
        prefix,
        "org.apache.kafka.clients.producer.KafkaProducer",
        "run 'ens-relay add camel:kafka', which puts it into lib/");
    sender = new KafkaSender(prefix, topic, configuration(), tls);
    return sender;
  }

  private static StandIn.Sent shown(BatchSender.Item item) {
    KafkaSender.Entry entry = (KafkaSender.Entry) item.payload();
    Map<String, Object> headers = new LinkedHashMap<>();
    entry.key().ifPresent(key -> headers.put("key", new String(key, StandardCharsets.UTF_8)));
    entry
        .headers()
        .forEach((name, text) -> headers.put(name, new String(text, StandardCharsets.UTF_8)));
    return new StandIn.Sent(headers, entry.value());
  }

  @Override
  protected void doStop() {
    if (sender != null) {
      sender.close();
    }
  }

  /**
   * Takes an event into the batch of its lane.
   *
   * @throws JsonProcessingException if the format is binary and the body is no CloudEvent
   * @throws Exception when an event that is sent at once fails, or the relay stops
   */
  public void send(Exchange exchange) throws Exception {
    OutgoingEvent event = OutgoingEvent.of(exchange);
    batches.collect(exchange, binary ? binary(event) : structured(event), event.body().length);
  }

  private static KafkaSender.Entry structured(OutgoingEvent event) {
    Map<String, byte[]> headers = new LinkedHashMap<>();
    headers.put("content-type", utf8(STRUCTURED));
    return entry(event, headers, event.body());
  }

  private static KafkaSender.Entry binary(OutgoingEvent event) throws IOException {
    BinaryEvent parts = BinaryEvent.of(event.body());
    Map<String, byte[]> headers = new LinkedHashMap<>();
    headers.put("content-type", utf8(parts.contentType().orElse("application/json")));
    parts.attributes().forEach((name, value) -> headers.put("ce_" + name, utf8(value)));
    return entry(event, headers, parts.data());
  }

  private static KafkaSender.Entry entry(
      OutgoingEvent event, Map<String, byte[]> headers, byte[] value) {
    event.attributes().forEach((name, text) -> headers.put(name, utf8(text)));
    Optional<byte[]> key =
        Optional.ofNullable(event.attributes().get("deviceId")).map(KafkaSink::utf8);
    return new KafkaSender.Entry(key, headers, value);
  }

  private Map<String, Object> configuration() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("bootstrap.servers", brokers);
    all.put("client.id", prefix);
    all.put("acks", "all");
    all.put("enable.idempotence", true);
    all.put("request.timeout.ms", 5000);
    all.put("delivery.timeout.ms", 10_000);
    all.put("max.block.ms", 5000);
    all.put("socket.connection.setup.timeout.ms", 5000);
    all.put("socket.connection.setup.timeout.max.ms", 10_000);
    all.put("reconnect.backoff.max.ms", 1000);
    // the batch is there already
    all.put("linger.ms", 0);
    all.put("batch.size", 128 << 10);
    all.put("buffer.memory", BUFFER_BYTES);
    all.put("max.request.size", LARGEST_RECORD);
    // nobody reads them here, and they would be sent to the broker
    all.put("metric.reporters", "");
    all.put("enable.metrics.push", false);
    String transport = encrypted ? "SSL" : "PLAINTEXT";
    all.put("security.protocol", username.isPresent() ? "SASL_" + transport : transport);
    username.ifPresent(
        user -> {
          String module =
              saslMechanism.equals("PLAIN")
                  ? "org.apache.kafka.common.security.plain.PlainLoginModule"
                  : "org.apache.kafka.common.security.scram.ScramLoginModule";
          all.put("sasl.mechanism", saslMechanism);
          all.put(
              "sasl.jaas.config",
              module
                  + " required username="
                  + quoted(user)
                  + " password="
                  + quoted(password.orElse(""))
                  + ";");
        });
    return all;
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static byte[] utf8(Object text) {
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Omits the password. */
  @Override
  public String toString() {
    return "KafkaSink[" + topic + " of " + brokers + ", " + tls + "]";
  }
}
