package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.BatchSender;
import io.ensrelay.delivery.StandIn;
import java.time.Duration;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.support.service.ServiceSupport;

/**
 * Sends events to a queue or a topic of a broker: the bean of the kamelets {@code ens-jms-sink} and
 * {@code ens-amqp-sink}. The attributes of an event are properties of its message.
 *
 * <p>An event is delivered once the broker has committed its transaction (JMS) or has settled its
 * message as accepted (AMQP). Setters first, then {@link #start()}; after that many threads may
 * send. Only a started sink for AMQP loads the classes of Qpid JMS, which are not in the jar.
 */
public final class JmsSink extends ServiceSupport implements CamelContextAware {
  private static final int MOST_EVENTS = 500;
  private static final int MOST_BYTES = 1 << 20;

  private CamelContext camel;
  private boolean isAmqp;
  private String prefix = "jms";
  private Optional<String> url = Optional.empty();
  private Optional<String> queue = Optional.empty();
  private Optional<String> topic = Optional.empty();
  private Optional<String> username = Optional.empty();
  private Optional<String> password = Optional.empty();
  private Optional<String> factory = Optional.empty();
  private Optional<String> keystore = Optional.empty();
  private Optional<String> keystorePassword = Optional.empty();
  private Optional<String> truststore = Optional.empty();
  private Optional<String> truststorePassword = Optional.empty();
  private String protocols = CertificateFiles.NONE.protocols();
  private JmsSender sender;
  private BatchSender batches;

  @Override
  public void setCamelContext(CamelContext context) {
    camel = context;
  }

  @Override
  public CamelContext getCamelContext() {
    return camel;
  }

  /** Sets how the broker is spoken to: {@code jms}, its own protocol, or {@code amqp}. */
  public void setProtocol(String name) {
    isAmqp = name.equals("amqp");
  }

  /**
   * Sets the prefix of the keys that messages name. The keys below {@code <prefix>.factory.} are
   * properties of the factory.
   */
  public void setPrefix(String keys) {
    prefix = keys;
  }

  /** Sets the address of the broker; blank: the properties of the factory say it. */
  public void setUrl(String address) {
    url = given(address);
  }

  public void setQueue(String name) {
    queue = given(name);
  }

  public void setTopic(String name) {
    topic = given(name);
  }

  /** Sets the user; blank: none. */
  public void setUsername(String name) {
    username = given(name);
  }

  public void setPassword(String text) {
    password = given(text);
  }

  /** Sets the class of the {@code jakarta.jms.ConnectionFactory}; blank: that of Artemis. */
  public void setFactory(String name) {
    factory = given(name);
  }

  /** Sets the file with the client certificate and its private key; blank: none. */
  public void setKeystore(String path) {
    keystore = given(path);
  }

  public void setKeystorePassword(String text) {
    keystorePassword = given(text);
  }

  /** Sets the file with the CAs to trust; blank: those that Java trusts. */
  public void setTruststore(String path) {
    truststore = given(path);
  }

  public void setTruststorePassword(String text) {
    truststorePassword = given(text);
  }

  /** Sets the TLS versions to offer, separated by commas. */
  public void setProtocols(String list) {
    protocols = list;
  }

  /**
   * @throws ConfigurationException if the settings can't work, or a library is missing
   */
  @Override
  protected void doStart() {
    JmsTarget target = JmsTarget.of(prefix, queue, topic);
    BatchSender.Receiver receiver =
        StandIn.of(camel, (isAmqp ? "amqp:" : "jms:") + target, OutgoingEvent::shown)
            .orElseGet(() -> connected(target));
    batches = new BatchSender(receiver, MOST_EVENTS, MOST_BYTES, Duration.ZERO, false);
  }

  private BatchSender.Receiver connected(JmsTarget target) {
    CertificateFiles files =
        new CertificateFiles(keystore, keystorePassword, truststore, truststorePassword, protocols);
    BrokerAccess access = new BrokerAccess(prefix, url, username, password, files);
    sender = new JmsSender(isAmqp ? amqp(access) : new CoreClient(access, factory, camel), target);
    return sender;
  }

  private static JmsClient amqp(BrokerAccess access) {
    Library.require(
        access.prefix(),
        "org.apache.qpid.jms.JmsConnectionFactory",
        "run 'ens-relay add org.apache.qpid:qpid-jms-client:2.9.0', which puts it into lib/");
    return new AmqpClient(access);
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

  private static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Omits the password, and of the address all that may be secret. */
  @Override
  public String toString() {
    return "JmsSink[" + queue.or(() -> topic).orElse("") + "]";
  }
}
