package io.ensrelay.simulator;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** An MQTT client that publishes at QoS 1, with many messages under way. */
final class TestPublisher implements AutoCloseable {
  private final MqttAsyncClient client;

  private TestPublisher(MqttAsyncClient client) {
    this.client = client;
  }

  /**
   * @param keepAlive seconds
   */
  static TestPublisher connect(Simulator simulator, SSLContext tls, int keepAlive)
      throws MqttException {
    MqttAsyncClient client =
        new MqttAsyncClient(simulator.mqttUrl(), "publisher", new MemoryPersistence());
    MqttConnectOptions options = new MqttConnectOptions();
    options.setSocketFactory(tls.getSocketFactory());
    options.setMaxInflight(1000);
    options.setKeepAliveInterval(keepAlive);
    client.connect(options).waitForCompletion(TimeUnit.SECONDS.toMillis(10));
    return new TestPublisher(client);
  }

  /** Returns when all of them, at most 1000, are acknowledged. */
  void publish(String topic, List<String> texts) throws MqttException {
    List<IMqttDeliveryToken> tokens = new ArrayList<>();
    for (String text : texts) {
      tokens.add(client.publish(topic, text.getBytes(StandardCharsets.UTF_8), 1, false));
    }
    for (IMqttDeliveryToken token : tokens) {
      token.waitForCompletion(TimeUnit.SECONDS.toMillis(20));
    }
  }

  boolean isConnected() {
    return client.isConnected();
  }

  @Override
  public void close() throws MqttException {
    client.disconnectForcibly(0, 1000);
    client.close(true);
  }
}
