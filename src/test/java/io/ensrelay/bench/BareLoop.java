package io.ensrelay.bench;

import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * What one would write by hand: take a message, append it to a buffered file, acknowledge. It has
 * no spool, and loses what is in its buffer when it is killed. Prints messages per second.
 */
final class BareLoop {
  private BareLoop() {}

  public static void main(String[] args) throws Exception {
    int expected = Integer.parseInt(args[1]);
    Path dir = Path.of(args[2]);
    MqttClient client =
        new MqttClient("ssl://localhost:" + args[3], args[0], new MemoryPersistence());
    MqttConnectOptions options = new MqttConnectOptions();
    options.setCleanSession(false);
    options.setSocketFactory(tls(dir).getSocketFactory());
    client.setManualAcks(true);
    CountDownLatch left = new CountDownLatch(expected);
    AtomicLong first = new AtomicLong();
    try (OutputStream file =
        new BufferedOutputStream(Files.newOutputStream(dir.resolve("bare.jsonl")), 1 << 16)) {
      client.setCallback(
          new MqttCallback() {
            @Override
            public void messageArrived(String topic, MqttMessage message) throws Exception {
              first.compareAndSet(0, System.nanoTime());
              file.write(message.getPayload());
              file.write('\n');
              client.messageArrivedComplete(message.getId(), message.getQos());
              left.countDown();
            }

            @Override
            public void connectionLost(Throwable cause) {
              cause.printStackTrace();
            }

            @Override
            public void deliveryComplete(IMqttDeliveryToken token) {}
          });
      client.connect(options);
      client.subscribe(DrainBenchmark.TENANT + "/device/#", 1);
      left.await();
    }
    System.out.println(expected * 1e9 / Math.max(1, System.nanoTime() - first.get()));
    client.disconnect();
    System.exit(0);
  }

  private static SSLContext tls(Path dir) throws Exception {
    char[] password = DrainBenchmark.PASSWORD.toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(KeyStore.getInstance(dir.resolve("client.p12").toFile(), password), password);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(KeyStore.getInstance(dir.resolve("truststore.p12").toFile(), password));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
