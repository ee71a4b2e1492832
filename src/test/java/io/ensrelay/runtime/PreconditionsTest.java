package io.ensrelay.runtime;

import static io.ensrelay.http.RawServer.send;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.check.Finding;
import io.ensrelay.config.Settings;
import io.ensrelay.http.RawServer;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import io.ensrelay.simulator.SimulatorOptions;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The findings of {@code check} about destinations. */
@Timeout(60)
class PreconditionsTest {
  @TempDir Path dir;

  @Test
  void goesToTheWebhookThroughItsProxyAndTellsItTheCredentials() throws Exception {
    try (RawServer proxy =
        new RawServer(
            (n, out) -> {
              send(out, "HTTP/1.1 403 Never\r\nContent-Length: 0\r\n\r\n");
              return true;
            })) {
      Finding webhook =
          finding(
              "webhook",
              Map.of(
                  "ens.destination.webhook.enabled", "true",
                  "ens.destination.webhook.url", "https://my_service/T0SECRET?sig=a|b",
                  "ens.destination.webhook.proxy", "http://localhost:" + proxy.port(),
                  "ens.destination.webhook.proxy-username", "me",
                  "ens.destination.webhook.proxy-password", "s3cret"));

      assertEquals(Finding.Level.FAILED, webhook.level(), webhook.said());
      assertTrue(
          webhook.said().contains("does not allow a connection to my_service:443 (HTTP 403)"),
          webhook.said());
      String head = proxy.heads().get(0);
      assertTrue(head.contains("\r\nProxy-Authorization: Basic bWU6czNjcmV0\r\n"), head);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "webhook, http://localhost:PORT/T0SECRET?sig=a|b, localhost",
    "webhook, HTTP://127.0.0.1:PORT, 127.0.0.1",
    "jms, tcp://localhost:PORT?sslEnabled=false, localhost",
    "jms, '(tcp://localhost:PORT,tcp://b:61616)?ha=true', localhost"
  })
  void findsAPortThatTakesConnections(String destination, String url, String host)
      throws Exception {
    try (ServerSocket server = new ServerSocket(0)) {
      Finding finding =
          finding(
              destination,
              Map.of(
                  "ens.destination." + destination + ".enabled",
                  "true",
                  "ens.destination." + destination + ".url",
                  url.replace("PORT", server.getLocalPort() + "")));

      assertEquals(
          host + ":" + server.getLocalPort() + " takes connections",
          finding.said(),
          finding.level() + "");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "webhook, http://nowhere_at.invalid/T0SECRET?sig=a|b",
    "webhook, https://nowhere_at.invalid/T0SECRET?sig=a|b",
    "jms, tcp://nowhere_at.invalid:61616?password=T0SECRET"
  })
  void namesAnUnknownHostWithoutTheRestOfItsUrl(String destination, String url) {
    Finding finding =
        finding(
            destination,
            Map.of(
                "ens.destination." + destination + ".enabled",
                "true",
                "ens.destination." + destination + ".url",
                url));

    assertEquals(Finding.Level.FAILED, finding.level());
    assertTrue(finding.said().startsWith("unknown host nowhere_at.invalid"), finding.said());
    assertTrue(!finding.said().contains("T0SECRET"), finding.said());
  }

  @Test
  void asksTheServiceForItsEventTypesBeforeTheFirstRun() throws Exception {
    Path file = dir.resolve("siem.camel.yaml");
    Files.writeString(
        file,
        """
        - route:
            id: destination.siem
            from:
              uri: kamelet:ens-events-source
              parameters:
                destination: siem
                events: device_wipd
              steps:
                - to: log:siem
        """);
    try (Simulator service = Simulator.start(SimulatorOptions.in(dir.resolve("service")))) {
      Finding routes =
          finding(
              "routes",
              Map.of(
                  "ens.api.url",
                  service.apiUrl(),
                  "ens.api.username",
                  "ens",
                  "ens.api.password",
                  "ens",
                  "ens.tls.truststore",
                  service.certificates().truststore().toString(),
                  "ens.tls.truststore-password",
                  SimulatorCertificates.PASSWORD,
                  "camel.main.routesIncludePattern",
                  "file:" + file));

      assertEquals(
          file + ", line 7: the service has no event type device_wipd; did you mean device_wiped?",
          routes.said());
    }
  }

  private Finding finding(String what, Map<String, String> keys) {
    Properties all = new Properties();
    all.setProperty("ens.api.url", "https://127.0.0.1:1");
    all.setProperty("ens.mqtt.url", "ssl://127.0.0.1:1");
    all.setProperty("ens.data.dir", dir.resolve("data").toString());
    all.putAll(keys);
    List<Finding> found =
        new Preconditions(Settings.load(dir.resolve("none.properties"), Map.of(), all)).all();
    return found.stream().filter(each -> each.what().equals(what)).findFirst().orElseThrow();
  }
}
