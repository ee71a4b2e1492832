package io.ensrelay.destination;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import io.ensrelay.event.Event;
import io.ensrelay.spool.DestinationStatus.State;
import io.ensrelay.tls.Authority;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped syslog destination with the real spool, and receivers in this process. */
class SyslogSinkTest {
  private static final String FILE = "routes/destinations/syslog.camel.yaml";
  private static final Pattern MESSAGE =
      Pattern.compile(
          "<134>1 (\\S+) (\\S+) ens-relay - (\\S+)"
              + " \\[ens@32473 id=\"(\\w+)\" tenant=\"(.*?)\" type=\"(.*?)\"] (.*)");

  @TempDir Path data;

  @Test
  void sendsEachEventOverTcpInOctetCountedFrames() throws Exception {
    try (SyslogServer server = SyslogServer.tcp(0);
        RunningDestination relay = relay("tcp", server, Map.of())) {
      List<Event> events = relay.events(1000, 7);
      relay.store(events);
      awaitMessages(server, 1000);

      assertEquals(texts(events), server.messages().stream().map(m -> parsed(m).group(7)).toList());
      Matcher first = parsed(server.messages().get(0));
      assertEquals("2020-02-27T09:36:13.229Z", first.group(1));
      assertEquals("device.check_in", first.group(3));
      assertEquals(events.get(0).id(), first.group(4));
      assertEquals("default", first.group(5));
      assertEquals("device.check_in", first.group(6));
      assertEquals(List.of(), server.mistakes());
      assertEquals(1, server.connections());
    }
  }

  @Test
  void sendsOverTlsToAReceiverItTrusts() throws Exception {
    Authority authority = new Authority("CA");
    Path truststore = Authority.pem(data.resolve("ca.pem"), authority.certificate());
    try (SyslogServer server = SyslogServer.tls(authority.server(authority.issue("localhost")));
        RunningDestination relay =
            relay("tls", server, Map.of("ens.destination.syslog.truststore", truststore + ""))) {
      List<Event> events = relay.events(300, 5);
      relay.store(events);
      awaitMessages(server, 300);

      assertEquals(ids(events), ids(server));
    }
  }

  @Test
  void opensATruststoreByAPasswordOfAnyCharacters() throws Exception {
    Authority authority = new Authority("CA");
    // Java opens no PKCS#12 by a password that is not ASCII
    String odd = JmsBroker.ODD.replace('ä', 'a');
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("ca", authority.certificate());
    Path truststore = data.resolve("ca.p12");
    try (OutputStream out = Files.newOutputStream(truststore)) {
      trust.store(out, odd.toCharArray());
    }
    Map<String, String> settings =
        Map.of(
            "ens.destination.syslog.truststore",
            truststore.toString(),
            "ens.destination.syslog.truststore-password",
            odd);
    try (SyslogServer server = SyslogServer.tls(authority.server(authority.issue("localhost")));
        RunningDestination relay = relay("tls", server, settings)) {
      relay.store(relay.events(1, 1));
      awaitMessages(server, 1);
    }
  }

  @Test
  void sendsNothingToAReceiverOfAnotherNameOrAuthority() throws Exception {
    Authority authority = new Authority("CA");
    Path truststore = Authority.pem(data.resolve("ca.pem"), authority.certificate());
    Map<String, String> trust = Map.of("ens.destination.syslog.truststore", truststore.toString());
    try (SyslogServer server =
            SyslogServer.tls(authority.server(authority.issue("other.example")));
        RunningDestination relay = relay("tls", server, trust)) {
      relay.store(relay.events(10, 5));
      relay.awaitState("syslog", State.STALLED);

      String why = relay.status("syslog").trouble().orElseThrow();
      assertTrue(why.contains("other.example"), why);
      assertEquals(List.of(), server.messages());
    }
    Authority stranger = new Authority("Stranger");
    try (SyslogServer server = SyslogServer.tls(stranger.server(stranger.issue("localhost")));
        RunningDestination relay = relay("tls", server, trust)) {
      relay.awaitState("syslog", State.STALLED);

      String why = relay.status("syslog").trouble().orElseThrow();
      assertTrue(why.contains("ens.destination.syslog.truststore"), why);
      assertEquals(List.of(), server.messages());
    }
  }

