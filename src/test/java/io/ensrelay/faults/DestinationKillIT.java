package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.spool.DeadLetterCount;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The relay is killed at random points while several destinations or the table of devices follow
 * its log.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class DestinationKillIT {
  @TempDir Path dir;

  /**
   * An archive, one of some event types, a webhook, and one that never answers until the last
   * start. A webhook may get twice what it had taken when the relay was killed; an event that was
   * in flight at three kills in a row is kept as a dead letter.
   */
  @Test
  void losesNothingOfFourDestinationsWhenItIsKilled() throws Exception {
    try (Webhook webhook = new Webhook();
        Webhook stuck = new Webhook();
        Scene scene = new Scene(Brokers.usual(), dir)) {
      Routes.in(scene.relay)
          .webhook("webhook", webhook)
          .webhook("stuck", stuck)
          .archive("some", "device_check_in,device_wiped");
      ArchiveReader some = new ArchiveReader(scene.relay.dir().resolve("some"), new Account());
      webhook.start();
      stuck.start();
      stuck.mood(Webhook.Mood.HANGING);
      scene.begin();
      for (int round = 0; round < Scale.KILLS_OF_FOUR; round++) {
        scene.atAnyPoint(round);
        scene.relay.kill();
        scene.startAgain(round);
      }
      scene.relay.kill();
      stuck.mood(Webhook.Mood.WELL);
      scene.startAgain(1);
      Account.Result archived = scene.settle("kill -9: archive", Scale.KILLS_OF_FOUR + 1);
      Account.Result ofWebhook = scene.await(webhook.account);
      Account.Result ofStuck = scene.await(stuck.account);
      Account.Result ofSome = some.follow().against(scene.publisher.confirmed("check_in", "wiped"));
      String kind = scene.kind.toString();
      FaultTable.add("  archive of some types", kind, Scale.KILLS_OF_FOUR + 1, ofSome, -1);
      FaultTable.add("  webhook", kind, Scale.KILLS_OF_FOUR + 1, ofWebhook, -1);
      FaultTable.add("  webhook that was stuck", kind, Scale.KILLS_OF_FOUR + 1, ofStuck, -1);
      scene.assertPerfect(archived);
      scene.assertPerfect(ofSome);
      scene.assertOrdered(ofWebhook);
      scene.assertOrdered(ofStuck);
      assertEquals(0, ofWebhook.lost(), "lost");
      scene.relay.term();
      long setAside = DeadLetterCount.count(scene.relay.dir().resolve("data/spool"), "stuck");
      assertEquals(setAside, ofStuck.lost(), "lost, and not a dead letter");
    }
  }

  @Test
  void theTableOfDevicesShowsTheLastEventInTheLogWhenItIsKilled() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir)) {
      scene.relay.set("ens.devices.enabled", true);
      scene.begin();
      for (int round = 0; round < Scale.KILLS; round++) {
        scene.atAnyPoint(round);
        scene.relay.kill();
        scene.startAgain(round);
      }
      scene.assertPerfect(scene.settle("kill -9 with the table of devices", Scale.KILLS));
      int devices = scene.publisher.confirmed().size();
      scene.awaitTrue(
          "each device's last event in the table",
          () -> {
            JsonNode all = scene.relay.get("/api/devices?limit=1000").path("items");
            for (JsonNode each : all) {
              if (!isLastInLog(scene, each)) {
                return false;
              }
            }
            return all.size() == devices;
          });
    }
  }

  private static boolean isLastInLog(Scene scene, JsonNode device) throws Exception {
    JsonNode last =
        scene
            .relay
            .get("/api/devices/" + device.path("id").asText() + "?events=1")
            .path("events")
            .path(0);
    return device.path("lastEvent").equals(last.path("type"))
        && device.path("lastEventReceived").equals(last.path("received"))
        && device
            .path("status")
            .equals(last.path("event").path("data").path("device").path("status"));
  }
}
