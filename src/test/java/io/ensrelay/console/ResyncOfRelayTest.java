package io.ensrelay.console;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A resync as API, commands, health and metrics show it. */
class ResyncOfRelayTest extends CommandsOfRelay {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  private RunningRelay relay(String rate) throws Exception {
    RunningRelay relay =
        new RunningRelay(
            dir,
            Map.of(
                "ens.destination.webhook.snapshots", "true",
                "ens.resync.rate", rate,
                "ens.resync.delay", "1s"));
    relay.awaitConnected();
    set(relay.settings());
    return relay;
  }

  private static HttpResponse<String> post(RunningRelay relay, String path, String json)
      throws Exception {
    return relay.post(path, json, "X-Ens-Relay", "1", "Content-Type", "application/json");
  }

  private static long got(RunningRelay relay, String type) {
    return relay.webhookGot.stream().filter(e -> e.contains("\"type\":\"" + type + "\"")).count();
  }

  @Test
  void theCommandFollowsAResyncToItsEndAndDestinationsThatWantItGetIt() throws Exception {
    try (RunningRelay relay = relay("600")) {
      Output none = run("resync", "status");
      assertTrue(none.out().contains("none yet"), none.out());

      Output first = run("resync", "--follow");
      assertEquals(0, first.code(), first.err());
      assertTrue(first.out().contains("Its events go to webhook"), first.out());
      assertTrue(first.out().contains("Complete: 400 devices, 400 sent, 0 unchanged"), first.out());
      await()
          .atMost(RunningRelay.SOON)
          .until(
              () -> got(relay, "relay.resync.finished") == 1 && got(relay, "device.snapshot") > 0);
      assertEquals(RunningRelay.DEVICES, got(relay, "device.snapshot"));
      assertEquals(1, got(relay, "relay.resync.started"));

      JsonNode second = JSON.readTree(run("resync", "--follow", "--json").out());
      assertEquals(0, second.path("sent").asInt(), second::toPrettyString);
      assertEquals(RunningRelay.DEVICES, second.path("unchanged").asInt());
      assertEquals(1.0, second.path("done").asDouble());
      Output all = run("resync", "--all", "--follow");
      assertTrue(all.out().contains("400 sent, 0 unchanged"), all.out());

      String shown = run("resync", "status").out();
      assertTrue(shown.contains("by hand") && shown.contains("Complete: 400 devices"), shown);
      String metrics = relay.get(relay.observeUrl() + "/metrics").body();
      assertTrue(metrics.contains("ens_resync_running 0.0"), metrics);
      assertTrue(metrics.contains("ens_resync_progress 1.0"), metrics);
      assertEquals(
          "finished", relay.status().path("tenants").path(0).path("resync").path("phase").asText());
    }
  }

  @Test
  void oneAtATimeAndItCanBeStopped() throws Exception {
    try (RunningRelay relay = relay("6")) {
      assertEquals(1, run("resync", "stop").code());
      JsonNode started = JSON.readTree(run("resync", "--status", "active,RETIRED", "--json").out());
      assertEquals(List.of("webhook"), texts(started.path("destinations")));
      assertEquals(List.of("ACTIVE", "RETIRED"), texts(started.path("statuses")));

      Output again = run("resync");
      assertEquals(1, again.code());
      assertTrue(again.err().contains("under way"), again.err());
      assertEquals(409, post(relay, "/api/resync", "{}").statusCode());
      JsonNode health = JSON.readTree(relay.get(relay.observeUrl() + "/health").body());
      JsonNode check = named(health.path("checks"), "resync");
      assertEquals("UP", check.path("status").asText(), health::toPrettyString);
      assertFalse(check.path("data").has("warning"));

      assertEquals(0, run("resync", "stop").code());
      await()
          .atMost(RunningRelay.SOON)
          .until(() -> run("resync", "status").out().contains("Incomplete"));
      assertTrue(
          named(
                  JSON.readTree(relay.get(relay.observeUrl() + "/health").body()).path("checks"),
                  "resync")
              .isMissingNode());
    }
  }

  @Test
  void aMistakeStartsNothing() throws Exception {
    try (RunningRelay relay = relay("600")) {
      for (String wrong :
          List.of(
              "[]",
              "{\"too\":\"webhook\"}",
              "{\"to\":7}",
              "{\"to\":\"\"}",
              "{\"all\":\"yes\"}",
              "{\"statuses\":[]}",
              "{\"statuses\":\"ACTIVE\"}",
              "{\"statuses\":[\"ACTIVE&limit=1\"]}")) {
        assertEquals(400, post(relay, "/api/resync", wrong).statusCode(), wrong);
      }
      assertEquals(404, post(relay, "/api/resync", "{\"to\":\"nobody\"}").statusCode());
      assertEquals(404, post(relay, "/api/resync", "{\"tenant\":\"nobody\"}").statusCode());
      assertEquals(409, post(relay, "/api/resync/stop", "{}").statusCode());
      assertEquals(403, relay.post("/api/resync", "{}").statusCode());
      assertEquals(
          401, relay.get(relay.url() + "/api/resync", "Authorization", "Bearer x").statusCode());
      assertTrue(run("resync", "--to", "nobody").err().contains("there is no destination nobody"));
      JsonNode state = JSON.readTree(relay.get(relay.url() + "/api/resync").body()).path(0);
      assertTrue(state.path("here").asBoolean() && state.path("resync").isNull(), state::toString);
    }
    Output without = run("resync");
    assertEquals(1, without.code());
    assertTrue(without.err().contains("no relay runs here"), without.err());
  }

  @Test
  void oneDestinationGetsAllDevicesThoughItWantsNoSnapshots() throws Exception {
    try (RunningRelay relay =
        new RunningRelay(dir, Map.of("ens.resync.rate", "600", "ens.resync.delay", "1s"))) {
      relay.awaitConnected();
      set(relay.settings());
      Output nobody = run("resync");
      assertTrue(nobody.out().contains("No destination wants its events"), nobody.out());
      await()
          .atMost(RunningRelay.SOON)
          .until(() -> run("resync", "status").out().contains("Complete: 400 devices"));

      Output one = run("resync", "--to", "webhook", "--follow");
      assertTrue(one.out().contains("400 sent, 0 unchanged"), one.out());
      await()
          .atMost(RunningRelay.SOON)
          .until(() -> got(relay, "device.snapshot") == RunningRelay.DEVICES);
    }
  }

  private static List<String> texts(JsonNode list) {
    return JSON.convertValue(
        list, JSON.getTypeFactory().constructCollectionType(List.class, String.class));
  }

  private static JsonNode named(JsonNode checks, String name) {
    for (JsonNode each : checks) {
      if (each.path("name").asText().equals(name)) {
        return each;
      }
    }
    return checks.path("none");
  }
}
