package io.ensrelay.intake;

import io.ensrelay.base.Platform;
import io.ensrelay.service.Dialer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;

/**
 * One MQTT connection to the service, from CONNECT to its end. Each attempt uses a new object, so
 * that an old connection can neither block a new one nor acknowledge its messages.
 *
 * <p>It sets the callback before it connects, because the messages waiting in a durable session
 * follow the CONNACK at once. PUBACKs are sent in the order of receipt (MQTT-4.6.0-2).
 */
final class MqttConnection implements MqttCallback {
  /** Receives the messages, and the loss of the connection. */
  interface Listener {
    /** Must not wait. The message counts against the in-flight limit until it is done. */
    void arrived(InboundMessage receipt);

    void acknowledged();

    void lost();
  }

  private static final int REFUSED = 0x80;
  private static final int GRANTED = 1;

  private final ServiceClient client;
  private final InFlightGate admission;
  private final Listener listener;
  private final Platform platform;
  private final Deque<InboundMessage> unconfirmed = new ArrayDeque<>();
  private volatile Dialer dialer;
  private volatile String lostBecause;
  private volatile long lostNanos;
  private volatile boolean closedByService;

  /**
   * @param patienceMillis how long a full window may stay unchanged before the connection is
   *     dropped
   */
  MqttConnection(
      String url,
      String clientId,
      Listener listener,
      InFlightLimit window,
      long patienceMillis,
      Platform platform)
      throws MqttException {
    this.listener = listener;
    this.platform = platform;
    admission =
        new InFlightGate(
            window,
            patienceMillis,
            platform.nanos(),
            this::isLost,
            () -> abandon("the spool takes nothing and the window is full"));
    client = new ServiceClient(url, clientId, admission);
    client.setManualAcks(true);
    client.setCallback(this);
  }

  /**
   * Connects; returns when the service has accepted the connection.
   *
   * @return whether the service reports a session of this client id
   */
  boolean open(Dialer dialer, MqttConnectOptions options, long timeoutMillis)
      throws MqttException, IOException {
    this.dialer = dialer;
    try {
      client.use(dialer.dial());
      IMqttToken token = client.connect(options);
      token.waitForCompletion(timeoutMillis);
      dialer.served();
      return token.getSessionPresent();
    } catch (MqttException | IOException | RuntimeException e) {
      abandon("it was not made");
      throw e;
    }
  }

  /**
   * Subscribes at QoS 1, all topics in one packet.
   *
   * @return the topics not granted at QoS 1, each with the service's answer
   */
  Map<String, String> subscribe(Collection<String> topics, long timeoutMillis)
      throws MqttException {
    String[] filters = topics.toArray(String[]::new);
    int[] qos = new int[filters.length];
    Arrays.fill(qos, 1);
    IMqttToken token = client.subscribe(filters, qos);
    token.waitForCompletion(timeoutMillis);
    int[] granted = token.getGrantedQos();
    Map<String, String> refused = new LinkedHashMap<>();
    for (int i = 0; i < filters.length; i++) {
      if (granted.length != filters.length) {
        refused.put(
            filters[i], "%s answers to %s topics".formatted(granted.length, filters.length));
      } else if (granted[i] != GRANTED) {
        refused.put(filters[i], refusal(granted[i]));
      }
    }
    return refused;
  }

  /** Only QoS 1 counts as granted: at another level a failure may lose messages. */
  private static String refusal(int code) {
    return switch (code) {
      case REFUSED -> "refused (0x80), the user of the client certificate needs the CPS role";
      case 0 -> "granted at QoS 0 only, where events get lost, look at the broker's rights";
      default -> "answered with 0x%02x, where QoS 1 was asked for".formatted(code);
    };
  }

  void unsubscribe(Collection<String> topics, long timeoutMillis) throws MqttException {
    client.unsubscribe(topics.toArray(String[]::new)).waitForCompletion(timeoutMillis);
  }

  @Override
  public void messageArrived(String topic, MqttMessage message) {
    int size = size(topic, message);
    if (!admission.arrived(size)) {
      return;
    }
    InboundMessage receipt =
        new InboundMessage(this, topic, message, size, platform.clock().millis());
    synchronized (unconfirmed) {
      unconfirmed.add(receipt);
    }
    listener.arrived(receipt);
  }

  /** The size with which the message was admitted: its packet without the fixed header. */
  private static int size(String topic, MqttMessage message) {
    int topicBytes = 2 + topic.getBytes(StandardCharsets.UTF_8).length;
    return topicBytes + (message.getQos() > 0 ? 2 : 0) + message.getPayload().length;
  }

  /** Takes no more messages; messages that have arrived can still be acknowledged. */
  void takeNoMore() {
    admission.close();
  }

  /** Sends the PUBACK once all earlier messages are acknowledged; none on a lost connection. */
  void acknowledge(InboundMessage receipt) {
    synchronized (unconfirmed) {
      receipt.markAcknowledged();
      while (!isLost() && !unconfirmed.isEmpty() && unconfirmed.peek().isAcknowledged()) {
        InboundMessage next = unconfirmed.poll();
        try {
          client.messageArrivedComplete(next.getId(), next.getQos());
          listener.acknowledged();
        } catch (MqttException e) {
          lose(e.getMessage());
        }
      }
    }
  }

  boolean isLost() {
    return lostBecause != null;
  }

  /** True if the service closed it, as after a takeover of the session by another client. */
  boolean isClosedByService() {
    return closedByService;
  }

  String lostBecause() {
    return lostBecause;
  }

  /** Time of the loss as {@link Platform#nanoTime()}; the present time if not lost. */
  long lostNanos() {
    return isLost() ? lostNanos : platform.nanoTime();
  }

  @Override
  public void connectionLost(Throwable cause) {
    MqttFailure failure = MqttFailure.of(cause, dialer);
    closedByService = lostBecause == null && failure.equals(MqttFailure.CLOSED_BY_SERVICE);
    lose(failure.text());
    release();
  }

  private void lose(String reason) {
    boolean first;
    synchronized (unconfirmed) {
      first = lostBecause == null;
      if (first) {
        lostNanos = platform.nanoTime();
        lostBecause = reason;
        unconfirmed.clear();
      }
    }
    if (first) {
      admission.close();
      listener.lost();
    }
  }

  /** Drops the connection at once; unacknowledged messages are redelivered on the next one. */
  void abandon(String reason) {
    lose(reason);
    release();
  }

  /** Ends Paho's client on another thread, because that can block for ever. */
  private void release() {
    platform.thread("intake-release", this::end).start();
  }

  private void end() {
    try {
      client.disconnectForcibly(0, 1, false);
      client.close(true);
    } catch (MqttException | RuntimeException e) {
      // the connection is gone either way
    }
  }

  /** Closes the connection cleanly: PUBACKs first, then DISCONNECT. */
  void close(long timeoutMillis) {
    try {
      client
          .disconnect(timeoutMillis)
          .waitForCompletion(timeoutMillis + TimeUnit.SECONDS.toMillis(1));
    } catch (MqttException e) {
      // the connection is dropped below
    }
    abandon("it was closed");
  }

  @Override
  public void deliveryComplete(IMqttDeliveryToken token) {
    // nothing is ever published here
  }
}
