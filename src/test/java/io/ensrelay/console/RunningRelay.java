package io.ensrelay.console;

import static java.util.Map.entry;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.ensrelay.config.Settings;
import io.ensrelay.runtime.Relay;
import io.ensrelay.simulator.Simulator;
import io.ensrelay.simulator.SimulatorCertificates;
import io.ensrelay.simulator.SimulatorOptions;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A simulated service, a relay in this JVM, and a webhook that answers what the test says. */
final class RunningRelay implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(30);

  /** Of the service, which sends no events of them. */
  static final int DEVICES = 400;

  private static final ObjectMapper JSON = new ObjectMapper();

  final Simulator service;
  final AtomicInteger webhookAnswer = new AtomicInteger(200);

  /** What it says when it refuses. */
  volatile String webhookWords = "";

  /** For how many seconds it asks when it refuses; empty: it does not. */
  volatile String webhookRetryAfter = "";

  final List<String> webhookGot = new CopyOnWriteArrayList<>();
  private final HttpServer webhook;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Path data;
  private final int observePort;
  private final Map<String, String> settings = new TreeMap<>();
  private final Relay relay;
  private final Thread thread;

  RunningRelay(Path dir, Map<String, String> more) throws Exception {
    service =
        Simulator.start(
            SimulatorOptions.in(dir.resolve("service"))
                .withFleet(DEVICES, 0, 1)
                .withEnrolled(DEVICES, Duration.ofDays(1)));
    webhook = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    webhook.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          int answer = webhookAnswer.get();
          if (answer == 200) {
            webhookGot.add(body);
          }
          byte[] words = answer < 300 ? new byte[0] : webhookWords.getBytes(StandardCharsets.UTF_8);
          if (answer >= 300 && !webhookRetryAfter.isEmpty()) {
            exchange.getResponseHeaders().set("Retry-After", webhookRetryAfter);
          }
          exchange.sendResponseHeaders(answer, words.length == 0 ? -1 : words.length);
          exchange.getResponseBody().write(words);
          exchange.close();
        });
    webhook.start();
    data = dir.resolve("data");
    try (ServerSocket free = new ServerSocket(0)) {
      observePort = free.getLocalPort();
    }
    SimulatorCertificates certificates = service.certificates();
    Properties given = new Properties();
    Map.ofEntries(
            entry("ens.api.url", service.apiUrl()),
            entry("ens.mqtt.url", service.mqttUrl()),
            entry("ens.mqtt.keep-alive", "5"),
            entry("ens.tls.keystore", certificates.client().toString()),
            entry("ens.tls.keystore-password", SimulatorCertificates.PASSWORD),
            entry("ens.tls.truststore", certificates.truststore().toString()),
            entry("ens.tls.truststore-password", SimulatorCertificates.PASSWORD),
            entry("ens.data.dir", data.toString()),
            entry("ens.archive.dir", dir.resolve("events").toString()),
            entry("ens.destination.webhook.enabled", "true"),
            entry(
                "ens.destination.webhook.url",
                "http://127.0.0.1:" + webhook.getAddress().getPort() + "/"),
            entry("ens.http.port", "0"),
            entry("camel.management.port", Integer.toString(observePort)))
        .forEach(given::setProperty);
    String port = Integer.toString(webhook.getAddress().getPort());
    more.forEach((key, value) -> given.setProperty(key, value.replace("WEBHOOK_PORT", port)));
    given.forEach((key, value) -> settings.put(key.toString(), value.toString()));
    Settings loaded = Settings.load(dir.resolve("none.properties"), Map.of(), given);
    loaded.check();
    relay = new Relay(loaded, !more.containsKey("camel.main.routesIncludePattern"));
    thread =
        new Thread(
            () -> {
              try {
                relay.run();
              } catch (Exception e) {
                e.printStackTrace();
              }
            },
            "relay-under-test");
    thread.start();
    await().atMost(SOON).until(() -> Files.exists(data.resolve("console.url")));
  }

  void awaitConnected() {
    await()
        .atMost(SOON)
        .until(() -> status().path("connection").path("state").asText().equals("connected"));
  }

  /** Those it was started with. */
  Map<String, String> settings() {
    return settings;
  }

  /** An event of one device. */
  void publish(String tail, String device, String more) throws Exception {
    String message =
        "{\"timestamp\":1582796173229,\"eventType\":\"device.%s\"%s,\"devices\":[{\"deviceGuid\":%s}]}"
            .formatted(tail, more, JSON.writeValueAsString(device));
    service.publish("device/" + tail, message.getBytes(StandardCharsets.UTF_8));
  }

  String url() throws Exception {
    return Files.readString(data.resolve("console.url"));
  }

  JsonNode status() throws Exception {
    return JSON.readTree(get(url() + "/api/status").body());
  }

  /** Of health and metrics. */
  String observeUrl() {
    return "http://127.0.0.1:" + observePort + "/observe";
  }

  /** That opens the console. */
  String token() throws Exception {
    return Files.readString(tokenFile()).strip();
  }

  Path tokenFile() {
    return data.resolve("console.token");
  }

  /** With the token, unless the headers say otherwise. */
  HttpResponse<String> get(String url, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    if (headers.length > 0) {
      request.headers(headers);
    }
    if (!List.of(headers).contains("Authorization")) {
      request.header("Authorization", "Bearer " + token());
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> send(String method, String url) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(url))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .header("Authorization", "Bearer " + token())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String json, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url() + path))
            .header("Authorization", "Bearer " + token())
            .POST(HttpRequest.BodyPublishers.ofString(json));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() throws Exception {
    relay.stop();
    thread.join(Duration.ofSeconds(60).toMillis());
    webhook.stop(0);
    service.close();
  }
}
