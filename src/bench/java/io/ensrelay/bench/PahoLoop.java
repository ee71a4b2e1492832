package io.ensrelay.bench;

import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** What one would write by hand: take a message, append it to a file, acknowledge. */
final class PahoLoop {
  private PahoLoop() {}

  /** Tenant, directory of the service, port, file. */
  public static void main(String[] args) throws Exception {
    MqttClient client =
        new MqttClient("ssl://localhost:" + args[2], args[0], new MemoryPersistence());
    MqttConnectOptions options = new MqttConnectOptions();
    options.setCleanSession(false);
    options.setSocketFactory(new Tls(Path.of(args[1])).sockets());
    client.setManualAcks(true);
    OutputStream file = new FileOutputStream(args[3], true);
    client.setCallback(
        new MqttCallback() {
          @Override
          public void messageArrived(String topic, MqttMessage message) throws Exception {
            byte[] line = Arrays.copyOf(message.getPayload(), message.getPayload().length + 1);
            line[line.length - 1] = '\n';
            file.write(line);
            client.messageArrivedComplete(message.getId(), message.getQos());
          }

          @Override
          public void connectionLost(Throwable cause) {
            cause.printStackTrace();
          }

          @Override
          public void deliveryComplete(IMqttDeliveryToken token) {}
        });
    client.connect(options);
  }
}
