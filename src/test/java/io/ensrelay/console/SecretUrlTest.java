package io.ensrelay.console;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A URL whose path and query are the secret is shown nowhere, of whichever route it is. */
class SecretUrlTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SECRET = "S3CRET";

  /** One with the shipped policy, one that lets Camel say everything it can. */
  private static final String OWN =
      """
      - route:
          id: destination.own
          from:
            uri: kamelet:ens-events-source
            parameters:
              destination: own
            steps:
              - to:
                  uri: http://127.0.0.1:{{port}}/hook/S3CRET
                  parameters:
                    httpMethod: POST
                    sig: S3CRET
      - routeConfiguration:
          id: talkative
          onException:
            - onException:
                exception:
                  - java.lang.Exception
                handled:
                  constant:
                    expression: "true"
                redeliveryPolicy:
                  maximumRedeliveries: 1
                  redeliveryDelay: 10
                  logRetryAttempted: true
                  retryAttemptedLogLevel: WARN
                  logExhausted: true
                  logHandled: true
                  logExhaustedMessageHistory: true
                useOriginalMessage: true
                steps:
                  - log:
                      message: "${exception.message} ${exception.stacktrace}"
                  - to:
                      uri: spool:dead
      - route:
          id: destination.talkative
          routeConfigurationId: talkative
          from:
            uri: kamelet:ens-events-source
            parameters:
              destination: talkative
            steps:
              - to:
                  uri: http:127.0.0.1:{{port}}/hook/S3CRET
                  parameters:
                    httpMethod: POST
                    sig: S3CRET
      """;

  @TempDir Path dir;

  @Test
  void isShownNowhereWhateverTheEndpointAnswers() throws Exception {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try (RunningRelay relay = relay()) {
      relay.awaitConnected();
      relay.webhookAnswer.set(500);
      relay.publish("check_in", "d1", "");
      await().atMost(RunningRelay.SOON).until(() -> status(relay).contains("stalled"));
      assertHidden("status", status(relay));
      for (String view : List.of("/health", "/metrics")) {
        assertHidden(view, relay.get(relay.observeUrl() + view).body());
      }

      relay.webhookWords =
          "see http://127.0.0.1/hook/" + SECRET + "\nfor \u0007help" + "x".repeat(5000);
      relay.webhookAnswer.set(400);
      await()
          .atMost(RunningRelay.SOON)
          .until(() -> letters(relay).size() >= 3 && !status(relay).contains("stalled"));

      for (JsonNode letter : letters(relay)) {
        String all = relay.get(relay.url() + "/api/dead/" + letter.path("id").asText()).body();
        assertHidden("dead letter", all);
        assertTrue(all.contains("http"), all);
      }
      JsonNode ofWebhook =
          letters(relay).stream()
              .filter(letter -> letter.path("destination").asText().equals("webhook"))
              .findFirst()
              .orElseThrow();
      String answer =
          JSON.readTree(
                  relay.get(relay.url() + "/api/dead/" + ofWebhook.path("id").asText()).body())
              .path("answer")
              .asText();
      assertTrue(answer.startsWith("see http://127.0.0.1/...\nfor ?help"), answer);
      assertEquals(1024, answer.length());
    } finally {
      System.setErr(before);
    }
    String lines = log.toString(StandardCharsets.UTF_8);
    assertTrue(lines.contains("webhook is stalled") && lines.contains("is a dead letter"), lines);
    assertTrue(lines.contains("is stalled: HTTP 500 from 127.0.0.1:"), lines);
    assertTrue(lines.contains("Exhausted after delivery attempt"), lines);
    assertTrue(!lines.contains("for ?help"), "the answer's body is in the log");
    assertHidden("log", lines);
  }

  private RunningRelay relay() throws Exception {
    Path routes = dir.resolve("routes");
    try (Stream<Path> shipped = Files.walk(Path.of("routes"))) {
      shipped.forEach(file -> copy(file, routes.resolve(Path.of("routes").relativize(file))));
    }
    Files.writeString(
        routes.resolve("destinations/own.camel.yaml"),
        OWN.replace("{{port}}", "{{ens.destination.own.port}}"));
    return new RunningRelay(
        dir,
        Map.of(
            "camel.main.routesIncludePattern",
            "file:" + routes + "/*.camel.yaml,file:" + routes + "/destinations/*.camel.yaml",
            "camel.component.kamelet.location",
            "file:" + routes + "/kamelets",
            "ens.destination.own.port",
            "WEBHOOK_PORT",
            "ens.destination.webhook.url",
            "http://127.0.0.1:WEBHOOK_PORT/hook/" + SECRET + "?sig=" + SECRET));
  }

  private static void copy(Path from, Path to) {
    try {
      if (Files.isDirectory(from)) {
        Files.createDirectories(to);
      } else {
        Files.copy(from, to);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String status(RunningRelay relay) throws Exception {
    return relay.status().toString();
  }

  private static List<JsonNode> letters(RunningRelay relay) throws Exception {
    List<JsonNode> letters = new ArrayList<>();
    JSON.readTree(relay.get(relay.url() + "/api/dead").body()).path("items").forEach(letters::add);
    return letters;
  }

  private static void assertHidden(String where, String text) {
    assertFalse(text.contains(SECRET), where + ": " + text);
  }
}
