package io.ensrelay.console;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.simulator.Fault;
import io.ensrelay.simulator.FaultKind;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Health, metrics and API of one relay, through changes of state. */
class ConsoleTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String[] CHANGE = {"Content-Type", "application/json", "X-Ens-Relay", "1"};

  @TempDir static Path dir;
  private static RunningRelay relay;

  @BeforeAll
  static void start() throws Exception {
    relay = new RunningRelay(dir, Map.of());
    relay.awaitConnected();
  }

  @AfterAll
  static void stop() throws Exception {
    relay.close();
  }

  private static JsonNode health(String which) throws Exception {
    return JSON.readTree(relay.get(relay.observeUrl() + "/health" + which).body());
  }

  private static int healthCode(String which) throws Exception {
    return relay.get(relay.observeUrl() + "/health" + which).statusCode();
  }

  private static double metric(String line) throws Exception {
    Matcher matcher =
        Pattern.compile("(?m)^" + Pattern.quote(line) + " (\\S+)$")
            .matcher(relay.get(relay.observeUrl() + "/metrics").body());
    return matcher.find() ? Double.parseDouble(matcher.group(1)) : Double.NaN;
  }

  private static JsonNode destination(String name) throws Exception {
    for (JsonNode each : relay.status().path("destinations")) {
      if (each.path("name").asText().equals(name)) {
        return each;
      }
    }
    throw new AssertionError("no destination " + name);
  }

  @Test
  void countsReceivedAndDeliveredEvents() throws Exception {
    double stored = metric("ens_events_stored_total{key=\"device_wiped\"}");
    double before = Double.isNaN(stored) ? 0 : stored;
    double received = metric("ens_messages_received_total");
    double delivered = metric("ens_destination_delivered_total{destination=\"archive\"}");
    relay.publish("wiped", "device-1", "");
    relay.publish("wiped", "device-2", "");

    await()
        .atMost(RunningRelay.SOON)
        .until(
            () ->
                metric("ens_destination_delivered_total{destination=\"archive\"}")
                    == delivered + 2);
    assertEquals(before + 2, metric("ens_events_stored_total{key=\"device_wiped\"}"));
    assertEquals(received + 2, metric("ens_messages_received_total"));
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> metric("ens_messages_acknowledged_total") >= received + 2);
    assertTrue(metric("ens_store_latency_seconds_count") >= 2);
    assertTrue(metric("ens_destination_latency_seconds_count{destination=\"archive\"}") >= 2);
    assertEquals(1, metric("ens_connected"));
    assertTrue(metric("ens_certificate_expiry_seconds") > 0);
    assertTrue(metric("jvm_threads_live_threads") > 0);
  }

  /** A name that is mistyped there would never be noticed. */
  @Test
  void hasEachMetricThatTheDashboardAndTheAlertsName() throws Exception {
    relay.publish("wiped", "device-8", "");
    relay.service.publish("device/wiped", "no JSON".getBytes(StandardCharsets.UTF_8));
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> metric("ens_dead_letters{destination=\"intake\"}") >= 1);
    String metrics = relay.get(relay.observeUrl() + "/metrics").body();
    String files =
        Files.readString(Path.of("ops", "grafana-dashboard.json"))
            + Files.readString(Path.of("ops", "prometheus-alerts.yaml"));
    Set<String> missing = new TreeSet<>();
    Matcher names = Pattern.compile("\\b(?:ens|jvm|process)_[a-z_]+").matcher(files);
    int found = 0;
    while (names.find()) {
      found++;
      if (!Pattern.compile("(?m)^" + names.group() + "[ {]").matcher(metrics).find()) {
        missing.add(names.group());
      }
    }
    assertTrue(found > 20, "only " + found);
    assertEquals(Set.of(), missing);
  }

  @Test
  void reportsAStalledDestinationAndTheEndOfItsStall() throws Exception {
    relay.webhookAnswer.set(503);
    relay.publish("enrolled", "device-3", "");

    await()
        .atMost(RunningRelay.SOON)
        .until(() -> destination("webhook").path("state").asText().equals("stalled"));
    assertTrue(destination("webhook").path("problem").asText().contains("503"));
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> destination("webhook").path("backlog").asLong() > 0);
    assertEquals(503, healthCode(""));
    assertEquals(200, healthCode("/live"));
    assertEquals(200, healthCode("/ready"));
    assertEquals(1, metric("ens_destination_stalled{destination=\"webhook\"}"));
    for (JsonNode check : health("").path("checks")) {
      if (check.path("name").asText().equals("destination.webhook")) {
        assertEquals("HTTP 503", check.at("/data/reason").asText());
        assertTrue(check.at("/data/tries").asInt() >= 1, check::toString);
        assertTrue(check.at("/data/next").asText().startsWith("20"), check::toString);
      }
    }
    assertTrue(metric("ens_destination_retries_total{destination=\"webhook\"}") >= 1);

    relay.webhookAnswer.set(200);
    await().atMost(RunningRelay.SOON).until(() -> healthCode("") == 200);
    assertEquals("ok", destination("webhook").path("state").asText());
    assertEquals(0, metric("ens_destination_stalled{destination=\"webhook\"}"));
  }

  @Test
  void isNotReadyButAliveWhileTheServiceIsAway() throws Exception {
    assertEquals("UP", health("/ready").path("status").asText());
    try (var fault = new Away()) {
      await().atMost(RunningRelay.SOON).until(() -> healthCode("/ready") == 503);
      assertEquals(200, healthCode("/live"));
      assertEquals(0, metric("ens_connected"));
      assertFalse(relay.status().path("connection").path("problem").asText().isEmpty());
    }
    await().atMost(RunningRelay.SOON).until(() -> healthCode("/ready") == 200);
    assertTrue(metric("ens_reconnects_total") >= 1);
  }

  /** The service's MQTT port is closed, and its connections cut. */
  private static final class Away implements AutoCloseable {
    Away() {
      relay.service.faults().set(Fault.of(FaultKind.MQTT_NOT_ACCEPTING));
      relay.service.faults().set(Fault.of(FaultKind.MQTT_DROP));
    }

    @Override
    public void close() {
      relay.service.faults().clear();
    }
  }

  @Test
  void sendsADeadLetterAgainAndDropsAnother() throws Exception {
    relay.webhookAnswer.set(422);
    relay.publish("retired", "device-4", "");
    relay.publish("retired", "device-5", "");
    await()
        .atMost(RunningRelay.SOON)
        .until(
            () ->
                JSON.readTree(relay.get(relay.url() + "/api/dead?destination=webhook").body())
                        .path("total")
                        .asLong()
                    == 2);
    relay.webhookAnswer.set(200);
    JsonNode letters =
        JSON.readTree(relay.get(relay.url() + "/api/dead?type=device.retired").body());
    JsonNode first = letters.path("items").path(0);
    assertEquals("webhook", first.path("destination").asText());
    String whole = relay.get(relay.url() + "/api/dead/" + first.path("id").asText()).body();
    assertTrue(JSON.readTree(whole).path("body").asText().contains("\"deviceGuid\":\"device-"));
    assertEquals("destination.webhook", JSON.readTree(whole).path("route").asText());

    String ids = "{\"ids\":[\"" + first.path("id").asText() + "\"]}";
    assertEquals("{\"replayed\":1}", relay.post("/api/dead/replay", ids, CHANGE).body());
    String device = first.path("device").asText();
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> relay.webhookGot.stream().anyMatch(e -> e.contains(device)));
    assertEquals(403, relay.post("/api/dead/drop", "{\"filter\":{}}").statusCode());
    assertEquals(400, relay.post("/api/dead/drop", "{}", CHANGE).statusCode());
    assertEquals(
        "{\"dropped\":1}",
        relay.post("/api/dead/drop", "{\"filter\":{\"type\":\"device.retired\"}}", CHANGE).body());
  }

  @Test
  void showsEventsAsTheyCome() throws Exception {
    relay.publish("compliant", "device-6", ",\"seq\":1");
    URI uri = URI.create(relay.url());
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("GET /api/events?device=device-6&last=200 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                      + relay.token()
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      assertTrue(next(lines).contains("\"seq\":1"));
      relay.publish("compliant", "device-7", ",\"seq\":2");
      relay.publish("compliant", "device-6", ",\"seq\":3");
      String last = next(lines);
      assertTrue(last.contains("\"seq\":3"), last);
    }
  }

  private static String next(BufferedReader lines) throws Exception {
    String line;
    while ((line = lines.readLine()) != null) {
      if (line.startsWith("{")) {
        return line;
      }
    }
    throw new AssertionError("the stream ended");
  }

  @Test
  void answersNoPageOfAnotherSite() throws Exception {
    assertEquals(
        403, relay.get(relay.url() + "/api/status", "Origin", "http://evil.example").statusCode());
    URI uri = URI.create(relay.url());
    assertTrue(
        raw(uri, "GET /api/status HTTP/1.1\r\nHost: evil.example\r\n\r\n").contains(" 421 "));
    assertTrue(
        raw(uri, "GET http://evil.example/api/status HTTP/1.1\r\nHost: localhost" + known())
            .contains(" 421 "));
    assertTrue(
        raw(uri, "GET /api/status HTTP/1.1\r\nHost: localhost:80" + known()).contains(" 200 "));
    assertTrue(
        raw(uri, "GET /../application.properties HTTP/1.1\r\nHost: localhost" + known())
            .contains(" 404 "));
    assertEquals(
        403,
        relay.post("/api/dead/drop", "{\"filter\":{}}", "Content-Type", "text/plain").statusCode());
  }

  private static String known() throws Exception {
    return "\r\nAuthorization: Bearer " + relay.token() + "\r\n\r\n";
  }

  private static String raw(URI uri, String request) throws Exception {
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
          .readLine();
    }
  }

  @Test
  void asksForThePasswordWhereThereIsOne(@TempDir Path other) throws Exception {
    try (RunningRelay closed = new RunningRelay(other, Map.of("ens.http.password", "s3cret w"))) {
      String call = closed.url() + "/api/status";
      assertEquals(401, closed.get(call, "Authorization", "").statusCode());
      assertEquals(401, closed.get(call, "Authorization", basic("ens:wrong")).statusCode());
      assertEquals(200, closed.get(call, "Authorization", basic("ens:s3cret w")).statusCode());
    }
  }

  @Test
  void asksForTheTokenWhereThereIsNoPassword() throws Exception {
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(relay.tokenFile())));
    for (String call : List.of("/api/status", "/", "/console.js", "/api/dead", "/api/stream")) {
      assertEquals(401, relay.get(relay.url() + call, "Authorization", "").statusCode(), call);
    }
    String form = relay.get(relay.url() + "/", "Authorization", "").body();
    assertTrue(form.contains(relay.tokenFile().toAbsolutePath().toString()), form);
    assertFalse(form.contains(relay.token()), form);
    assertEquals(200, relay.get(relay.observeUrl() + "/metrics", "Authorization", "").statusCode());
  }

  @Test
  void opensThePageWithTheTokenOfTheAddressAndTakesItOutOfThere() throws Exception {
    String token = "?device=1&token=" + relay.token() + "&type=a%26b";
    HttpResponse<String> there = relay.get(relay.url() + "/" + token, "Authorization", "");
    assertEquals(303, there.statusCode());
    assertEquals("/?device=1&type=a%26b", there.headers().firstValue("Location").orElseThrow());
    String cookie = there.headers().firstValue("Set-Cookie").orElseThrow();
    assertTrue(cookie.contains("; HttpOnly; SameSite=Strict"), cookie);
    String pair = cookie.substring(0, cookie.indexOf(';'));
    for (String call : List.of("/api/status", "/", "/console.js")) {
      assertEquals(
          200,
          relay.get(relay.url() + call, "Authorization", "", "Cookie", pair).statusCode(),
          call);
    }
    assertEquals(401, relay.get(relay.url() + "/?token=wrong", "Authorization", "").statusCode());
  }

  @Test
  void answersBrowsersOnlyFromItsOwnPageOnBothPorts() throws Exception {
    for (String call : List.of(relay.url() + "/api/status", relay.observeUrl() + "/health")) {
      for (String site : List.of("cross-site", "same-site")) {
        assertEquals(403, relay.get(call, "Sec-Fetch-Site", site).statusCode());
      }
      for (String site : List.of("same-origin", "none")) {
        assertEquals(200, relay.get(call, "Sec-Fetch-Site", site).statusCode());
      }
      assertEquals(403, relay.get(call, "Origin", "http://evil.example").statusCode());
      assertEquals(403, relay.get(call, "Origin", "null").statusCode());
      URI uri = URI.create(call);
      for (String host :
          List.of("evil.example", "evil", "localhost.evil.example:9876", "10.0.0.1")) {
        assertTrue(
            raw(uri, "GET " + uri.getPath() + " HTTP/1.1\r\nHost: " + host + known())
                .contains(" 421 "));
      }
    }
  }

  @Test
  void onlyReadsOnHealthAndMetrics() throws Exception {
    for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW")) {
      HttpResponse<String> refused = relay.send(method, relay.observeUrl() + "/health");
      assertEquals(405, refused.statusCode(), method);
      assertEquals("GET, HEAD", refused.headers().firstValue("Allow").orElseThrow());
    }
    HttpResponse<String> head = relay.send("HEAD", relay.observeUrl() + "/metrics");
    assertEquals(200, head.statusCode());
    assertEquals("", head.body());
    assertTrue(head.headers().firstValueAsLong("Content-Length").orElseThrow() > 1000);
    assertEquals(405, relay.send("DELETE", relay.url() + "/api/dead").statusCode());
  }

  @Test
  void showsNoTextOfOthersInHealth() throws Exception {
    relay.webhookAnswer.set(503);
    relay.publish("enrolled", "device-9", "");
    await().atMost(RunningRelay.SOON).until(() -> healthCode("") == 503);
    String text = relay.get(relay.observeUrl() + "/health").body();
    relay.webhookAnswer.set(200);
    await().atMost(RunningRelay.SOON).until(() -> healthCode("") == 200);

    assertTrue(text.contains("STALLED") && text.contains("since"), text);
    // a kind of failure, from a fixed vocabulary
    assertTrue(text.contains("\"reason\":\"HTTP 503\""), text);
    for (String word : List.of("problem", "127.0.0.1", "localhost", "://", "CN=")) {
      assertFalse(text.contains(word), text);
    }
  }

  @Test
  void logsWhoChangedWhatAndFromWhere() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(AuditEntry.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      relay.post("/api/dead/drop", "{\"filter\":{\"type\":\"no\\nthing\"}}", CHANGE);
      relay.post("/api/destinations/nowhere/forget", "{}", CHANGE);
      relay.post("/api/destinations/archive/forget", "{}", CHANGE);
      change("archive", "skip", "{\"until\":\"2020-01-01T00:00:00Z\"}");
      change("archive", "rewind", "{\"all\":true,\"count\":true}");
      change("archive", "resume", "{}");
    } finally {
      logger.detachAppender(log);
    }
    assertEquals(
        "Dropped 0 dead letters (those with {\"type\":\"no\\nthing\"}), with the token, from"
            + " 127.0.0.1",
        log.list.get(0).getFormattedMessage());
    assertEquals(4, log.list.size(), log.list.toString());
    assertEquals(
        "Skipped 0 events of archive (until 2020-01-01T00:00:00Z), with the token, from 127.0.0.1",
        log.list.get(2).getFormattedMessage());
    assertEquals(
        "Resumed archive, with the token, from 127.0.0.1", log.list.get(3).getFormattedMessage());
    assertTrue(
        log.list.get(1).getFormattedMessage().contains("archive could not be forgotten"),
        log.list.toString());
  }

  private static String change(String destination, String what, String json) throws Exception {
    HttpResponse<String> answer =
        relay.post("/api/destinations/" + destination + "/" + what, json, CHANGE);
    return answer.statusCode() + " " + answer.body();
  }

  private static long delivered(String device) {
    return relay.webhookGot.stream().filter(event -> event.contains("\"" + device + "\"")).count();
  }

  @Test
  void windsADestinationBackAndCountsBefore() throws Exception {
    String from = Instant.now().toString();
    relay.publish("wiped", "back-1", "");
    relay.publish("wiped", "back-2", "");
    await()
        .atMost(RunningRelay.SOON)
        .until(
            () -> delivered("back-2") == 1 && destination("webhook").path("backlog").asInt() == 0);
    String body = "{\"from\":\"" + from + "\"";

    assertEquals("200 {\"events\":2}", change("webhook", "rewind", body + ",\"count\":true}"));
    assertEquals("200 {\"events\":2}", change("webhook", "rewind", body + ",\"count\":true}"));
    assertEquals(1, delivered("back-1"));
    assertEquals("200 {\"rewound\":2}", change("webhook", "rewind", body + ",\"count\":false}"));
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> delivered("back-1") == 2 && delivered("back-2") == 2);

    String id =
        JSON.readTree(
                relay.webhookGot.stream()
                    .filter(event -> event.contains("\"back-2\""))
                    .findFirst()
                    .orElseThrow())
            .path("id")
            .asText();
    String event = "{\"event\":\"" + id + "\",\"count\":true}";
    assertEquals("200 {\"events\":1}", change("webhook", "rewind", event));
    assertEquals(
        change("webhook", "rewind", "{\"all\":true,\"count\":true}"),
        change("webhook", "rewind", "{\"since\":\"2h\",\"count\":true}"));
  }

  @Test
  void pausesADestinationSkipsItsEventsAndResumesIt() throws Exception {
    assertEquals("200 {\"paused\":true}", change("webhook", "pause", "{}"));
    try {
      relay.publish("wiped", "skipped-1", "");
      await()
          .atMost(RunningRelay.SOON)
          .until(() -> destination("webhook").path("backlog").asInt() == 1);
      assertEquals("paused", destination("webhook").path("state").asText());
      assertEquals(1, metric("ens_destination_paused{destination=\"webhook\"}"));
      String past = "{\"until\":\"2020-01-01T00:00:00Z\"}";
      assertEquals("200 {\"skipped\":0}", change("webhook", "skip", past));
      String count = "{\"all\":true,\"count\":true}";
      assertEquals("200 {\"events\":1}", change("webhook", "skip", count));
      assertEquals("200 {\"events\":1}", change("webhook", "skip", count));
      assertEquals("200 {\"skipped\":1}", change("webhook", "skip", "{\"all\":true}"));
    } finally {
      assertEquals("200 {\"paused\":false}", change("webhook", "resume", "{}"));
    }
    relay.publish("wiped", "skipped-2", "");
    await().atMost(RunningRelay.SOON).until(() -> delivered("skipped-2") == 1);
    assertEquals(0, delivered("skipped-1"));
  }

  @Test
  void refusesToMoveADestinationWithoutClearWords() throws Exception {
    for (String what : List.of("rewind", "skip", "pause", "resume", "forget")) {
      String body = what.equals("rewind") || what.equals("skip") ? "{\"all\":true}" : "{}";
      assertEquals(
          "404 {\"error\":\"there is no destination nowhere\"}", change("nowhere", what, body));
      assertEquals(
          403, relay.post("/api/destinations/webhook/" + what, body).statusCode(), "no header");
    }
    assertTrue(change("webhook", "turn", "{}").startsWith("404 "));
    for (String body :
        List.of(
            "",
            "[]",
            "{}",
            "{\"all\":false}",
            "{\"count\":true}",
            "{\"all\":true,\"count\":1}",
            "{\"all\":true,\"since\":\"2h\"}",
            "{\"all\":true,\"more\":1}",
            "{\"since\":\"yesterday\"}",
            "{\"since\":\"\"}",
            "{\"from\":\"2026-02-27\"}",
            "{\"from\":5}",
            "{\"event\":\"\"}",
            "{\"event\":\"" + "x".repeat(201) + "\"}",
            "{\"event\":\"0123\"}")) {
      assertTrue(change("webhook", "rewind", body).startsWith("400 {\"error\":"), body);
    }
    for (String body : List.of("{}", "{\"since\":\"2h\"}", "{\"until\":\"2h\"}")) {
      assertTrue(change("webhook", "skip", body).startsWith("400 {\"error\":"), body);
    }
    assertTrue(change("webhook", "pause", "{\"all\":true}").startsWith("400 "));
    assertEquals(
        "400 {\"error\":\"the event log has no event with the id 0123\"}",
        change("webhook", "rewind", "{\"event\":\"0123\"}"));
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }
}
