package io.ensrelay.faults;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.destination.HttpStub;
import io.ensrelay.destination.SplunkServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Splunk's HTTP Event Collector; its token is disabled at first. */
final class SplunkReceiver implements Receiver {
  private final SplunkServer server = new SplunkServer();
  private final Account account = new Account();
  private int read;

  SplunkReceiver() {
    server.disabled = true;
    server.poison = event -> Sinks.isBad(event.toString());
  }

  @Override
  public Map<String, Object> settings() {
    return Map.of("url", server.url(), "token", SplunkServer.TOKEN, "index", "mobile");
  }

  @Override
  public void start() {
    server.start();
  }

  @Override
  public void stop() {
    server.stop();
  }

  @Override
  public void accept() {
    server.disabled = false;
  }

  @Override
  public long count() {
    return server.accepted.size();
  }

  @Override
  public synchronized Account account() {
    while (read < server.accepted.size()) {
      JsonNode event = server.accepted.get(read++);
      if (!event.path("index").asText().equals("mobile")) {
        throw new AssertionError("in another index: " + event);
      }
      account.add(event.path("event").toString().getBytes(StandardCharsets.UTF_8));
    }
    return account;
  }

  @Override
  public List<String> targets() {
    return targets(server);
  }

  static List<String> targets(HttpStub server) {
    return server.requests().stream()
        .map(request -> request.method() + " " + request.target())
        .distinct()
        .toList();
  }

  @Override
  public void close() {
    server.close();
  }
}
