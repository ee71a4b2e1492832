package io.ensrelay.intake;

import io.ensrelay.base.Meters;
import io.ensrelay.base.Platform;
import io.ensrelay.base.TenantAssignment;
import io.ensrelay.base.TenantLog;
import io.ensrelay.event.Gap;
import io.ensrelay.event.MalformedMessageException;
import io.ensrelay.event.ReceivedMessage;
import io.ensrelay.service.Dialer;
import io.ensrelay.service.HttpProxy;
import io.ensrelay.tls.TlsMaterial;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import org.apache.camel.spi.LifecycleStrategy;
import org.apache.camel.support.CamelContextHelper;
import org.apache.camel.support.LifecycleStrategySupport;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * The MQTT client that the intake route passes to camel-paho, and the bean of the route's first
 * step ({@link #take}) and of its acknowledging step ({@link #acknowledge}).
 *
 * <p>Promises: the session is durable (clean session off) and every topic is subscribed at QoS 1.
 * The endpoint's options can't change that, because camel-paho does not apply them to a client
 * passed to it. Only the route's step acknowledges a message: on the connection it came on, in the
 * order of receipt. Messages reach the route in that order, one at a time, on a thread of their
 * own. A message is read only when the in-flight window has room for it. If no message leaves a
 * full window for 15 s, the connection is dropped and made again once there is room. The connection
 * is also dropped when an exchange fails or ends without an acknowledgement: the service then
 * redelivers all unacknowledged messages.
 *
 * <p>It is a {@link MqttClient} by type only: each connection uses a client of its own.
 */
public final class IntakeClient extends MqttClient implements CamelContextAware {
  private static final long STOP_MILLIS = TimeUnit.SECONDS.toMillis(8);

  private final Map<String, String> keyByTopic = new ConcurrentHashMap<>();
  private Map<String, String> topics = Map.of();
  private long retentionMinutes = GapDetector.USUAL_RETENTION_MINUTES;

  private String tenant = "";
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
  private String suffix = "";
  private CamelContext camelContext;
  private LifecycleStrategy stopping;
  private Platform platform;
  private MqttCallback route;
  private Dispatcher dispatcher;
  private DurableSession session;
  private SessionMemory memory;

  public IntakeClient() throws MqttException {
    super("tcp://localhost", "unused", new MemoryPersistence());
  }

  /** The tenant of the events. */
  public void setTenant(String tenant) {
    this.tenant = tenant;
  }

  /** {@code ssl://host:port}. */
  public void setUrl(String url) {
    this.url = url;
  }

  /** Name of the durable session; blank: created once and kept in the data directory. */
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

  /** Greatest number of unacknowledged messages in memory. */
  public void setInFlight(int inFlight) {
    this.inFlight = inFlight;
  }

  /** The name of the bean with the certificates; looked up when the route starts. */
  public void setTls(String tls) {
    this.tls = tls;
  }

  /** The suffix of the names of the routes that it calls. */
  public void setSuffix(String suffix) {
    this.suffix = suffix;
  }

  @Override
  public void setCamelContext(CamelContext camelContext) {
    this.camelContext = camelContext;
    platform = Platform.of(camelContext);
    stopping =
        new LifecycleStrategySupport() {
          @Override
          public void onContextStopping(CamelContext context) {
            stop();
          }
        };
    camelContext.addLifecycleStrategy(stopping);
  }

  /** Marks log lines of the threads of session and dispatcher with the tenant. */
  private Platform marked() {
    Platform plain = platform;
    return new Platform(
        plain.clock(),
        plain.nanos(),
        (name, work) -> plain.thread(name, TenantLog.marked(suffix, work)),
        plain.waits());
  }

  /** For tests: replaces the time; called before the start. */
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
   * Called by camel-paho at the end of the route's start: connects. It ignores the arguments:
   * {@link #want} sets the topics, and their QoS is 1.
   */
  @Override
  public synchronized void subscribe(String topicFilter, int qos) {
    if (session != null) {
      return;
    }
    memory = new SessionMemory(store(), tenant, clientId);
    keyByTopic.putAll(memory.subscriptions());
    InFlightLimit window = new InFlightLimit(inFlight, SharedBytes.of(camelContext));
    TenantAssignment assignment = assignment();
    Platform marked = marked();
    IntakeMeters meters =
        new IntakeMeters(Meters.of(camelContext), Meters.of(camelContext, tenant));
    dispatcher = new Dispatcher(route, window, meters, marked);
    session =
        new DurableSession(
            url,
            dialer(),
            options(),
            memory,
            () -> assignment.stillHolds(tenant),
            window,
            dispatcher,
            this::store,
            this::refreshMetadata,
            meters,
            marked);
    dispatcher.start(session);
    session.start();
    session.want(topics, retentionMinutes);
    resync().ifPresent(resync -> TenantLog.marked(suffix, () -> resync.begin(memory)).run());
  }

  /** Empty: the routes are those of an earlier version. */
  private Optional<Resync> resync() {
    return Optional.ofNullable(
        camelContext.getRegistry().lookupByNameAndType("ensResync" + suffix, Resync.class));
  }

  private SessionStore store() {
    SessionStore shared = camelContext.getRegistry().findSingleByType(SessionStore.class);
    return shared == null ? new SessionFile(Path.of(dataDirectory)) : shared;
  }

  private TenantAssignment assignment() {
    TenantAssignment given = camelContext.getRegistry().findSingleByType(TenantAssignment.class);
    return given == null ? TenantAssignment.all() : given;
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
   * Sets the topics to subscribe, also while connected.
   *
   * @param topicByKey metadata key to topic
   * @param retentionMinutes how long the service keeps events for a disconnected session; 0: it
   *     does not say
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
   * The first step of the intake route: sets the {@link ReceivedMessage} as a property of the
   * exchange. The route must acknowledge the message before the exchange ends; otherwise the
   * service redelivers it. Sets the header {@code eventKey} to the metadata key of the topic,
   * unless no metadata has ever contained the topic.
   *
   * @throws MalformedMessageException if the message had no room in memory
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
          "a message of %s bytes is larger than the memory for it: this is its beginning"
              .formatted(receipt.cutFrom().getAsLong()));
    }
  }

  /**
   * Acknowledges the message to the service; the step that follows when all events of the message
   * are stored, or the message is a dead letter. Does nothing for an exchange from elsewhere.
   */
  public void acknowledge(Exchange exchange) {
    ReceivedMessage message = exchange.getProperty(ReceivedMessage.PROPERTY, ReceivedMessage.class);
    if (message != null) {
      message.acknowledge();
    }
  }

  /** The present status; empty before the route has started. */
  public synchronized Optional<IntakeStatus> status() {
    return Optional.ofNullable(session).map(DurableSession::status);
  }

  private void refreshMetadata() {
    send("seda:metadata" + suffix + "?size=1&discardWhenFull=true", "reconnected");
  }

  /**
   * Stores a gap and begins the resync that mends it; returns when the gap is in the spool. It
   * first keeps that a resync is wanted, so that an end of the process in between loses neither.
   */
  private void store(Gap gap) {
    Optional<Resync> resync = resync().filter(Resync::followsGaps);
    if (resync.isPresent()) {
      try {
        memory.wantResync(gap.to());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    send("direct:intake.gap" + suffix, gap);
    resync.ifPresent(each -> each.follow(gap.to()));
  }

  private void send(String endpoint, Object body) {
    ProducerTemplate template = camelContext.createProducerTemplate();
    try {
      template.sendBody(endpoint, body);
    } finally {
      template.stop();
    }
  }

  /** Takes no more messages, waits until those in flight are acknowledged, then disconnects. */
  public void stop() {
    DurableSession ending;
    synchronized (this) {
      ending = session;
    }
    camelContext.getLifecycleStrategies().remove(stopping);
    resync().ifPresent(Resync::close);
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
