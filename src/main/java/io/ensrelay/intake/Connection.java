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
 * One connection to the service, from CONNECT to its end; a new one is made for every try, so that
 * nothing of an old one can hang or acknowledge what came on another.
 *
 * <p>The callback is set before the connection is made: what waits in a durable session comes right
 * behind the CONNACK. PUBACKs are sent in the order of receipt (MQTT-4.6.0-2).
 */
final class Connection implements MqttCallback {
  /** What is done with messages, and with the news that the connection is gone. */
  interface Listener {
    /** Must not wait; the message is in the window, and leaves it when all is done. */
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
   * @param patienceMillis how long a full window may stand still until the connection is left
   */
  Connection(
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
   * Returns when the service has accepted the connection.
   *
   * @return whether the service says that it has a session of this client id
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
   * @return the topics that the service did not grant at QoS 1, each with what it answered
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

  /** Only QoS 1 keeps the promise: at another a message is lost when anything fails. */
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

  /** As it was when the message was let in: its packet, without the fixed header. */
  private static int size(String topic, MqttMessage message) {
    int topicBytes = 2 + topic.getBytes(StandardCharsets.UTF_8).length;
    return topicBytes + (message.getQos() > 0 ? 2 : 0) + message.getPayload().length;
  }

  /** Takes no more messages; those that have arrived can still be acknowledged. */
  void takeNoMore() {
    admission.close();
  }

  /** Sends the PUBACK once all messages before it are acknowledged; none on a lost connection. */
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

  /** True when the service ended it, as it does when another client takes the session over. */
  boolean isClosedByService() {
    return closedByService;
  }

  String lostBecause() {
    return lostBecause;
  }

  /** When it was lost, by the nanoseconds of the platform; of one that is not lost: now. */
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

  /** Leaves at once: what is not acknowledged is sent again on the next connection. */
  void abandon(String reason) {
    lose(reason);
    release();
  }

  /** Paho's own shutting down can wait for ever, so nobody waits for it. */
  private void release() {
    platform.thread("intake-release", this::end).start();
  }

  private void end() {
    try {
      client.disconnectForcibly(0, 1, false);
      client.close(true);
    } catch (MqttException | RuntimeException e) {
      // it is gone either way
    }
  }

  /** Leaves in peace: PUBACKs first, then DISCONNECT. */
  void close(long timeoutMillis) {
    try {
      client
          .disconnect(timeoutMillis)
          .waitForCompletion(timeoutMillis + TimeUnit.SECONDS.toMillis(1));
    } catch (MqttException e) {
      // then at once
    }
    abandon("it was closed");
  }

  @Override
  public void deliveryComplete(IMqttDeliveryToken token) {
    // nothing is ever published here
  }
}
