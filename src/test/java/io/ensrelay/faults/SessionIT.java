package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The durable session: left for too long, wanted by two, under a clock that jumps. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SessionIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  /** Ten minutes, by what the relay remembers, where the service keeps events for one. */
  @Test
  void tellsOfAGapToEveryDestination() throws Exception {
    try (Webhook webhook = new Webhook();
        Scene scene = new Scene(Brokers.usual(), dir, 1)) {
      webhook.start();
      scene
          .relay
          .set("ens.destination.webhook.enabled", true)
          .set("ens.destination.webhook.url", webhook.url());
      scene.begin();
      scene.relay.term();
      Path memory = scene.relay.dir().resolve("data/session.json");
      ObjectNode session = (ObjectNode) JSON.readTree(memory.toFile());
      session.put("lastConnected", session.path("lastConnected").asLong() - 600_000);
      JSON.writeValue(memory.toFile(), session);
      scene.relay.start();
      scene.relay.awaitLog("Events may be missing for good");
      scene.assertPerfect(scene.settle("away for longer than the retention time", 1));
      scene.awaitTrue("the gap in the archive", () -> !scene.archive.follow().gaps().isEmpty());
      scene.awaitTrue("the gap at the webhook", () -> !webhook.account.gaps().isEmpty());
      assertEquals(scene.account.gaps(), webhook.account.gaps());
      assertEquals(1, scene.account.gaps().size());
      assertTrue(
          scene.account.gaps().get(0).matches("\\{\"from\":\".+Z\",\"to\":\".+Z\".*"),
          scene.account.gaps().get(0));
    }
  }

  /** What each of them took is in its own archive: together they have everything. */
  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#one")
  @LongForm
  void twoWithOneClientIdSaySoAndLeaveEachOtherAlone(Brokers kind) throws Exception {
    try (Scene scene = new Scene(kind, dir)) {
      RelayProcess other = scene.relay(dir.resolve("other"));
      ArchiveReader second = new ArchiveReader(other.dir().resolve("events"), scene.account);
      scene.begin();
      other.start();
      scene.relay.awaitLog("another relay uses the client id relay");
      other.awaitLog("another relay uses the client id relay");
      other.term();
      // what it has stored and not delivered yet, without a broker to take more from
      other.set("ens.mqtt.url", "ssl://localhost:" + Brokers.freePort());
      other.start();
      scene.awaitMore(0);
      scene.publisher.finish();
      scene.awaitTrue(
          "all events in one of the archives",
          () -> {
            second.follow();
            return scene.archive.follow().against(scene.publisher.confirmed()).lost() == 0;
          });
      Account.Result result = scene.settle("two relays with one client id", 1);
      assertEquals(0, result.lost());
    }
  }
}
