package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.DeadLetterCount;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each of the disks under the relay fails: of events, cursors, dead letters, archive. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DiskIT {
  private static final int LARGE = 20_000;
  private static final String COUNT = "{\"all\":true,\"count\":true}";

  @TempDir Path dir;

  private Scene withWebhook(Webhook webhook) throws Exception {
    Scene scene = new Scene(Brokers.usual(), dir);
    scene
        .relay
        .set("ens.destination.webhook.enabled", true)
        .set("ens.destination.webhook.url", webhook.url());
    return scene;
  }

  @Test
  void waitsWhileTheDiskOfTheSpoolIsFull() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir);
        Disk disk = Disk.mount(scene.relay.dir().resolve("data"), 200)) {
      scene.begin();
      disk.fill();
      scene.relay.awaitLog("is nearly full: the relay takes no events");
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      disk.free();
      scene.recovered();
      // and again, wherever the relay is with its files by then
      for (int again = 1; again < Scale.RESTARTS; again++) {
        scene.awaitMore(Scale.RATE);
        disk.fill();
        TimeUnit.SECONDS.sleep(2);
        disk.free();
        scene.recovered();
      }
      scene.assertPerfect(scene.settle("disk full while storing", Scale.RESTARTS));
      scene.relay.kill();
    }
  }

  /** The events of a webhook that is down fill it, to the middle of a write. */
  @Test
  void waitsWhileTheLogHasFilledItsDisk() throws Exception {
    try (Webhook webhook = new Webhook();
        Scene scene = withWebhook(webhook);
        Disk disk = Disk.mount(scene.relay.dir().resolve("data/spool"), 20)) {
      scene.begin(Scale.RATE, LARGE);
      scene.relay.awaitLog("the relay takes no events until");
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      scene.relay.kill();
      scene.relay.start();
      scene.relay.awaitLog("the relay takes no events until");
      webhook.start();
      scene.recovered();
      Account.Result archived = scene.settle("disk full of waiting events, kill -9", 1);
      scene.assertPerfect(scene.await(webhook.account));
      scene.assertPerfect(archived);
      scene.relay.kill();
    }
  }

  /** A destination is new, and its cursor has no room: nothing is stored that it would miss. */
  @Test
  void waitsWhileTheDiskOfTheCursorsIsFull() throws Exception {
    try (Webhook webhook = new Webhook();
        Scene scene = new Scene(Brokers.usual(), dir);
        Disk disk = Disk.mount(scene.relay.dir().resolve("data/spool/cursors"), 2)) {
      webhook.start();
      scene.begin();
      disk.fill();
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      scene.recovered();
      assertEquals(143, scene.relay.term());
      scene
          .relay
          .set("ens.destination.webhook.enabled", true)
          .set("ens.destination.webhook.url", webhook.url());
      scene.relay.start();
      scene.relay.awaitLog("cannot write its cursor, so no event is stored until this works");
      scene.relay.awaitConnected();
      // what was stored before the stop may come to the archive now
      TimeUnit.SECONDS.sleep(2);
      long before = scene.archive.follow().count();
      TimeUnit.SECONDS.sleep(2);
      assertEquals(before, scene.archive.follow().count(), "stored in spite of it");
      disk.free();
      scene.recovered();
      Account.Result archived = scene.settle("disk of the cursors full", 1);
      scene.awaitTrue("the rest", () -> webhook.account.count() + before >= archived.events());
      assertEquals(archived.events(), webhook.account.count() + before, "at the new destination");
      scene.assertPerfect(archived);
      scene.relay.kill();
    }
  }

  /** What is refused waits until it can be set aside. */
  @Test
  void waitsWhileTheDiskOfTheDeadLettersIsFull() throws Exception {
    try (Webhook webhook = new Webhook();
        Scene scene = withWebhook(webhook);
        Disk disk = Disk.mount(scene.relay.dir().resolve("data/dead"), 10)) {
      webhook.start();
      webhook.mood(Webhook.Mood.ANGRY);
      scene.begin(100, 1000);
      scene.awaitTrue("a refusal", () -> webhook.refused.count() > 10);
      disk.fill();
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      scene.relay.awaitLog("webhook is stalled");
      disk.free();
      scene.recovered();
      Account.Result archived = scene.settle("disk of the dead letters full", 1);
      // after a pause of a minute at most
      scene.awaitTrue(
          "nothing that waits",
          () ->
              scene.relay.post("/api/destinations/webhook/skip", COUNT).path("events").asInt()
                  == 0);
      assertEquals(143, scene.relay.term());
      Account.Result result = webhook.account.against(scene.publisher.confirmed());
      long dead = DeadLetterCount.count(scene.relay.dir().resolve("data/spool"), "webhook");
      assertTrue(dead > 0, "nothing was refused");
      assertEquals(dead, result.lost(), "neither delivered nor a dead letter");
      scene.assertOrdered(result);
      scene.assertPerfect(archived);
    }
  }

  @Test
  void waitsWhileTheDiskOfTheArchiveIsFull() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir);
        Disk disk = Disk.mount(scene.relay.dir().resolve("events"), 100)) {
      scene.begin();
      disk.fill();
      scene.relay.awaitLog("archive is stalled");
      TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
      disk.free();
      scene.recovered();
      scene.assertPerfect(scene.settle("disk full while archiving", 1));
      scene.relay.kill();
    }
  }

  @Test
  void saysThatTheDataDirectoryIsReadOnly() throws Exception {
    try (Scene scene = new Scene(Brokers.usual(), dir);
        Disk disk = Disk.mount(scene.relay.dir().resolve("data"), 200)) {
      scene.begin();
      scene.relay.kill();
      disk.readOnly(true);
      scene.relay.start();
      assertEquals(2, scene.relay.awaitEnd());
      assertTrue(scene.relay.logText().contains("ens.data.dir"), scene.relay.logText());
      disk.readOnly(false);
      long start = System.nanoTime();
      scene.relay.start();
      scene.recoveredSince(start);
      scene.assertPerfect(scene.settle("data directory read-only at the start", 1));
      scene.relay.kill();
    }
  }
}
