package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.DeadLetterCount;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A destination fails; the archive beside it must not notice. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DestinationIT {
  private static final int RATE = 100;

  @TempDir Path dir;
  private Webhook webhook;
  private Scene scene;

  @BeforeEach
  void start() throws Exception {
    webhook = new Webhook();
    scene = new Scene(Brokers.usual(), dir);
    scene
        .relay
        .set("ens.destination.webhook.enabled", true)
        .set("ens.destination.webhook.url", webhook.url());
  }

  @AfterEach
  void stop() throws Exception {
    try {
      if (scene != null) {
        scene.close();
      }
    } finally {
      webhook.close();
    }
  }

  @Test
  void deliversEverythingWhenTheDestinationIsBack() throws Exception {
    scene.begin(RATE, 0);
    TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
    webhook.start();
    comesBack("webhook down, then back");
  }

  @Test
  void deliversEverythingToASlowDestination() throws Exception {
    webhook.start();
    webhook.mood(Webhook.Mood.SLOW);
    scene.begin(RATE, 0);
    TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
    webhook.mood(Webhook.Mood.WELL);
    comesBack("webhook slow, 100 ms a request");
  }

  @Test
  @LongForm
  void deliversEverythingWhenTheDestinationNoLongerHangs() throws Exception {
    webhook.start();
    scene.begin(RATE, 0);
    webhook.mood(Webhook.Mood.HANGING);
    scene.relay.awaitLog("webhook is stalled");
    webhook.mood(Webhook.Mood.WELL);
    comesBack("webhook hangs until the relay gives up waiting");
  }

  @Test
  void setsAsideWhatIsRefusedAndDeliversTheRest() throws Exception {
    webhook.start();
    webhook.mood(Webhook.Mood.ANGRY);
    scene.begin(RATE, 0);
    TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
    webhook.mood(Webhook.Mood.WELL);
    scene.assertPerfect(scene.settle("archive beside that webhook", 1));
    long refused = webhook.refused.count();
    long published = scene.publisher.count();
    scene.awaitTrue("all delivered", () -> webhook.account.count() + refused >= published);
    assertEquals(143, scene.relay.term());
    Account.Result result = webhook.account.against(scene.publisher.confirmed());
    long dead = DeadLetterCount.count(scene.relay.dir().resolve("data/spool"), "webhook");
    FaultTable.add(
        "webhook answers 500 and 422 at random: " + dead + " dead letters",
        scene.kind.toString(),
        1,
        result.withLost(result.lost() - dead),
        -1);
    assertTrue(refused > 0 && webhook.errors() > 0, "it was not angry enough");
    assertEquals(refused, dead, "dead letters");
    assertEquals(refused, result.lost(), "neither delivered nor a dead letter");
    assertEquals(0, result.twice(), "twice");
    scene.assertOrdered(result);
  }

  @Test
  void aDeadDestinationHoldsUpNobody() throws Exception {
    scene.begin();
    TimeUnit.MILLISECONDS.sleep(Scale.AWAY.toMillis());
    scene.assertPerfect(scene.settle("archive beside a webhook that is dead for the whole run", 1));
    assertEquals(0, webhook.account.count());
  }

  /** Nothing lost and all in order; a request that hung may have been taken in the end. */
  private void comesBack(String fault) throws Exception {
    long back = System.nanoTime();
    long before = webhook.account.count();
    scene.awaitTrue("the next event", () -> webhook.account.count() > before);
    long recovery = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - back);
    scene.publisher.finish();
    Account.Result archived = scene.await(scene.account);
    Account.Result result = scene.await(webhook.account);
    FaultTable.add(fault, scene.kind.toString(), 1, result, recovery);
    scene.assertPerfect(archived);
    scene.assertPerfect(result);
  }
}