  @Test
  void sendsADatagramPerEventAndKeepsOneThatIsTooLarge() throws Exception {
    try (SyslogServer server = SyslogServer.udp();
        RunningDestination relay = relay("udp", server, Map.of())) {
      List<Event> events = new ArrayList<>(relay.events(20, 5));
      Event large = relay.event("large", 99, ",\"note\":\"" + "x".repeat(61_000) + "\"");
      events.add(7, large);
      relay.store(events);
      awaitMessages(server, 20);
      await().atMost(RunningDestination.SOON).until(() -> relay.deadLetters().size() == 1);

      events.remove(large);
      assertEquals(ids(events), ids(server));
      assertEquals(large.id(), relay.deadLetters().get(0).letter().attributes().get("eventId"));
    }
  }

  @Test
  void letsNoDataOfADeviceEndALineOrAField() throws Exception {
    String hostile = "a\\\"] [x y=\\\"1\\\"]\\n<0>1 - - - - - - %s%n\\u0000\\u001b[31m \\u2028 Zoë";
    try (SyslogServer server = SyslogServer.tcp(0);
        RunningDestination relay = relay("tcp", server, Map.of())) {
      Event event = relay.event("d", 1, ",\"model\":\"" + hostile + "\",\n\"os\":\"]\\\"\\\\\"");
      relay.store(List.of(event));
      awaitMessages(server, 1);

      String message = server.messages().get(0);
      assertTrue(message.chars().noneMatch(c -> c < ' '), message);
      assertEquals(
          new String(event.json(), StandardCharsets.UTF_8).replace('\n', ' '),
          parsed(message).group(7));
    }
  }

  @Test
  void escapesTheParametersOfStructuredData() {
    SyslogMessage message = SyslogMessage.from("user", "my app");
    String text =
        new String(
            message.of(
                Map.of("eventId", "1", "tenant", "a\"]\\\n", "eventType", "x\n\"y] z"), "t\nu"),
            StandardCharsets.UTF_8);

    assertTrue(
        text.endsWith(
            " my_app - x_\"y]_z [ens@32473 id=\"1\" tenant=\"a\\\"\\]\\\\?\" type=\"x?\\\"y\\] z\"]"
                + " t u"),
        text);
    assertTrue(text.startsWith("<14>1 - "), text);
  }

  @Test
  void writesCef() throws Exception {
    try (SyslogServer server = SyslogServer.tcp(0);
        RunningDestination relay =
            relay("tcp", server, Map.of("ens.destination.syslog.format", "cef"))) {
      Event event =
          relay.event(
              "d|1", 1, ",\"os\":\"I=OS\",\"model\":\"a\\\\b\\nc|d\",\"macAddress\":\"74:81\"");
      relay.store(List.of(event));
      awaitMessages(server, 1);

      String cef = parsed(server.messages().get(0)).group(7);
      assertTrue(cef.matches("CEF:0\\|Ivanti\\|ENS\\|[^|]*\\|device.check_in\\|.*"), cef);
      assertTrue(
          cef.endsWith(
              "|Device check in|1|rt=1582796173230 deviceExternalId=d|1 dvcmac=74:81"
                  + " cs1Label=os cs1=I\\=OS cs5Label=tenant cs5=default"
                  + " cs6Label=model cs6=a\\\\b\\nc|d externalId="
                  + event.id()),
          cef);
    }
  }

  @Test
  void sendsOverANewConnectionWhenTheReceiverHasClosed() throws Exception {
    try (SyslogServer server = SyslogServer.tcp(0);
        RunningDestination relay = relay("tcp", server, Map.of())) {
      List<Event> events = relay.events(60, 5);
      for (int i = 0; i < 6; i++) {
        relay.store(events.subList(10 * i, 10 * i + 10));
        relay.awaitDelivered("syslog", 10 * i + 10);
        server.hangUp();
      }
      relay.store(relay.events(1, 1));
      await()
          .atMost(RunningDestination.SOON)
          .until(() -> new LinkedHashSet<>(ids(server)).containsAll(ids(events)));

      assertEquals(ids(events), new ArrayList<>(new LinkedHashSet<>(ids(server))).subList(0, 60));
      assertTrue(server.connections() > 1);
      assertEquals(0, relay.deadLetters().size());
    }
  }

