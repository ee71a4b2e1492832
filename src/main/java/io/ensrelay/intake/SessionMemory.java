package io.ensrelay.intake;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ensrelay.service.EventMetadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The session's data that outlives the process: the client id, which is the name of the durable
 * session, the subscribed topics with their metadata keys, and the time of the last connection.
 * Threads: one.
 */
final class SessionMemory {
  private final ObjectMapper json = new ObjectMapper();
  private final SessionStore store;
  private final String tenant;
  private String clientId;
  private final Map<String, String> keyByTopic = new LinkedHashMap<>();
  private Instant lastConnected;
  private boolean sessionWasPresent;

  /**
   * @param configuredClientId blank: the id of the last run; in the first run a new one
   */
  SessionMemory(SessionStore store, String tenant, String configuredClientId) {
    this.store = store;
    this.tenant = tenant;
    try {
      if (configuredClientId.isBlank()) {
        read();
      } else {
        readIfItIs(configuredClientId);
      }
      if (clientId == null) {
        clientId = "ens-relay-" + UUID.randomUUID().toString().substring(24);
      }
      write();
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(store.place(tenant) + ": " + e.getMessage(), e));
    }
  }

  /** With a configured client id, ignores what is damaged or of another id. */
  private void readIfItIs(String configuredClientId) {
    try {
      read();
    } catch (IOException e) {
      clientId = null;
    }
    if (!configuredClientId.equals(clientId)) {
      clientId = configuredClientId;
      keyByTopic.clear();
      lastConnected = null;
      sessionWasPresent = false;
    }
  }

  String clientId() {
    return clientId;
  }

  /** The topics that the service's session may be subscribed to, with their metadata keys. */
  Map<String, String> subscriptions() {
    return Map.copyOf(keyByTopic);
  }

  /** When the relay was last known to be connected; null: unknown. */
  Instant lastConnected() {
    return lastConnected;
  }

  void connectedAt(Instant now) throws IOException {
    lastConnected = now;
    write();
  }

  /** Whether the service has ever reported the session as present; some services never do. */
  boolean sessionWasPresent() {
    return sessionWasPresent;
  }

  /** Is kept with the next write. */
  void sessionPresent(boolean present) {
    sessionWasPresent |= present;
  }

  void remember(Map<String, String> subscriptions) throws IOException {
    if (!subscriptions.equals(keyByTopic)) {
      keyByTopic.clear();
      keyByTopic.putAll(subscriptions);
      write();
    }
  }

  private void read() throws IOException {
    Optional<byte[]> kept = store.read(tenant);
    if (kept.isEmpty()) {
      return;
    }
    try {
      JsonNode root = json.readTree(kept.get());
      JsonNode id = root.path("clientId");
      if (!id.isTextual()) {
        throw new IOException("there is no clientId in it");
      }
      clientId = id.textValue();
      if (root.path("lastConnected").canConvertToLong()) {
        lastConnected = Instant.ofEpochMilli(root.path("lastConnected").longValue());
      }
      sessionWasPresent = root.path("sessionWasPresent").asBoolean();
      // only valid topics were ever subscribed, and Paho can't unsubscribe others
      root.path("subscriptions").properties().stream()
          .filter(entry -> EventMetadata.isTopic(entry.getKey()))
          .forEach(entry -> keyByTopic.put(entry.getKey(), entry.getValue().asText()));
    } catch (JacksonException e) {
      throw new IOException(
          "it is damaged. Put the client id of this relay's session back into it as"
              + " {\"clientId\":\"...\"}, or set ens.mqtt.client-id");
    }
  }

  private void write() throws IOException {
    ObjectNode root = json.createObjectNode().put("clientId", clientId);
    if (lastConnected != null) {
      root.put("lastConnected", lastConnected.toEpochMilli());
    }
    root.put("sessionWasPresent", sessionWasPresent);
    ObjectNode subscriptions = root.putObject("subscriptions");
    keyByTopic.forEach(subscriptions::put);
    store.write(tenant, json.writeValueAsBytes(root));
  }
}
