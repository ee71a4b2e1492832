package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.check.Finding;
import io.ensrelay.config.Settings;
import io.ensrelay.tls.Authority;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found of receivers that are there, away, or refuse. */
class DestinationProbeTest {
  @TempDir Path dir;

  @Test
  void asksTheHealthOfSplunkAndTheRootOfElastic() throws Exception {
    try (HttpStub server = new Paths()) {
      server.start();
      List<Finding> found =
          look(
              Map.of(
                  "splunk.enabled", "true",
                  "splunk.url", server.url(),
                  "splunk.token", "s3cret",
                  "elastic.enabled", "true",
                  "elastic.url", server.url(),
                  "elastic.index", "events",
                  "elastic.username", "relay",
                  "elastic.password", "s3cret"));

      assertEquals(Finding.Level.WARNING, found.get(0).level());
      assertEquals(server.url() + " answers HTTP 503", found.get(0).said());
      assertEquals(Finding.Level.OK, found.get(1).level());
      assertEquals("/services/collector/health", server.requests().get(0).target());
      assertEquals("/", server.requests().get(1).target());
      assertTrue(server.requests().get(1).header("Authorization").startsWith("Basic "));
    }
  }

  /** Splunk with full queues; any other path is there. */
  private static final class Paths extends HttpStub {
    @Override
    Answer answer(Request request) {
      return new Answer(request.target().endsWith("/health") ? 503 : 200, "{}");
    }
  }

  @Test
  void namesWhatIsNotReachable() throws Exception {
    int port = JmsBroker.freePort();
    List<Finding> found =
        look(
            Map.of(
                "jms.enabled", "true",
                "jms.url", "(tcp://127.0.0.1:" + port + ",tcp://b:1)?ha=true",
                "jms.queue", "events",
                "kafka.enabled", "true",
                "kafka.brokers", "127.0.0.1:" + port,
                "kafka.topic", "events"));

    assertEquals(List.of("jms", "kafka"), found.stream().map(Finding::what).toList());
    for (Finding each : found) {
      assertEquals(Finding.Level.FAILED, each.level());
      assertTrue(each.said().startsWith("127.0.0.1:" + port + ": "), each.said());
    }
  }

  @Test
  void looksAtTheCertificateWhereThereIsTls() throws Exception {
    Authority authority = new Authority("CA");
    Path trusted = Authority.pem(dir.resolve("ca.pem"), authority.certificate());
    Path other = Authority.pem(dir.resolve("other.pem"), new Authority("other").certificate());
    try (SyslogServer server = SyslogServer.tls(authority.server(authority.issue("localhost")))) {
      assertEquals(Finding.Level.OK, syslog(server, trusted).level());

      Finding refused = syslog(server, other);
      assertEquals(Finding.Level.FAILED, refused.level());
      assertTrue(refused.said().contains("ens.destination.syslog.truststore"), refused.said());
    }
  }

  private static Finding syslog(SyslogServer server, Path truststore) throws Exception {
    return look(Map.of(
            "syslog.enabled",
            "true",
            "syslog.url",
            "tls://localhost:" + server.port(),
            "syslog.truststore",
            truststore.toString()))
        .get(0);
  }

  @Test
  void saysThatSomeBrokersAreAway() throws Exception {
    try (ServerSocket open = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
      Finding kafka =
          look(Map.of(
                  "kafka.enabled", "true",
                  "kafka.brokers",
                      "127.0.0.1:" + open.getLocalPort() + ",127.0.0.1:" + JmsBroker.freePort(),
                  "kafka.topic", "events"))
              .get(0);

      assertEquals(Finding.Level.WARNING, kafka.level());
    }
  }

  @Test
  void triesNothingThatIsOff() throws Exception {
    assertEquals(List.of(), look(Map.of("webhook.url", "http://127.0.0.1:1/x")));
  }

  private static List<Finding> look(Map<String, String> keys) {
    Properties given = new Properties();
    keys.forEach((key, value) -> given.setProperty("ens.destination." + key, value));
    return new DestinationProbe(Settings.load(Path.of("application.properties"), Map.of(), given))
        .look();
  }
}
