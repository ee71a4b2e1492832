package io.ensrelay.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.event.Event;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
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
        scene.pass(java.time.Duration.ofSeconds(random.nextInt(300)).toNanos());
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
  void sendsOnlyWhatDiffers() throws Exception {
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
}
