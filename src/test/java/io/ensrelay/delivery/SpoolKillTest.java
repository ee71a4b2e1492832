package io.ensrelay.delivery;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.JavaCommand;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Semaphore;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the spool said it has, it has: a process that stores events is killed in the middle. */
class SpoolKillTest {
  @TempDir Path data;

  /** Stores events as fast as it can, and tells each that is stored on the standard output. */
  static final class Writer {
    public static void main(String[] args) throws Exception {
      PrintStream out = System.out;
      Semaphore room = new Semaphore(500);
      try (SpoolRoutes spool = new SpoolRoutes(Path.of(args[0]))) {
        for (int seq = Integer.parseInt(args[1]); ; seq++) {
          int stored = seq;
          room.acquire();
          spool
              .store(SpoolRoutes.event("device-" + seq % 13, seq))
              .thenRun(
                  () -> {
                    out.println(stored);
                    room.release();
                  });
        }
      }
    }
  }

  @Test
  void losesNothingThatItSaidIsStored() throws Exception {
    Set<Integer> found = new ConcurrentSkipListSet<>();
    RouteBuilder reads =
        new RouteBuilder() {
          @Override
          public void configure() {
            from("spool:events?destination=test")
                .process(e -> found.add(SpoolRoutes.seq(e.getMessage().getBody(byte[].class))));
          }
        };
    try (SpoolRoutes spool = new SpoolRoutes(data, reads)) {
      assertTrue(spool.camel.isStarted());
    }
    Set<Integer> said = new TreeSet<>();
    for (int round = 0; round < 3; round++) {
      said.addAll(storeAndKill(round * 1_000_000, 700 + 333 * round));
    }
    try (SpoolRoutes spool = new SpoolRoutes(data, reads)) {
      await().atMost(Duration.ofSeconds(60)).until(() -> found.containsAll(said));
    }
    assertEquals(Set.of(), difference(said, found));
    assertTrue(said.size() >= 700, "only " + said.size());
  }

  private Set<Integer> storeAndKill(int from, int afterEvents) throws Exception {
    Process process =
        new ProcessBuilder(
                JavaCommand.of(
                    "-Xmx256m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Writer.class.getName(),
                    data.toString(),
                    Integer.toString(from)))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Set<Integer> said = new TreeSet<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      while (line != null) {
        if (line.matches("\\d+")) {
          said.add(Integer.valueOf(line));
        }
        if (said.size() == afterEvents) {
          // by its handle: the process object would close the pipe with what it said
          process.toHandle().destroyForcibly();
        }
        line = lines.readLine();
      }
    }
    process.waitFor();
    return said;
  }

  private static Set<Integer> difference(Set<Integer> all, Set<Integer> without) {
    Set<Integer> rest = new TreeSet<>(all);
    rest.removeAll(without);
    return rest;
  }
}
