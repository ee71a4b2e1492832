package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each certificate is taken or refused as its kind says, on both sides. */
class SimulatorBadCertificatesTest {
  @TempDir Path dir;
  private Simulator simulator;

  @AfterEach
  void stop() {
    simulator.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"GOOD", "SECOND"})
  void takesAGoodClient(ClientCertificate which) throws Exception {
    start(ServerCertificate.GOOD);

    TestSubscriber.connect(simulator, showing(which), "one").close();
    assertEquals(200, rest(which).get("device").statusCode());
  }

  @ParameterizedTest
  @EnumSource(names = {"EXPIRED", "UNKNOWN_CA"})
  void endsTheHandshakeOfABadClient(ClientCertificate which) throws Exception {
    start(ServerCertificate.GOOD);

    assertThrows(
        MqttException.class, () -> TestSubscriber.connect(simulator, showing(which), "one"));
    assertThrows(IOException.class, () -> rest(which).get("device"));
  }

  @Test
  void refusesAClientWithoutTheRoleAfterTheHandshake() throws Exception {
    start(ServerCertificate.GOOD);

    MqttException refusal =
        assertThrows(
            MqttException.class,
            () -> TestSubscriber.connect(simulator, showing(ClientCertificate.NO_ROLE), "one"));
    assertEquals(5, refusal.getReasonCode());
    assertEquals(403, rest(ClientCertificate.NO_ROLE).get("event/$metadata").statusCode());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GOOD")
  void showsABadServer(ServerCertificate which) throws Exception {
    start(which);

    assertThrows(IOException.class, () -> rest(ClientCertificate.GOOD).get("device"));
    if (which != ServerCertificate.WRONG_HOST) {
      // the names of an MQTT server are the client's business
      assertThrows(
          MqttException.class,
          () -> TestSubscriber.connect(simulator, showing(ClientCertificate.GOOD), "one"));
    }
  }

  private void start(ServerCertificate shown) throws IOException {
    simulator =
        Simulator.start(
            SimulatorOptions.in(dir)
                .withRules(ServiceRules.documented().withServerCertificate(shown)));
  }

  private SSLContext showing(ClientCertificate which) throws Exception {
    return TestTls.showing(simulator.certificates().keystore(which), simulator.certificates());
  }

  private TestRest rest(ClientCertificate which) throws Exception {
    return new TestRest(simulator, showing(which));
  }
}
