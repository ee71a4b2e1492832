package io.ensrelay.faults;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.destination.ElasticServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Elasticsearch's bulk call; it does not know the relay's user at first. */
final class ElasticReceiver implements Receiver {
  private final ElasticServer server = new ElasticServer();
  private final Account account = new Account();
  private int read;

  ElasticReceiver() {
    server.authorization = "Basic of another user";
  }

  @Override
  public Map<String, Object> settings() {
    return Map.of(
        "url", server.url(), "index", "ens-events", "username", "relay", "password", "s3cret");
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
    server.authorization = ElasticServer.BASIC;
  }

  @Override
  public long count() {
    return server.documents().size();
  }

  @Override
  public synchronized Account account() {
    List<JsonNode> documents = server.documents();
    for (; read < documents.size(); read++) {
      account.add(documents.get(read).toString().getBytes(StandardCharsets.UTF_8));
    }
    return account;
  }

  @Override
  public List<String> targets() {
    return SplunkReceiver.targets(server);
  }

  @Override
  public void close() {
    server.close();
  }
}
