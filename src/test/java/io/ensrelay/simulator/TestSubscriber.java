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

/** An MQTT client with a durable session that keeps what it gets. */
final class TestSubscriber implements AutoCloseable, MqttCallback {
  record Received(String topic, String text, int qos) {}

  private final MqttClient client;
  private final List<Received> received = new CopyOnWriteArrayList<>();

  private TestSubscriber(String url, String clientId) throws MqttException {
    client = new MqttClient(url, clientId, new MemoryPersistence());
  }

  static TestSubscriber connect(Simulator simulator, SSLContext tls, String clientId)
      throws MqttException {
    TestSubscriber subscriber = new TestSubscriber(simulator.mqttUrl(), clientId);
    MqttConnectOptions options = new MqttConnectOptions();
    options.setCleanSession(false);
    options.setConnectionTimeout(10);
    options.setSocketFactory(tls.getSocketFactory());
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
    int[] qos = new int[topics.length];
    java.util.Arrays.fill(qos, 1);
    client.subscribe(topics, qos);
  }

  List<Received> received() {
    return received;
  }

  @Override
  public void messageArrived(String topic, MqttMessage message) {
    received.add(
        new Received(
            topic, new String(message.getPayload(), StandardCharsets.UTF_8), message.getQos()));
  }

  @Override
  public void connectionLost(Throwable cause) {
    // a test that cares looks at what was received
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
    client.close(true);
  }
}
