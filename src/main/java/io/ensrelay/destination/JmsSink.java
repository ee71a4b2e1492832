package io.ensrelay.destination;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.BatchSender;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.support.PropertyBindingSupport;
import org.apache.camel.support.service.ServiceSupport;

/**
 * Sends events to a queue or a topic of a JMS broker as text messages with the attributes as
 * properties: the bean of the kamelet {@code ens-jms-sink}.
 *
 * <p>A batch is one transaction: its events are delivered once the broker has committed it. Setters
 * first, then {@link #start()}; after that many threads may send.
 */
public final class JmsSink extends ServiceSupport implements CamelContextAware {
  private static final int MOST_EVENTS = 500;
  private static final int MOST_BYTES = 1 << 20;

  private CamelContext camel;
  private String settings = "ens-jms-sink";
  private Optional<String> url = Optional.empty();
  private Optional<String> queue = Optional.empty();
  private Optional<String> topic = Optional.empty();
  private Optional<String> username = Optional.empty();
  private Optional<String> password = Optional.empty();
  private Optional<String> factory = Optional.empty();
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

  /**
   * Sets the prefix of the keys that messages name. The keys below {@code <prefix>.factory.} are
   * properties of the factory.
   */
  public void setSettings(String prefix) {
    settings = prefix;
  }

  /** Sets the address of the broker; blank: the properties of the factory say it. */
  public void setUrl(String address) {
    url = given(address);
  }

  public void setQueue(String name) {
    queue = KameletParameter.given(name);
  }

  public void setTopic(String name) {
    topic = KameletParameter.given(name);
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
    factory = KameletParameter.given(name);
  }

  /**
   * @throws ConfigurationException if the settings can't work, or the factory's class is missing
   */
  @Override
  protected void doStart() {
    JmsTarget target = JmsTarget.of(settings, queue, topic);
    ConnectionFactory connections = connections();
    sender =
        new JmsSender(
            () -> connection(connections, username, password),
            target,
            JmsSink::text,
            JmsSender.Way.TRANSACTION);
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

  static Connection connection(
      ConnectionFactory connections, Optional<String> username, Optional<String> password)
      throws JMSException {
    return username.isPresent()
        ? connections.createConnection(username.get(), password.orElse(""))
        : connections.createConnection();
  }

  private static Message text(Session session, OutgoingEvent event) throws JMSException {
    Message message = session.createTextMessage(new String(event.body(), StandardCharsets.UTF_8));
    putAttributes(event, message);
    return message;
  }

  static void putAttributes(OutgoingEvent event, Message message) throws JMSException {
    for (Map.Entry<String, Object> each : event.attributes().entrySet()) {
      message.setObjectProperty(each.getKey(), each.getValue());
    }
  }

  private ConnectionFactory connections() {
    if (factory.isEmpty()) {
      return JmsConnections.artemis(
          url.orElseThrow(
              () ->
                  new ConfigurationException(
                      settings + ".url", "missing", "give tcp://host:61616")));
    }
    Object made = made(factory.get());
    if (!(made instanceof ConnectionFactory connections)) {
      throw new ConfigurationException(
          settings + ".factory",
          factory.get(),
          "is no jakarta.jms.ConnectionFactory",
          "give the factory of the broker's client for Jakarta");
    }
    Properties given =
        camel.getPropertiesComponent().loadProperties(key -> key.startsWith(prefix()));
    for (String key : given.stringPropertyNames()) {
      set(connections, key, given.getProperty(key));
    }
    return connections;
  }

  private String prefix() {
    return settings + ".factory.";
  }

  private Object made(String name) {
    Class<?> known =
        Library.require(
            settings + ".factory",
            name,
            "put the broker's client into lib/ with 'ens-relay add', or correct the name");
    try {
      return url.isPresent()
          ? known.getConstructor(String.class).newInstance(url.get())
          : known.getConstructor().newInstance();
    } catch (ReflectiveOperationException | LinkageError e) {
      String why = e.getCause() == null ? e.toString() : String.valueOf(e.getCause().getMessage());
      throw new ConfigurationException(
          settings + ".factory",
          name,
          "can't be made " + (url.isPresent() ? "with the url: " : "without a url: ") + why,
          "correct the url, or leave it out and set the properties of the factory");
    }
  }

  private void set(ConnectionFactory connections, String key, String value) {
    try {
      PropertyBindingSupport.build()
          .withCamelContext(camel)
          .withTarget(connections)
          .withProperty(key.substring(prefix().length()), value)
          .withMandatory(true)
          .withIgnoreCase(true)
          .bind();
    } catch (PropertyBindingException e) {
      throw new ConfigurationException(
          key,
          connections.getClass().getSimpleName()
              + " has no such property, or the value does not fit",
          "correct or remove it");
    }
  }

  static Optional<String> given(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  /** Omits the password, and of the address all that may be secret. */
  @Override
  public String toString() {
    return "JmsSink[" + queue.or(() -> topic).orElse("") + "]";
  }
}
