package io.ensrelay.intake;

import io.ensrelay.base.MemoryBudget;
import io.ensrelay.base.Meters;
import io.ensrelay.base.Platform;
import io.ensrelay.event.Gap;
import io.ensrelay.event.MalformedMessageException;
import io.ensrelay.event.ReceivedMessage;
import io.ensrelay.service.Dialer;
import io.ensrelay.service.HttpProxy;
import io.ensrelay.tls.TlsMaterial;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.paho.PahoMessage;
import org.apache.camel.support.CamelContextHelper;
import org.apache.camel.support.LifecycleStrategySupport;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * The MQTT client that the intake route gives to camel-paho, and the bean of its first step ({@link
 * #take}) and of the one that acknowledges ({@link #acknowledge}).
 *
 * <p>Promises: the session is durable (clean session off) and every topic is subscribed at QoS 1,
 * whatever the options of the endpoint say, for camel-paho does not apply them to a client that is
 * given to it. A message is acknowledged by the route's step and by nothing else, on the connection
 * it came on, in the order of receipt. Messages reach the route in that order, one after the other,
 * on a thread of their own. A message is read when there is room for it in the window of
 * unconfirmed messages; when nothing leaves a full window for a quarter of a minute, the connection
 * is left and made again once there is room. The connection is left too when an exchange failed or
 * ended without having been acknowledged: everything not acknowledged comes again.
 *
 * <p>It is a {@link MqttClient} by type only: each connection is made with a client of its own.
 */
public final class IntakeClient extends MqttClient implements CamelContextAware {
  private static final long STOP_MILLIS = TimeUnit.SECONDS.toMillis(8);

  private final Map<String, String> keyByTopic = new ConcurrentHashMap<>();
  private Map<String, String> topics = Map.of();
  private long retentionMinutes = GapDetector.USUAL_RETENTION_MINUTES;

  private String url = "";
  private String clientId = "";
  private String dataDirectory = "data";
  private String username = "";
  private String password = "";
  private String proxy = "";
  private String proxyUsername = "";
  private String proxyPassword = "";
  private int keepAlive = 30;
  private int inFlight = 1000;
  private String tls = "ensTls";
  private CamelContext camelContext;
  private Platform platform;
  private MqttCallback route;
  private Dispatcher dispatcher;
  private DurableSession session;

  public IntakeClient() throws MqttException {
    super("tcp://localhost", "unused", new MemoryPersistence());
  }

  /** {@code ssl://host:port}. */
  public void setUrl(String url) {
    this.url = url;
  }

  /** The durable session's name; blank: made once and kept in the data directory. */
  public void setClientId(String clientId) {
    this.clientId = clientId;
  }

  public void setDataDirectory(String dataDirectory) {
    this.dataDirectory = dataDirectory;
  }

  /** Blank: none. */
  public void setUsername(String username) {
    this.username = username;
  }

  public void setPassword(String password) {
    this.password = password;
  }

  /** {@code http://host:port}; blank: none. */
  public void setProxy(String proxy) {
    this.proxy = proxy;
  }

  /** Blank: none. */
  public void setProxyUsername(String proxyUsername) {
    this.proxyUsername = proxyUsername;
  }

  public void setProxyPassword(String proxyPassword) {
    this.proxyPassword = proxyPassword;
  }

  /** Seconds. */
  public void setKeepAlive(int keepAlive) {
    this.keepAlive = keepAlive;
  }

  /** Messages in memory that are not confirmed, at most. */
  public void setInFlight(int inFlight) {
    this.inFlight = inFlight;
  }

  /** The name of the bean with the certificates; looked up when the route starts. */
  public void setTls(String tls) {
    this.tls = tls;
  }

  @Override
  public void setCamelContext(CamelContext camelContext) {
    this.camelContext = camelContext;
    platform = Platform.of(camelContext);
    camelContext.addLifecycleStrategy(
        new LifecycleStrategySupport() {
          @Override
          public void onContextStopping(CamelContext context) {
            stop();
          }
        });
  }

  /** For tests: another time; to be called before the start. */
  void use(Platform platform) {
    this.platform = platform;
  }

  @Override
  public CamelContext getCamelContext() {
    return camelContext;
  }

  /** Called by camel-paho before {@link #subscribe(String, int)}. */
  @Override
  public synchronized void setCallback(MqttCallback callback) {
    route = callback;
  }

  /**
   * Called by camel-paho at the end of the route's start: connects. Which topics is said by {@link
   * #want}, and their QoS is 1; the arguments are not used.
   */
  @Override
  public synchronized void subscribe(String topicFilter, int qos) {
    if (session != null) {
      return;
    }
    SessionMemory memory = new SessionMemory(Path.of(dataDirectory), clientId);
    keyByTopic.putAll(memory.subscriptions());
    InFlightLimit window = new InFlightLimit(inFlight, MemoryBudget.OF_HEAP.unacknowledged());
    IntakeMeters meters = new IntakeMeters(Meters.of(camelContext));
    dispatcher = new Dispatcher(route, window, meters, platform);
    session =
        new DurableSession(
            url,
            dialer(),
            options(),
            memory,
            window,
            dispatcher,
            this::store,
            this::refreshMetadata,
            meters,
            platform);
    dispatcher.start(session);
    session.start();
    session.want(topics, retentionMinutes);
  }

  private Dialer dialer() {
    TlsMaterial material = CamelContextHelper.mandatoryLookup(camelContext, tls, TlsMaterial.class);
    Optional<HttpProxy> through =
        given(proxy)
            .map(
                proxyUrl ->
                    new HttpProxy(
                        "ens.mqtt", proxyUrl, given(proxyUsername), given(proxyPassword)));
    return new Dialer(url, material, through);
  }

  private static Optional<String> given(String value) {
    return Optional.of(value).filter(text -> !text.isBlank());
  }

  private MqttConnectOptions options() {
    MqttConnectOptions options = new MqttConnectOptions();
    options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
    options.setCleanSession(false);
    options.setAutomaticReconnect(false);
    options.setKeepAliveInterval(keepAlive);
    options.setConnectionTimeout(20);
    if (!username.isBlank()) {
      options.setUserName(username);
      options.setPassword(password.toCharArray());
    }
    return options;
  }

  /**
   * Sets which topics are subscribed, also while connected.
   *
   * @param topicByKey metadata key to topic
   * @param retentionMinutes how long the service keeps events for a session that is away; 0 where
   *     it does not say
   */
  public synchronized void want(
      @Body Map<String, String> topicByKey,
      @Header("retentionPeriodMinutes") int retentionMinutes) {
    Map<String, String> byTopic = new LinkedHashMap<>();
    topicByKey.forEach((key, topic) -> byTopic.putIfAbsent(topic, key));
    keyByTopic.putAll(byTopic);
    topics = byTopic;
    if (retentionMinutes > 0) {
      this.retentionMinutes = retentionMinutes;
    }
    if (session != null) {
      session.want(byTopic, this.retentionMinutes);
    }
  }

  /**
   * The first step of the intake route: puts what is {@link ReceivedMessage} beside the message,
   * which from now on has to be acknowledged, or comes again when the exchange is over. The header
   * {@code eventKey} gets the metadata key of the topic it came on; none when no metadata ever told
   * of it.
   *
   * @throws MalformedMessageException when the message had no room in memory
   */
  public void take(Exchange exchange) throws MalformedMessageException {
    PahoMessage message = exchange.getIn(PahoMessage.class);
    if (message == null || !(message.getMqttMessage() instanceof InboundMessage receipt)) {
      return;
    }
    dispatcher.take(receipt, exchange);
    exchange.setProperty(ReceivedMessage.PROPERTY, receipt);
    String key = keyByTopic.get(receipt.topic());
    if (key != null) {
      message.setHeader("eventKey", key);
    }
    if (receipt.cutFrom().isPresent()) {
      throw new MalformedMessageException(
          "a message of %s bytes, which is more than there is room for: this is its beginning"
              .formatted(receipt.cutFrom().getAsLong()));
    }
  }

  /**
   * The step behind the one that stored all events of the message, or kept it as a dead letter: the
   * service may forget it. Does nothing for what is no message of the service.
   */
  public void acknowledge(Exchange exchange) {
    ReceivedMessage message = exchange.getProperty(ReceivedMessage.PROPERTY, ReceivedMessage.class);
    if (message != null) {
      message.acknowledge();
    }
  }

  /** How the intake is now; empty before the route has started. */
  public synchronized Optional<IntakeStatus> status() {
    return Optional.ofNullable(session).map(DurableSession::status);
  }

  private void refreshMetadata() {
    send("seda:metadata?size=1&discardWhenFull=true", "reconnected");
  }

  /** Returns when the gap is in the spool. */
  private void store(Gap gap) {
    send("direct:intake.gap", gap);
  }

  private void send(String endpoint, Object body) {
    ProducerTemplate template = camelContext.createProducerTemplate();
    try {
      template.sendBody(endpoint, body);
    } finally {
      template.stop();
    }
  }

  /** Takes no more messages, waits for those under way, acknowledges them, leaves the service. */
  public void stop() {
    DurableSession ending;
    synchronized (this) {
      ending = session;
    }
    if (ending == null) {
      return;
    }
    try {
      ending.stop(STOP_MILLIS);
      dispatcher.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
