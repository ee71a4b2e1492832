package io.ensrelay.bench;

import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The same as {@link PahoLoop}, with the client of HiveMQ. */
final class HiveLoop {
  private HiveLoop() {}

  /** Tenant, directory of the service, port, file. */
  public static void main(String[] args) throws Exception {
    Tls tls = new Tls(Path.of(args[1]));
    Mqtt3AsyncClient client =
        Mqtt3Client.builder()
            .identifier(args[0])
            .serverHost("localhost")
            .serverPort(Integer.parseInt(args[2]))
            .sslConfig(
                MqttClientSslConfig.builder()
                    .keyManagerFactory(tls.keys)
                    .trustManagerFactory(tls.trust)
                    .protocols(List.of("TLSv1.2"))
                    .build())
            .buildAsync();
    OutputStream file = new FileOutputStream(args[3], true);
    client.publishes(
        MqttGlobalPublishFilter.ALL,
        message -> {
          byte[] payload = message.getPayloadAsBytes();
          byte[] line = Arrays.copyOf(payload, payload.length + 1);
          line[line.length - 1] = '\n';
          try {
            file.write(line);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          message.acknowledge();
        },
        true);
    client.connectWith().cleanSession(false).send().join();
    new CountDownLatch(1).await();
  }
}
