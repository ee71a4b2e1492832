package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The clock of the relay's machine jumps; faketime moves it for the one process. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ClockIT {
  @TempDir Path dir;

  @Test
  void losesNothingAndSeesNoGapWhenTheClockJumps() throws Exception {
    Path library = library();
    Path clock = dir.resolve("clock");
    set(clock, "+0");
    try (Webhook webhook = new Webhook();
        Scene scene = new Scene(Brokers.usual(), dir)) {
      webhook.start();
      scene
          .relay
          .set("ens.destination.webhook.enabled", true)
          .set("ens.destination.webhook.url", webhook.url())
          .startedBy(
              "env",
              "LD_PRELOAD=" + library,
              "FAKETIME_TIMESTAMP_FILE=" + clock,
              "FAKETIME_NO_CACHE=1",
              // what Java waits by is no part of the clock, and its waits never end with the "fix"
              "DONT_FAKE_MONOTONIC=1",
              "FAKETIME_FORCE_MONOTONIC_FIX=0");
      scene.begin();
      List<String> jumps = List.of("+5h", "-30m", "+9h", "+0");
      for (String jump : jumps) {
        set(clock, jump);
        scene.awaitMore(0);
        scene.link.cut();
        scene.link.mend();
        scene.recovered();
      }
      // by the webhook: the archive begins another file when the jump goes to another day
      Account.Result archived = scene.settle("clock jumps, hours ahead and back", jumps.size());
      assertEquals(0, archived.lost(), "lost");
      assertEquals(0, archived.twice(), "twice");
      scene.assertPerfect(scene.await(webhook.account));
      assertEquals(List.of(), scene.account.gaps());
    }
  }

  private static void set(Path clock, String offset) throws IOException {
    Files.writeString(clock, offset + "\n");
  }

  private static Path library() throws IOException {
    Path folder = Path.of(System.getProperty("faults.faketime", "/usr/lib"));
    try (Stream<Path> architectures = Files.list(folder)) {
      var found =
          architectures
              .map(architecture -> architecture.resolve("faketime/libfaketimeMT.so.1"))
              .filter(Files::isRegularFile)
              .findFirst();
      assumeTrue(found.isPresent(), "faketime is not installed: no clock is moved");
      return found.orElseThrow();
    }
  }
}
