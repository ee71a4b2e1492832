package io.ensrelay.simulator;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlApiTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;
  private Simulator simulator;
  private ControlApi control;

  @BeforeEach
  void start() throws Exception {
    simulator = Simulator.start(SimulatorOptions.in(dir));
    control = ControlApi.start(simulator, 0);
  }

  @AfterEach
  void stop() {
    control.close();
    simulator.close();
  }

  @Test
  void setsListsAndClearsFaults() throws Exception {
    HttpResponse<String> set =
        call("POST", "/faults", "{\"kind\":\"rest-status\",\"status\":503,\"count\":3}");
    assertEquals(201, set.statusCode());
    JsonNode fault = JSON.readTree(set.body());
    assertEquals(3, fault.get("remaining").asInt());
    assertEquals("rest-status", fault.get("kind").asText());
    assertEquals(503, TestRest.of(simulator).get("device").statusCode());

    JsonNode list = JSON.readTree(call("GET", "/faults", "").body());
    assertEquals(1, list.size());
    assertEquals(2, list.get(0).get("remaining").asInt());

    String path = "/faults/" + fault.get("id").asLong();
    assertEquals(204, call("DELETE", path, "").statusCode());
    assertEquals(404, call("DELETE", path, "").statusCode());
    call("POST", "/faults", "{\"kind\":\"rest-cut\"}");
    assertEquals(204, call("DELETE", "/faults", "").statusCode());
    assertEquals("[]", call("GET", "/faults", "").body());
  }

  @Test
  void takesStepsAndTellsHowItIs() throws Exception {
    assertEquals(204, call("POST", "/steps", "{\"rate\":7}").statusCode());
    assertEquals(
        204, call("POST", "/steps", "{\"event\":\"device_enrolled\",\"count\":2}").statusCode());

    await().atMost(BOUND).until(() -> simulator.enrolled() >= 2);
    JsonNode status = JSON.readTree(call("GET", "/status", "").body());
    assertEquals(7, status.get("rate").asDouble());
    assertEquals(simulator.mqttUrl(), status.get("mqtt").asText());
    assertTrue(status.get("published").asLong() >= 2);
  }

  @Test
  void saysWhatIsWrong() throws Exception {
    assertError(400, "status: 200 must be", "/faults", "{\"kind\":\"rest-status\",\"status\":200}");
    assertError(400, "kind: fire is none of", "/faults", "{\"kind\":\"fire\"}");
    assertError(400, "extra: is unknown", "/faults", "{\"kind\":\"rest-cut\",\"extra\":1}");
    assertError(400, "the text is not JSON", "/faults", "{");
    assertError(400, "the text: is of the wrong kind", "/faults", "");
    assertError(400, "a JSON object is missing", "/faults", "null");
    assertError(400, "give one of rate", "/steps", "{}");
    assertError(413, "The body must have", "/steps", " ".repeat(16 * 1024 + 1));
    assertError(404, "The paths are", "/other", "{}");
  }

  @Test
  void answersNoWebPage() throws Exception {
    HttpResponse<String> form =
        send(request("/faults").header("Content-Type", "text/plain"), "POST", "{}");
    assertEquals(415, form.statusCode());

    try (Socket socket = new Socket("127.0.0.1", control.port())) {
      String call = "GET /status HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(call.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 403"), answer);
    }
  }

  @Test
  void listensOnTheLoopbackAddressOnly() throws Exception {
    try (ServerSocket elsewhere = new ServerSocket()) {
      elsewhere.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.2"), control.port()));
    }
  }

  @Test
  void namesThePortThatIsInUse() {
    IOException failure =
        assertThrows(IOException.class, () -> ControlApi.start(simulator, control.port()));
    assertEquals(
        "controlPort: port %d is in use, choose another".formatted(control.port()),
        failure.getMessage());
  }

  private void assertError(int status, String start, String path, String body) throws Exception {
    HttpResponse<String> answer = call("POST", path, body);
    String error = JSON.readTree(answer.body()).get("error").asText();
    assertEquals(status, answer.statusCode(), error);
    assertTrue(error.startsWith(start), error);
  }

  private HttpResponse<String> call(String method, String path, String body) throws Exception {
    return send(request(path).header("Content-Type", "application/json"), method, body);
  }

  private static HttpResponse<String> send(HttpRequest.Builder request, String method, String body)
      throws Exception {
    return HttpClient.newHttpClient()
        .send(
            request.method(method, BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + control.port() + path));
  }
}
