package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.tls.TlsMaterial;
import java.time.Duration;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.support.service.ServiceSupport;

/**
 * Sends events to a queue or a topic of an AMQP 1.0 broker: the bean of the kamelet {@code
 * ens-amqp-sink}. The body of a message is the CloudEvent as bytes (a data section), its content
 * type {@code application/cloudevents+json; charset=UTF-8}; the attributes are application
 * properties.
 *
 * <p>An event is delivered once the broker has settled its message as accepted. Setters first, then
 * {@link #start()}; after that many threads may send. Only a started sink loads the classes of Qpid
 * JMS, which are not in the jar.
 */
public final class AmqpSink extends ServiceSupport {
  private static final int MOST_EVENTS = 500;
  private static final int MOST_BYTES = 1 << 20;

  private final TlsMaterial tls = new TlsMaterial();
  private String settings = "ens-amqp-sink";
  private Optional<String> url = Optional.empty();
  private Optional<String> queue = Optional.empty();
  private Optional<String> topic = Optional.empty();
  private Optional<String> username = Optional.empty();
  private Optional<String> password = Optional.empty();
  private JmsSender sender;
  private BatchSender batches;

  /** Sets the prefix of the keys that messages name. */
  public void setSettings(String prefix) {
    settings = prefix;
    tls.setPrefix(prefix);
  }

  /** Sets the broker: {@code amqp://host:5672}, with TLS {@code amqps://host:5671}. */
  public void setUrl(String address) {
    url = JmsSink.given(address);
  }

  public void setQueue(String name) {
    queue = KameletParameter.given(name);
  }

  public void setTopic(String name) {
    topic = KameletParameter.given(name);
  }

  /** Sets the user for SASL; blank: anonymous. */
  public void setUsername(String name) {
    username = JmsSink.given(name);
  }

  public void setPassword(String text) {
    password = JmsSink.given(text);
  }

  public void setTruststore(String path) {
    tls.setTruststore(path);
  }

  public void setTruststorePassword(String text) {
    tls.setTruststorePassword(text);
  }

  public void setKeystore(String path) {
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
   * @throws ConfigurationException if the settings can't work, or Qpid JMS is missing
   */
  @Override
  protected void doStart() {
    JmsTarget target = JmsTarget.of(settings, queue, topic);
    Library.require(
        settings,
        "org.apache.qpid.jms.JmsConnectionFactory",
        "run 'ens-relay add org.apache.qpid:qpid-jms-client:2.9.0', which puts it into lib/");
    AmqpConnections connections =
        new AmqpConnections(
            settings,
            url.orElseThrow(
                () ->
                    new ConfigurationException(
                        settings + ".url", "missing", "give amqp://host:5672")),
            tls);
    sender =
        new JmsSender(
            () -> connections.connection(username, password),
            target,
            AmqpConnections::message,
            JmsSender.Way.EACH);
    batches = new BatchSender(sender, MOST_EVENTS, MOST_BYTES, Duration.ZERO, false);
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
   * @throws Exception when an event that is sent at once fails, or the relay stops
   */
  public void send(Exchange exchange) throws Exception {
    OutgoingEvent event = OutgoingEvent.of(exchange);
    batches.collect(exchange, event, event.body().length);
  }

  /** Omits the password. */
  @Override
  public String toString() {
    return "AmqpSink[" + queue.or(() -> topic).orElse("") + ", " + tls + "]";
  }
}
