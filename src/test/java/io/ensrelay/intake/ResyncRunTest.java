package io.ensrelay.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.event.Event;
import io.ensrelay.service.FleetCalls;
import io.ensrelay.service.FleetPage;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A resync of a fleet that changes while it is read. */
class ResyncRunTest {
  @TempDir Path dir;

  private static void assertSame(ResyncScene scene, String what) throws Exception {
    scene.settle();
    for (boolean byTime : List.of(false, true)) {
      Map<String, ? extends JsonNode> fleet = scene.fleet.active();
      Map<String, ? extends JsonNode> picture = scene.log.picture(byTime);
      Set<String> differing = new TreeSet<>(fleet.keySet());
      differing.addAll(picture.keySet());
      differing.removeIf(id -> Objects.equals(fleet.get(id), picture.get(id)));
      String first = differing.isEmpty() ? "" : differing.iterator().next();
      assertEquals(
          Set.of(),
          differing,
          () ->
              "%s, by time %s: %s is %s, not %s; %s"
                  .formatted(
                      what,
                      byTime,
                      first,
                      fleet.get(first),
                      picture.get(first),
                      scene.log.of(first)));
    }
  }

  @Test
  void theReceiversPictureEqualsTheFleetInAHundredRuns() throws Exception {
    for (int run = 0; run < Integer.getInteger("runs", 100); run++) {
      long seed = Long.getLong("seed", Integer.getInteger("first", 1000) + run);
      SplittableRandom random = new SplittableRandom(seed);
      ResyncScene scene =
          new ResyncScene(
              dir.resolve("seed-" + seed), 20 + random.nextInt(1200), seed, random.nextInt(25_000));
      scene.fleet.failing = random.nextInt(3) * 0.1;
      scene.fleet.mostOnPage = random.nextInt(4) == 0 ? 50 : 500;
      scene.fleet.countFails = random.nextInt(10) == 0;
      scene.rate = random.nextInt(4) * 0.5;
      String what = "seed " + seed;
      if (random.nextBoolean()) {
        // an earlier run, and events since then
        scene.resync();
        assertSame(scene, what + ", first run");
        scene.pass(Duration.ofSeconds(random.nextInt(300)).toNanos());
      }
      Instant end = scene.gap(random.nextInt(200));
      scene.killedAt = random.nextInt(30);
      ResyncState state =
          scene.resync(new ResyncRequest("gap", List.of("ACTIVE"), Optional.empty(), false), end);
      assertSame(scene, what);
      assertEquals("", state.incomplete, what);
    }
  }

  @Test
  void sendsOnlyChangedDevices() throws Exception {
    ResyncScene scene = new ResyncScene(dir, 500, 7, 0);
    assertEquals(500, scene.resync().sent);

    ResyncState again = scene.resync();

    assertEquals(0, again.sent);
    assertEquals(500, again.unchanged);
    scene.gap(40);
    scene.pass(1);
    ResyncState third = scene.resync();
    assertTrue(third.sent > 5 && third.sent < 41, third.sent + " sent");
    assertSame(scene, "after a gap");
    assertEquals(List.of(Event.RESYNC_STARTED), scene.log.types().subList(0, 1));
    assertEquals("complete", scene.log.last(Event.RESYNC_FINISHED).get("outcome").asText());
  }

  @Test
  void sendsAllIfAsked() throws Exception {
    ResyncScene scene = new ResyncScene(dir, 300, 7, 0);
    scene.resync();

    assertEquals(300, scene.resync(ResyncScene.request(true), Instant.EPOCH).sent);
  }

  @Test
  void sendsAllIfTheLogDoesNotReachBackToTheLastRun() throws Exception {
    ResyncScene scene = new ResyncScene(dir, 300, 7, 0);
    scene.resync();
    scene.log.forget();
    scene.pass(Duration.ofDays(3).toNanos());

    assertEquals(300, scene.resync().sent);
  }

  @Test
  void reportsADeviceAsMissingAfterTwoPassesWithoutIt() throws Exception {
    ResyncScene scene = new ResyncScene(dir, 300, 7, 0);
    scene.resync();
    String gone = scene.fleet.vanish();
    scene.pass(1);

    ResyncState state = scene.resync();

    assertEquals(1, state.missing);
    assertEquals(2, state.pass);
    assertEquals(gone, scene.log.last(Event.MISSING).at("/device/deviceGuid").asText());
    assertEquals(state.run, scene.log.last(Event.MISSING).get("resync").asText());
    assertEquals(0, scene.resync().missing, "told again");
  }

