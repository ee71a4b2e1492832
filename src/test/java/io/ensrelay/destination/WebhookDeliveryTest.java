package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.ConfigurationException;
import io.ensrelay.delivery.RetryPause;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.camel.Endpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an endpoint gets from the shipped webhook, out of a real spool. */
class WebhookDeliveryTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String OLD = "whsec_" + "QUJD".repeat(8);

  @TempDir Path dir;

  private final WebhookServer server = WebhookServer.onAFreePort();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void sendsTheEventToTheUrlAsItIs() throws Exception {
    server.start();
    try (WebhookRelay relay = WebhookRelay.webhook(dir, server, Map.of())) {
      relay.store("check_in", "d1", 1);
      WebhookRelay.eventually(() -> server.requests().size() == 1);

      WebhookServer.Request post = server.requests().get(0);
      assertEquals("POST /events?of=relay&sig=a%2Bb", post.line());
      assertEquals("application/cloudevents+json", post.header("Content-Type"));
      assertEquals(JSON.readTree(post.body()).path("id").asText(), post.header("eventId"));
      assertEquals("", post.header("webhook-signature"));
    }
  }

  @Test
  void selectsEventsAndTenants() throws Exception {
    server.start();
    try (WebhookRelay relay =
        WebhookRelay.webhook(dir, server, Map.of("events", "device_wiped", "tenants", "test"))) {
      relay.store("check_in", "d1", 1);
      relay.store("wiped", "d1", 2);
      WebhookRelay.eventually(() -> server.requests().size() == 1);

      assertTrue(server.requests().get(0).text().contains("device.wiped"));
    }
  }

  @Test
  void signsEachAttemptAnew() throws Exception {
    server.start().answers(503, 503);
    try (WebhookRelay relay =
        WebhookRelay.webhook(dir, server, Map.of("secret", SECRET + "," + OLD))) {
      relay.store("check_in", "d1", 1);
      WebhookRelay.eventually(() -> server.requests().size() == 3);

      List<WebhookServer.Request> attempts = server.requests();
      for (WebhookServer.Request attempt : attempts) {
        assertEquals(attempt.header("eventId"), attempt.header("webhook-id"));
        assertEquals(
            signature(SECRET, attempt) + " " + signature(OLD, attempt),
            attempt.header("webhook-signature"));
      }
      assertEquals(attempts.get(0).text(), attempts.get(2).text());
      assertNotEquals(
          attempts.get(0).header("webhook-timestamp"), attempts.get(2).header("webhook-timestamp"));
      long age =
          System.currentTimeMillis() / 1000
              - Long.parseLong(attempts.get(2).header("webhook-timestamp"));
      assertTrue(age >= 0 && age < 60, "age " + age);
    }
  }

  @Test
  void countsTheTriesOfAnOutageAndMakesNoDeadLetterOfIt() throws Exception {
    try (WebhookRelay relay = WebhookRelay.webhook(dir, server, Map.of("lanes", "1"))) {
      for (int seq = 0; seq < 20; seq++) {
        relay.store("check_in", "d1", seq);
      }
      WebhookRelay.eventually(
          () -> relay.status("webhook").stall().filter(stall -> stall.tries() >= 2).isPresent());
      server.start();
      WebhookRelay.eventually(() -> server.requests().size() == 20);

      assertEquals(sequence(20), seqs(server.requests()));
      assertEquals(List.of(), relay.deadLetters());
    }
  }

  @Test
  void sendsTheDataWithTheAttributesInTheHead() throws Exception {
    server.start();
    try (WebhookRelay relay = WebhookRelay.webhook(dir, server, Map.of("format", "binary"))) {
      relay.store("check_in", "Zoë's \\\"100%\\\" iPad", 1);
      WebhookRelay.eventually(() -> server.requests().size() == 1);

      WebhookServer.Request post = server.requests().get(0);
      assertEquals("application/json", post.header("Content-Type"));
      assertEquals(
          "{\"eventType\":\"device.check_in\",\"seq\":1,"
              + "\"device\":{\"deviceGuid\":\"Zoë's \\\"100%\\\" iPad\"}}",
          post.text());
      assertEquals("1.0", post.header("ce-specversion"));
      assertEquals("/ens/test", post.header("ce-source"));
      assertEquals("device.check_in", post.header("ce-type"));
      assertEquals("Zo%C3%AB's%20%22100%25%22%20iPad", post.header("ce-subject"));
      assertEquals(post.header("eventId"), post.header("ce-id"));
      assertEquals("", post.header("ce-datacontenttype"));
      assertEquals("", post.header("ce-data"));
    }
  }

  @Test
  void cannotBeGivenAHeaderByADevice() throws Exception {
    server.start();
    try (WebhookRelay relay = WebhookRelay.webhook(dir, server, Map.of("format", "binary"))) {
      relay.store("check_in", "d1\\r\\nX-Evil: 1\\r\\n\\r\\nPOST /evil", 1);
      WebhookRelay.eventually(() -> server.requests().size() == 1);

      WebhookServer.Request post = server.requests().get(0);
      assertEquals("", post.header("X-Evil"));
      assertEquals("d1%0D%0AX-Evil:%201%0D%0A%0D%0APOST%20/evil", post.header("ce-subject"));
    }
  }

  @Test
  void sendsTheDataAlone() throws Exception {
    server.start();
    try (WebhookRelay relay =
        WebhookRelay.webhook(dir, server, Map.of("format", "data", "method", "put"))) {
      relay.store("check_in", "d1", 7);
      WebhookRelay.eventually(() -> server.requests().size() == 1);

      WebhookServer.Request put = server.requests().get(0);
      assertEquals("PUT /events?of=relay&sig=a%2Bb", put.line());
      assertEquals("application/json", put.header("Content-Type"));
      assertEquals(
          "{\"eventType\":\"device.check_in\",\"seq\":7,\"device\":{\"deviceGuid\":\"d1\"}}",
          put.text());
    }
  }

  @Test
  void sendsBatchesInOrderAndSetsOnlyThePoisonAside() throws Exception {
    server.judges(request -> request.text().contains("poison") ? 422 : 200);
    try (WebhookRelay relay =
        WebhookRelay.webhook(
            dir,
            server,
            Map.of("format", "batch", "lanes", "2", "batch-events", "50", "secret", SECRET))) {
      for (int seq = 0; seq < 100; seq++) {
        relay.store("check_in", seq == 42 ? "poison" : "d" + seq % 5, seq);
      }
      WebhookRelay.eventually(() -> relay.status("webhook").stall().isPresent());
      server.start();
      WebhookRelay.eventually(() -> taken().size() == 99 && relay.deadLetters().size() == 1);

      String reason = relay.deadLetters().get(0).reason();
      assertTrue(reason.startsWith("HTTP 422 from "), reason);
      assertEquals(99, new HashSet<>(taken()).size());
      assertInOrderPerDevice();
      List<WebhookServer.Request> sent = server.requests();
      assertTrue(sent.size() < 60, sent.size() + " requests");
      for (WebhookServer.Request batch : sent) {
        assertEquals("application/cloudevents-batch+json", batch.header("Content-Type"));
        assertTrue(JSON.readTree(batch.body()).size() <= 50);
        assertEquals(signature(SECRET, batch), batch.header("webhook-signature"));
      }
    }
  }

  @Test
  void keepsABatchUntilTheEndpointIsBack() throws Exception {
    server.start().answers(503, 429, 500);
    try (WebhookRelay relay =
        WebhookRelay.webhook(dir, server, Map.of("format", "batch", "lanes", "1"))) {
      for (int seq = 0; seq < 10; seq++) {
        relay.store("check_in", "d1", seq);
      }
      WebhookRelay.eventually(() -> taken().size() == 10);

      assertEquals(sequence(10), taken());
      assertEquals(List.of(), relay.deadLetters());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 307, 401, 404, 410})
  void waitsWhereTheDestinationRefuses(int status) throws Exception {
    server.start().judges(request -> status);
    try (WebhookRelay relay = WebhookRelay.webhook(dir, server, Map.of())) {
      relay
          .camel
          .getCamelContext()
          .getRegistry()
          .lookupByNameAndType("ensRetrySlowly", RetryPause.class)
          .setFirst(Duration.ofMillis(100));
      relay.store("check_in", "d1", 1);
      WebhookRelay.eventually(
          () ->
              relay.status("webhook").stall().filter(stall -> stall.isRefusal()).isPresent()
                  && server.requests().size() >= 2);
      server.judges(request -> 204);
      WebhookRelay.eventually(() -> relay.status("webhook").delivered() == 1);

      assertEquals(List.of(), relay.deadLetters());
    }
  }

  @Test
  void provesItselfByAnApiKeyOrAPassword() throws Exception {
    server.start();
    Map<String, String> key = Map.of("api-key-header", "X-API-Key", "api-key", "k3y");
    try (WebhookRelay relay = WebhookRelay.webhook(dir.resolve("a"), server, key)) {
      relay.store("check_in", "d1", 1);
      WebhookRelay.eventually(() -> server.requests().size() == 1);
    }
    Map<String, String> basic = Map.of("username", "me", "password", "pässword");
    try (WebhookRelay relay = WebhookRelay.webhook(dir.resolve("b"), server, basic)) {
      relay.store("check_in", "d1", 2);
      WebhookRelay.eventually(() -> server.requests().size() == 2);
    }

    assertEquals("k3y", server.requests().get(0).header("X-API-Key"));
    assertEquals("", server.requests().get(0).header("Authorization"));
    assertEquals("Basic bWU6cMOkc3N3b3Jk", server.requests().get(1).header("Authorization"));
  }

  @Test
  void isNotStartedWithTwoKindsOfCredentials() throws Exception {
    Map<String, String> both = Map.of("token", "t", "username", "me", "password", "p");

    Exception problem =
        assertThrows(Exception.class, () -> WebhookRelay.webhook(dir, server, both).close());

    Throwable cause = problem;
    while (!(cause instanceof ConfigurationException)) {
      cause = cause.getCause();
    }
    assertEquals(
        "ens.destination.webhook.token: only one kind of credentials can be sent, and"
            + " ens.destination.webhook.username is set too; take one of them out",
        cause.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "format,xml,ens.destination.webhook.format=xml: can't be used",
    "method,GET,ens.destination.webhook.method=GET: can't be used",
    "batch-events,0,ens.destination.webhook.batch-events=0: can't be used",
    "batch-size,many,ens.destination.webhook.batch-size=many: is not a size",
    "batch-linger,2h,ens.destination.webhook.batch-linger=2h: can't be used",
    "url,ftp://h/S3CRET,ens.destination.webhook.url: is not an http or https URL",
    "secret,whsec_S3CRET,ens.destination.webhook.secret: has 4 bytes",
    "api-key,S3CRET,ens.destination.webhook.api-key-header: missing"
  })
  void isNotStartedWithAWrongSetting(String key, String value, String problem) {
    Exception thrown =
        assertThrows(
            Exception.class, () -> WebhookRelay.webhook(dir, server, Map.of(key, value)).close());

    Throwable cause = thrown;
    while (!(cause instanceof ConfigurationException)) {
      cause = cause.getCause();
    }
    assertTrue(cause.getMessage().startsWith(problem), cause.getMessage());
    assertFalse(cause.getMessage().contains("S3CRET"), cause.getMessage());
  }

  /** Exactly the route that the documentation shows. */
  @Test
  void runsASecondWebhookFromTwelveLines() throws Exception {
    server.start();
    String page = Files.readString(Path.of("docs/destinations/webhook.md"));
    Matcher block = Pattern.compile("(?s)```yaml\\n(.*?)```").matcher(page);
    assertTrue(block.find());
    assertTrue(block.group(1).lines().count() <= 13, block.group(1));
    Path file = Files.writeString(dir.resolve("audit.camel.yaml"), block.group(1));
    Map<String, String> keys =
        Map.of(
            "ens.destination.webhook.enabled",
            "true",
            "ens.destination.webhook.url",
            server.url() + "?first",
            "ens.destination.webhook.token",
            "t0ken",
            "ens.destination.audit.url",
            server.url() + "?sig=S3CRET%2B%26",
            "ens.destination.audit.format",
            "binary",
            "ens.destination.audit.secret",
            SECRET);
    try (WebhookRelay relay =
        WebhookRelay.start(
            dir.resolve("data"),
            "file:routes/destinations/webhook.camel.yaml,file:" + file,
            keys)) {
      relay.store("check_in", "d1", 1);
      relay.store("wiped", "d1", 2);
      WebhookRelay.eventually(() -> server.requests().size() == 3);

      List<WebhookServer.Request> audit =
          server.requests().stream().filter(each -> each.line().contains("sig=")).toList();
      assertEquals(1, audit.size());
      assertEquals("POST /events?sig=S3CRET%2B%26", audit.get(0).line());
      assertEquals("device.wiped", audit.get(0).header("ce-type"));
      assertEquals("", audit.get(0).header("Authorization"));
      assertEquals(signature(SECRET, audit.get(0)), audit.get(0).header("webhook-signature"));
      Set<String> uris = new HashSet<>();
      for (Endpoint endpoint : relay.camel.getCamelContext().getEndpoints()) {
        uris.add(endpoint.getEndpointUri());
      }
      assertFalse(uris.toString().matches("(?s).*(S3CRET|t0ken|MfKQ|localhost).*"), uris::toString);
    }
  }

  @Test
  void sendsWhatAnActionMade() throws Exception {
    server.start();
    Path file =
        Files.writeString(
            dir.resolve("cef.camel.yaml"),
            """
            - route:
                id: destination.cef
                from:
                  uri: kamelet:ens-events-source
                  parameters:
                    destination: cef
                    events: device_wiped
                  steps:
                    - to:
                        uri: kamelet:ens-cef-action
                    - to:
                        uri: kamelet:ens-webhook-sink
                        parameters:
                          destination: cef
            - route:
                id: destination.plain
                from:
                  uri: kamelet:ens-events-source
                  parameters:
                    destination: plain
                    events: device_check_in
                  steps:
                    - to:
                        uri: kamelet:ens-data-only-action
                    - to:
                        uri: kamelet:ens-webhook-sink
                        parameters:
                          destination: plain
                          method: PUT
            """);
    Map<String, String> keys =
        Map.of(
            "ens.destination.cef.url", server.url(),
            "ens.destination.plain.url", server.url(),
            "ens.destination.plain.method", "PATCH");
    try (WebhookRelay relay = WebhookRelay.start(dir.resolve("data"), "file:" + file, keys)) {
      relay.store("wiped", "d|=1\\n", 1);
      WebhookRelay.eventually(() -> server.requests().size() == 1);
      relay.store("check_in", "d1", 2);
      WebhookRelay.eventually(() -> server.requests().size() == 2);

      WebhookServer.Request cef = server.requests().get(0);
      assertEquals("text/plain; charset=utf-8", cef.header("Content-Type"));
      assertTrue(cef.text().contains("|device.wiped|Device wiped|7|rt="), cef.text());
      assertTrue(cef.text().contains(" deviceExternalId=d|\\=1\\n "), cef.text());
      WebhookServer.Request plain = server.requests().get(1);
      assertEquals("PUT /events", plain.line(), "the parameter goes before its key");
      assertEquals("application/json", plain.header("Content-Type"));
      assertEquals(
          "{\"eventType\":\"device.check_in\",\"seq\":2,\"device\":{\"deviceGuid\":\"d1\"}}",
          plain.text());
      assertEquals(List.of(), relay.deadLetters());
    }
  }

  /** The sequence numbers of the events that the endpoint accepted. */
  private List<Integer> taken() {
    return seqs(server.requests().stream().filter(each -> each.answer().status() == 200).toList());
  }

  private static List<Integer> seqs(List<WebhookServer.Request> requests) {
    List<Integer> seqs = new ArrayList<>();
    requests.forEach(request -> events(request).forEach(e -> seqs.add(seq(e))));
    return seqs;
  }

  private static int seq(JsonNode event) {
    return event.path("data").path("seq").asInt();
  }

  private static List<JsonNode> events(WebhookServer.Request request) {
    try {
      JsonNode body = JSON.readTree(request.body());
      List<JsonNode> events = new ArrayList<>();
      if (body.isArray()) {
        body.forEach(events::add);
      } else {
        events.add(body);
      }
      return events;
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void assertInOrderPerDevice() {
    Map<String, Integer> last = new TreeMap<>();
    for (WebhookServer.Request request : server.requests()) {
      if (request.answer().status() == 200) {
        for (JsonNode event : events(request)) {
          Integer before = last.put(event.path("subject").asText(), seq(event));
          assertTrue(before == null || before < seq(event), event.toString());
        }
      }
    }
  }

  private static List<Integer> sequence(int count) {
    return java.util.stream.IntStream.range(0, count).boxed().toList();
  }

  /** As a receiver computes it. */
  private static String signature(String secret, WebhookServer.Request request) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(
        new SecretKeySpec(
            Base64.getDecoder().decode(secret.substring("whsec_".length())), "HmacSHA256"));
    mac.update(
        (request.header("webhook-id") + "." + request.header("webhook-timestamp") + ".")
            .getBytes(StandardCharsets.UTF_8));
    return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(request.body()));
  }
}
