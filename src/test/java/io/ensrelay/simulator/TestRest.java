package io.ensrelay.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import javax.net.ssl.SSLContext;

/** Calls the REST side of a simulator with a client certificate. */
final class TestRest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String base;
  private final HttpClient client;

  TestRest(Simulator simulator, SSLContext tls) {
    base = simulator.apiUrl() + "/msa/v1/cps/";
    client = HttpClient.newBuilder().sslContext(tls).build();
  }

  static TestRest of(Simulator simulator) throws Exception {
    return new TestRest(
        simulator, TestTls.showing(simulator.certificates().client(), simulator.certificates()));
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(base + path)).build(), BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(base + path)).POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  JsonNode json(String path) throws IOException, InterruptedException {
    return JSON.readTree(get(path).body());
  }

  JsonNode json(String path, String body) throws IOException, InterruptedException {
    return JSON.readTree(post(path, body).body());
  }

  JsonNode metadata() throws IOException, InterruptedException {
    return json("event/$metadata");
  }
}
