package io.ensrelay.console;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.DataDirectoryLock;
import io.ensrelay.event.DeviceField;
import io.ensrelay.spool.FleetEvents;
import io.ensrelay.spool.Spool;
import io.ensrelay.spool.TestPlatform;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of devices as API and commands show it, beside a relay and without one. */
class DevicesOfRelayTest extends CommandsOfRelay {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long NOON = FleetEvents.NOON;

  @TempDir Path dir;

  private static void publish(RunningRelay relay, String device, String user, long time)
      throws Exception {
    String message =
        FleetEvents.message("fleet-device.json")
            .replace("EVENT", "device.check_in")
            .replace("DEVICE", device)
            .replace("Someone@example.com", user)
            .replace("TIME", Long.toString(time));
    relay.service.publish("device/check_in", message.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode get(RunningRelay relay, String call) throws Exception {
    return JSON.readTree(relay.get(relay.url() + call).body());
  }

  @Test
  void aRunningRelayAnswersOfItsDevicesAndForgetsOne() throws Exception {
    try (RunningRelay relay = new RunningRelay(dir, Map.of("ens.devices.enabled", "true"))) {
      relay.awaitConnected();
      set(relay.settings());
      publish(relay, "a", "ada@example.com", NOON);
      publish(relay, "b", "=1+1", NOON + 1);
      publish(relay, "c/../c", "kim@example.com", NOON + 2);
      publish(relay, "a", "late@example.com", NOON - 1);
      await()
          .atMost(RunningRelay.SOON)
          .until(() -> get(relay, "/api/devices").path("total").asInt() == 3);

      JsonNode page = get(relay, "/api/devices?limit=2");
      assertEquals(
          List.of("a", "b"), page.path("items").findValuesAsText("id"), page::toPrettyString);
      JsonNode rest = get(relay, "/api/devices?limit=2&after=" + page.path("next").asText());
      assertEquals(List.of("c/../c"), rest.path("items").findValuesAsText("id"));
      assertTrue(rest.path("next").isNull(), rest::toString);
      JsonNode counts = get(relay, "/api/device-counts");
      assertEquals(3, counts.path("devices").asInt());
      assertEquals("IOS", counts.path("counts").path(0).path("os").asText());

      JsonNode device = get(relay, "/api/devices/a?events=10");
      assertEquals("ada@example.com", device.path("userId").asText());
      assertFalse(device.has("macAddress"));
      assertEquals(
          List.of("true", "false"),
          List.of(
              device.path("events").path(0).path("late").asText(),
              device.path("events").path(1).path("late").asText()));
      assertEquals("a", device.path("events").path(0).path("event").path("subject").asText());

      for (String wrong :
          List.of(
              "after=x",
              "order=x",
              "compliant=x",
              "seenBefore=x",
              "order=seen&after=1",
              "text=" + "x".repeat(301))) {
        assertEquals(400, relay.get(relay.url() + "/api/devices?" + wrong).statusCode(), wrong);
      }
      assertEquals(404, relay.get(relay.url() + "/api/devices/nobody").statusCode());
      assertEquals(
          401, relay.get(relay.url() + "/api/devices", "Authorization", "Bearer x").statusCode());

      assertEquals(403, relay.post("/api/devices/forget", "{\"id\":\"a\"}").statusCode());
      assertTrue(run("devices").out().contains("late") || run("devices").out().contains("ada@"));
      Output csv = run("devices", "--csv", "--user", "=1");
      assertTrue(csv.out().lines().toList().get(1).contains(",\"'=1+1\","), csv.out());
      assertEquals(2, csv.out().lines().count());
      assertTrue(run("devices", "show", "c/../c").out().contains("device.check_in"));

      Output forgotten = run("devices", "forget", "a", "--yes");
      assertEquals(0, forgotten.code(), forgotten.err());
      assertTrue(forgotten.out().contains("the dead letters"), forgotten.out());
      assertEquals(404, relay.get(relay.url() + "/api/devices/a").statusCode());
      assertEquals(1, run("devices", "forget", "a", "--yes").code());
    }
  }

  @Test
  void commandsReadTheTableWithoutARelay() throws Exception {
    Path data = dir.resolve("data");
    set(Map.of("ens.data.dir", data.toString(), "ens.devices.enabled", "true"));
    try (DataDirectoryLock lock = DataDirectoryLock.of(data);
        Spool spool =
            new Spool(
                data,
                Spool.Config.keepingAll("test")
                    .with(Optional.of(EnumSet.allOf(DeviceField.class))))) {
      spool.feedDevices(TestPlatform.REAL::thread);
      spool.append(
          List.of(
              FleetEvents.checkIn("test", "a", NOON),
              FleetEvents.checkIn("other", "a", NOON),
              FleetEvents.wiped("test", "b", NOON)));
    }

    Output all = run("devices", "--json");
    assertEquals(0, all.code(), all.err());
    assertEquals(List.of("a", "a", "b"), JSON.readTree(all.out()).findValuesAsText("id"));
    assertEquals("[]", run("devices", "--json", "--os", "OS2").out().strip());
    assertTrue(run("devices", "--compliant", "false").out().contains("WIPED"));
    assertTrue(
        run("devices", "--seen-before", "2000-01-01T00:00:00Z")
            .out()
            .startsWith("The table has no such device."));
    Output both = run("devices", "show", "a");
    assertEquals(1, both.code());
    assertTrue(both.err().contains("name one: other, test"), both.err());
    assertEquals(0, run("devices", "show", "a", "--tenant", "test").code());
    assertEquals(2, run("devices", "--limit", "0").code());
    assertEquals(0, run("devices", "forget", "a", "--tenant", "test", "--yes").code());
    assertEquals(2, run("devices", "--csv").out().lines().skip(1).count());

    set(Map.of("ens.devices.enabled", "false"));
    Output off = run("devices");
    assertEquals(1, off.code());
    assertTrue(off.err().contains("ens.devices.enabled=true"), off.err());
  }
}