  @Test
  void aDeviceThatHasLeftIsSentWithItsNewStatus() throws Exception {
    ResyncScene scene = new ResyncScene(dir, 300, 7, 0);
    scene.resync();
    scene.connected = false;
    String left = scene.fleet.retire();
    scene.connected = true;
    scene.pass(1);

    ResyncState state = scene.resync();

    assertEquals(1, state.sent);
    assertEquals(0, state.missing);
    assertEquals(1, state.pass);
    JsonNode snapshot = scene.log.last(Event.SNAPSHOT).get("device");
    assertEquals(left, snapshot.get("deviceGuid").asText());
    assertEquals("RETIRED", snapshot.get("status").asText());
  }

  @Test
  void reportsNoDeviceAsMissingIfTheServiceReturnsNone() throws Exception {
    ResyncScene scene = new ResyncScene(dir, 300, 7, 0);
    scene.resync();
    scene.service =
        new Spoilt(scene.fleet) {
          @Override
          FleetPage spoilt(FleetPage page, long offset, int limit) {
            return new FleetPage(page.asked(), List.of(), page.limit());
          }

          @Override
          public OptionalLong count(String status) {
            return OptionalLong.of(0);
          }

          @Override
          public FleetPage find(boolean areGuids, Collection<String> names) throws Exception {
            return spoilt(super.find(areGuids, names), 0, 0);
          }
        };

    ResyncState state = scene.resync();

    assertEquals(0, state.missing);
    assertEquals(
        "the service returns no device at all: none is reported as missing", state.incomplete);
  }

  @Test
  void endsIfTheServiceIgnoresTheOffset() throws Exception {
    ResyncScene scene = new ResyncScene(dir, 300, 7, 0);
    scene.service =
        new Spoilt(scene.fleet) {
          @Override
          FleetPage spoilt(FleetPage page, long offset, int limit) throws Exception {
            return scene.fleet.page("ACTIVE", 0, limit);
          }
        };

    ResyncState state = scene.resync();

    assertEquals("the service counts 300 devices and returns 200", state.incomplete);
    assertEquals("incomplete", scene.log.last(Event.RESYNC_FINISHED).get("outcome").asText());
    assertTrue(state.calls < 30, state.calls + " calls");
  }

  @Test
  void readsAServiceThatReturnsAllDevicesAtOnce() throws Exception {
    ResyncScene scene = new ResyncScene(dir, 900, 7, 0);
    scene.service =
        new Spoilt(scene.fleet) {
          @Override
          FleetPage spoilt(FleetPage page, long offset, int limit) throws Exception {
            return scene.fleet.page("ACTIVE", 0, 10_000);
          }
        };
    scene.fleet.mostOnPage = 10_000;

    ResyncState state = scene.resync();

    assertEquals("", state.incomplete);
    assertEquals(900, state.sent);
  }

  @Test
  void asksForFewerDevicesIfTheServiceRefusesMany() throws Exception {
    ResyncScene scene = new ResyncScene(dir, 300, 7, 0);
    scene.service =
        new Spoilt(scene.fleet) {
          @Override
          FleetPage spoilt(FleetPage page, long offset, int limit) throws Exception {
            if (limit > 50) {
              throw new HttpOperationFailedException("http://x", 400, "", null, Map.of(), "");
            }
            return page;
          }
        };

    ResyncState state = scene.resync();

    assertEquals("", state.incomplete);
    assertEquals(300, state.sent);
  }

  @Test
  void aKillLosesNothing() throws Exception {
    for (int killedAt = 1; killedAt < 8; killedAt++) {
      ResyncScene scene = new ResyncScene(dir.resolve("kill-" + killedAt), 700, killedAt, 5000);
      scene.killedAt = killedAt;

      ResyncState state = scene.resync();

      assertEquals("", state.incomplete);
      assertSame(scene, "killed at " + killedAt);
      assertEquals(1, scene.log.count(Event.RESYNC_STARTED));
      assertEquals(1, scene.log.count(Event.RESYNC_FINISHED));
    }
  }

  /** A service whose pages are spoilt. */
  private abstract static class Spoilt implements FleetCalls {
    private final FleetCalls service;

    Spoilt(FleetCalls service) {
      this.service = service;
    }

    abstract FleetPage spoilt(FleetPage page, long offset, int limit) throws Exception;

    @Override
    public FleetPage page(String status, long offset, int limit) throws Exception {
      return spoilt(service.page(status, offset, limit), offset, limit);
    }

    @Override
    public OptionalLong count(String status) throws Exception {
      return service.count(status);
    }

    @Override
    public FleetPage find(boolean areGuids, Collection<String> names) throws Exception {
      return service.find(areGuids, names);
    }
  }
}
