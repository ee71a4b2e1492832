package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * For {@code -Dsoak=<minutes>}: nothing grows while it works and its connection is cut at times.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS)
class SoakIT {
  private static final Duration LENGTH = Duration.ofMinutes(Scale.SOAK_MINUTES);

  @TempDir Path dir;

  private record Use(long megabytes, long threads, long files) {
    static Use of(long pid) throws IOException {
      Path process = Path.of("/proc", Long.toString(pid));
      try (Stream<Path> open = Files.list(process.resolve("fd"))) {
        return new Use(number(process, "VmRSS:") / 1024, number(process, "Threads:"), open.count());
      }
    }

    private static long number(Path process, String name) throws IOException {
      return Files.readAllLines(process.resolve("status")).stream()
          .filter(line -> line.startsWith(name))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }
  }

  static boolean isWanted() {
    return Scale.SOAK_MINUTES > 0 && Files.isDirectory(Path.of("/proc/self/fd"));
  }

  @Test
  @EnabledIf(value = "isWanted", disabledReason = "runs with -Dsoak=<minutes>, on Linux")
  void memoryThreadsAndFilesStayFlat() throws Exception {
    try (Webhook webhook = new Webhook();
        Scene scene = new Scene(Brokers.usual(), dir)) {
      webhook.start();
      scene
          .relay
          .set("ens.destination.webhook.enabled", true)
          .set("ens.destination.webhook.url", webhook.url());
      scene.begin(Scale.SOAK_RATE, 0);
      int cuts = work(scene, LENGTH.dividedBy(3));
      Use early = Use.of(scene.relay.pid());
      cuts += work(scene, LENGTH.dividedBy(3).multipliedBy(2));
      Use late = Use.of(scene.relay.pid());
      Account.Result result =
          scene.settle(
              "soak, %d min at %d/s, cut now and then: %d to %d MB, %d to %d threads, %d to %d files"
                  .formatted(
                      Scale.SOAK_MINUTES,
                      Scale.SOAK_RATE,
                      early.megabytes,
                      late.megabytes,
                      early.threads,
                      late.threads,
                      early.files,
                      late.files),
              cuts);
      scene.assertPerfect(result);
      assertAll(
          () -> assertTrue(late.megabytes <= early.megabytes * 1.25, "memory: " + late),
          () -> assertTrue(late.threads <= early.threads + 10, "threads: " + late),
          () -> assertTrue(late.files <= early.files + 20, "files: " + late));
    }
  }

  private static int work(Scene scene, Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    int cuts = 0;
    while (System.nanoTime() < end) {
      TimeUnit.SECONDS.sleep(10);
      scene.link.cut();
      scene.link.mend();
      scene.recovered();
      cuts++;
    }
    TimeUnit.SECONDS.sleep(5);
    return cuts;
  }
}