  @Test
  void deliversAllWhenTheReceiverIsBack() throws Exception {
    SyslogServer server = SyslogServer.tcp(0);
    int port = server.port();
    try (RunningDestination relay = relay("tcp", server, Map.of())) {
      List<Event> events = relay.events(200, 5);
      relay.store(events.subList(0, 100));
      awaitMessages(server, 100);
      server.close();
      relay.store(events.subList(100, 200));
      relay.awaitState("syslog", State.STALLED);

      server = SyslogServer.tcp(port);
      relay.awaitDelivered("syslog", 200);
      SyslogServer back = server;
      await()
          .atMost(RunningDestination.SOON)
          .until(() -> ids(back).containsAll(ids(events.subList(100, 200))));
      assertEquals(0, relay.deadLetters().size());
    } finally {
      server.close();
    }
  }

  @Test
  void servesASecondDestinationOfTheUser() throws Exception {
    Path file =
        Files.writeString(
            data.resolve("soc.camel.yaml"),
            """
            - route:
                id: destination.soc
                from:
                  uri: kamelet:ens-events-source
                  parameters:
                    destination: soc
                  steps:
                    - to:
                        uri: kamelet:ens-syslog-sink
                        parameters:
                          destination: soc
                          format: cef
            """);
    try (SyslogServer server = SyslogServer.tcp(0);
        SyslogServer soc = SyslogServer.tcp(0)) {
      Map<String, String> settings = new HashMap<>(settings("tcp", server));
      settings.put("ens.destination.soc.url", "tcp://localhost:" + soc.port());
      try (RunningDestination relay =
          new RunningDestination(data, List.of(FILE, file.toString()), settings)) {
        relay.store(relay.events(10, 2));
        awaitMessages(server, 10);
        awaitMessages(soc, 10);

        assertTrue(parsed(soc.messages().get(0)).group(7).startsWith("CEF:0|"));
        assertTrue(parsed(server.messages().get(0)).group(7).startsWith("{"));
      }
    }
  }

  @Test
  void endsTheStartWhenASettingIsWrong() throws Exception {
    try (SyslogServer server = SyslogServer.tcp(0)) {
      Map<String, String> settings = Map.of("ens.destination.syslog.facility", "local9");
      Throwable failure =
          assertThrows(Exception.class, () -> relay("tcp", server, settings).close());
      while (!(failure instanceof ConfigurationException)) {
        failure = failure.getCause();
      }
      assertTrue(
          failure
              .getMessage()
              .startsWith("ens.destination.syslog.facility=local9: is none of kern"),
          failure.getMessage());
    }
  }

  private static Map<String, String> settings(String scheme, SyslogServer server) {
    return Map.of(
        "ens.destination.syslog.enabled",
        "true",
        "ens.destination.syslog.url",
        scheme + "://localhost:" + server.port());
  }

  private RunningDestination relay(String scheme, SyslogServer server, Map<String, String> more)
      throws Exception {
    Map<String, String> settings = new HashMap<>(settings(scheme, server));
    settings.putAll(more);
    return new RunningDestination(data, List.of(FILE), settings);
  }

  private static void awaitMessages(SyslogServer server, int count) {
    await().atMost(RunningDestination.SOON).until(() -> server.messages().size() >= count);
  }

  private static Matcher parsed(String message) {
    Matcher parts = MESSAGE.matcher(message);
    assertTrue(parts.matches(), message);
    return parts;
  }

  private static List<String> ids(SyslogServer server) {
    return server.messages().stream().map(message -> parsed(message).group(4)).toList();
  }

  private static List<String> ids(List<Event> events) {
    return events.stream().map(Event::id).toList();
  }

  private static List<String> texts(List<Event> events) {
    return events.stream().map(e -> new String(e.json(), StandardCharsets.UTF_8)).toList();
  }
}
