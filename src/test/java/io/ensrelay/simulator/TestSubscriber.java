package io.ensrelay.simulator;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** An MQTT client that keeps what it gets; with a durable session unless told otherwise. */
final class TestSubscriber implements AutoCloseable, MqttCallback {
  record Received(String topic, String text, int qos) {}

  private final MqttClient client;
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final List<String> duplicates = new CopyOnWriteArrayList<>();
  private final List<MqttMessage> unacknowledged = new CopyOnWriteArrayList<>();
  private volatile boolean acknowledging = true;
  private volatile boolean connectionLost;
  private TestSockets sockets;

  private TestSubscriber(String url, String clientId) throws MqttException {
    client = new MqttClient(url, clientId, new MemoryPersistence());
  }

  static TestSubscriber connect(Simulator simulator, SSLContext tls, String clientId)
      throws MqttException {
    return connect(simulator, tls, clientId, false, true);
  }

  /** Gets messages and does not acknowledge them until it is told to. */
  static TestSubscriber hesitant(Simulator simulator, SSLContext tls, String clientId)
      throws MqttException {
    return connect(simulator, tls, clientId, false, false);
  }

  static TestSubscriber clean(Simulator simulator, SSLContext tls, String clientId)
      throws MqttException {
    return connect(simulator, tls, clientId, true, true);
  }

  private static TestSubscriber connect(
      Simulator simulator, SSLContext tls, String clientId, boolean clean, boolean acknowledging)
      throws MqttException {
    TestSubscriber subscriber = new TestSubscriber(simulator.mqttUrl(), clientId);
    MqttConnectOptions options = new MqttConnectOptions();
    options.setCleanSession(clean);
    options.setConnectionTimeout(10);
    // or else a refused connection is tried once more, with MQTT 3.1
    options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
    subscriber.sockets = new TestSockets(tls.getSocketFactory());
    options.setSocketFactory(subscriber.sockets);
    subscriber.acknowledging = acknowledging;
    subscriber.client.setManualAcks(true);
    subscriber.client.setCallback(subscriber);
    try {
      subscriber.client.connect(options);
    } catch (MqttException e) {
      subscriber.client.close(true);
      throw e;
    }
    return subscriber;
  }

  void subscribe(String... topics) throws MqttException {
    subscribe(1, topics);
  }

  void subscribe(int level, String... topics) throws MqttException {
    int[] qos = new int[topics.length];
    java.util.Arrays.fill(qos, level);
    client.subscribe(topics, qos);
  }

  /** Acknowledges what has come and what comes. */
  void acknowledge() throws MqttException {
    acknowledging = true;
    for (MqttMessage message : unacknowledged) {
      client.messageArrivedComplete(message.getId(), message.getQos());
    }
    unacknowledged.clear();
  }

  /** Goes without a word, as a process that is killed. */
  void vanish() throws MqttException {
    sockets.close();
    client.disconnectForcibly(0, 1, false);
    client.close(true);
  }

  boolean isConnected() {
    return client.isConnected();
  }

  boolean hasLostItsConnection() {
    return connectionLost;
  }

  /** The texts of what came with DUP set. */
  List<String> duplicates() {
    return duplicates;
  }

  List<String> texts() {
    return received.stream().map(Received::text).toList();
  }

  List<Received> received() {
    return received;
  }

  @Override
  public void messageArrived(String topic, MqttMessage message) throws MqttException {
    String text = new String(message.getPayload(), StandardCharsets.UTF_8);
    if (message.isDuplicate()) {
      duplicates.add(text);
    }
    if (acknowledging) {
      client.messageArrivedComplete(message.getId(), message.getQos());
    } else {
      unacknowledged.add(message);
    }
    received.add(new Received(topic, text, message.getQos()));
  }

  @Override
  public void connectionLost(Throwable cause) {
    connectionLost = true;
  }

  @Override
  public void deliveryComplete(IMqttDeliveryToken token) {
    // publishes nothing
  }

  @Override
  public void close() throws MqttException {
    if (client.isConnected()) {
      client.disconnect(2_000);
    }
    sockets.close();
    client.close(true);
  }
}
