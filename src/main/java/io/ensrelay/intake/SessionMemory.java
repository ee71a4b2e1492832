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
 * session, the subscribed topics with their metadata keys, the time of the last connection, and
 * whether a gap asks for a resync. Threads: safe.
 */
final class SessionMemory {
  private final ObjectMapper json = new ObjectMapper();
  private final SessionStore store;
  private final String tenant;
  private String clientId;
  private final Map<String, String> keyByTopic = new LinkedHashMap<>();
  private Instant lastConnected;
  private boolean sessionWasPresent;
  private long resyncWanted;

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

  /**
   * Reads the stored session; with a configured client id, ignores one that is damaged or of
   * another id.
   */
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
      resyncWanted = 0;
    }
  }

  synchronized String clientId() {
    return clientId;
  }

  /** The topics that the service's session may be subscribed to, with their metadata keys. */
  synchronized Map<String, String> subscriptions() {
    return Map.copyOf(keyByTopic);
  }

  /** When the relay was last known to be connected; null: unknown. */
  synchronized Instant lastConnected() {
    return lastConnected;
  }

  synchronized void connectedAt(Instant now) throws IOException {
    lastConnected = now;
    write();
  }

  /** Whether the service has ever reported the session as present; some services never do. */
  synchronized boolean sessionWasPresent() {
    return sessionWasPresent;
  }

  /** Sets whether the service had the session; the next write keeps it. */
  synchronized void sessionPresent(boolean present) {
    sessionWasPresent |= present;
  }

  synchronized void remember(Map<String, String> subscriptions) throws IOException {
    if (!subscriptions.equals(keyByTopic)) {
      keyByTopic.clear();
      keyByTopic.putAll(subscriptions);
      write();
    }
  }

  /** The end of the last gap without a complete resync since; empty: there is none. */
  synchronized Optional<Instant> resyncWanted() {
    return resyncWanted == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(resyncWanted));
  }

  /** Keeps that a gap asks for a resync. */
  synchronized void wantResync(Instant endOfGap) throws IOException {
    resyncWanted = endOfGap.toEpochMilli();
    write();
  }

  /** A resync that began at this time is complete. */
  synchronized void resynced(Instant began) throws IOException {
    if (resyncWanted != 0 && resyncWanted <= began.toEpochMilli()) {
      resyncWanted = 0;
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
      resyncWanted = root.path("resyncWanted").asLong();
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
    if (resyncWanted != 0) {
      root.put("resyncWanted", resyncWanted);
    }
    ObjectNode subscriptions = root.putObject("subscriptions");
    keyByTopic.forEach(subscriptions::put);
    store.write(tenant, json.writeValueAsBytes(root));
  }
}
