package io.ensrelay.intake;

import io.ensrelay.config.Settings;
import io.ensrelay.service.Dialer;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;

/**
 * Checks whether the service accepts a connection, also while a relay is running. With its own
 * client id, a clean session and no subscription it takes no events and leaves no session.
 */
public final class MqttProbe {
  private static final int SECONDS = 15;

  private MqttProbe() {}

  /**
   * Connects and disconnects again; returns if the service has accepted the connection.
   *
   * @throws IOException if it has not; the message says why in one line
   */
  public static void connect(Settings settings) throws IOException {
    MqttConnectOptions options = new MqttConnectOptions();
    options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
    options.setCleanSession(true);
    options.setConnectionTimeout(SECONDS);
    settings.get("ens.mqtt.username").ifPresent(options::setUserName);
    settings.get("ens.mqtt.password").map(String::toCharArray).ifPresent(options::setPassword);
    try (Dialer dialer = Dialer.toBroker(settings)) {
      connect(settings, options, dialer);
    }
  }

  private static void connect(Settings settings, MqttConnectOptions options, Dialer dialer)
      throws IOException {
    try {
      ServiceClient client =
          new ServiceClient(
              settings.get("ens.mqtt.url").orElseThrow(),
              "ens-relay-check-" + UUID.randomUUID().toString().substring(24),
              bytes -> true);
      try {
        client.use(dialer.dial());
        client.connect(options).waitForCompletion(TimeUnit.SECONDS.toMillis(SECONDS));
      } finally {
        client.disconnectForcibly(0, 1000);
        client.close(true);
      }
    } catch (MqttException | IOException e) {
      throw new IOException(MqttFailure.of(e, dialer).text());
    }
  }
}
