package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ensrelay.base.FilePermissions;
import io.ensrelay.delivery.LaneOfTest;
import io.ensrelay.event.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive's files: when a line is safe, and what a crash or a full disk leaves. */
class ArchiveTest {
  private static final Instant LATE = Instant.parse("2026-02-28T23:59:59.999Z");
  private static final String DAY = "acme-2026-02-28.jsonl";
  private static final String NEXT_DAY = "acme-2026-03-01.jsonl";

  @TempDir Path parent;
  private final DefaultCamelContext context = new DefaultCamelContext();
  private final LaneOfTest lane = new LaneOfTest();
  private Instant now = LATE;

  @Test
  void beginsANewFileAtMidnightUtc() throws Exception {
    try (Archive archive = archive()) {
      archive.append(inBatch(1));
      now = LATE.plusMillis(1);
      archive.append(inBatch(2));
      lane.confirm();

      assertEquals(List.of(event(1)), lines(DAY));
      assertEquals(List.of(event(2)), lines(NEXT_DAY));
    }
    assertEquals(2, files().size());
  }

  @Test
  void writesBeforeTheEventsAreConfirmedAndNotForEach() throws Exception {
    try (Archive archive = archive()) {
      archive.append(inBatch(1));
      archive.append(inBatch(2));
      assertEquals(List.of(), lines(DAY));

      lane.confirm();

      assertEquals(events(1, 2), lines(DAY));
    }
  }

  @Test
  void writesAtOnceWhatDoesNotComeFromTheSpool() throws Exception {
    try (Archive archive = archive()) {
      archive.append(exchange(1));

      assertEquals(events(1, 1), lines(DAY));
    }
  }

  @Test
  void writesAnEventAgainThatItIsWoundBackTo() throws Exception {
    try (Archive archive = archive()) {
      archive.append(exchange(1));
      archive.append(exchange(1));
      Exchange again = exchange(1);
      again.getMessage().setHeader(Event.REPLAY, true);
      archive.append(again);

      assertEquals(List.of(event(1), event(1)), lines(DAY));
    }
  }

  @Test
  void writesTheRestAtTheEnd() throws Exception {
    Archive archive = archive();
    archive.append(inBatch(1));

    archive.close();

    assertEquals(events(1, 1), lines(DAY));
  }

  @Test
  void cutsAHalfLineOffAndGoesOnWithANewOne() throws Exception {
    crashLeaves(DAY, event(1) + "\n" + event(2).substring(0, 60));
    try (Archive archive = archive()) {
      archive.append(exchange(2));
      archive.append(exchange(3));
    }

    assertEquals(events(1, 3), lines(DAY));
  }

  @Test
  void cutsTheHalfLineOfTheDayBefore() throws Exception {
    crashLeaves(DAY, event(1) + "\n" + event(2).substring(0, 60));
    now = LATE.plusMillis(1);
    try (Archive archive = archive()) {
      archive.append(exchange(2));
    }

    assertEquals(events(1, 1), lines(DAY));
    assertEquals(events(2, 2), lines(NEXT_DAY));
  }

  @Test
  void cutsZerosAndAFileThatIsOneHalfLine() throws Exception {
    crashLeaves(DAY, "\0".repeat(200_000));
    try (Archive archive = archive()) {
      archive.append(exchange(1));
    }

    assertEquals(events(1, 1), lines(DAY));
  }

  @Test
  void knowsAfterARestartWhatItHasWritten() throws Exception {
    crashLeaves(DAY, event(1) + "\n" + event(2) + "\n");
    try (Archive archive = archive()) {
      for (int number : new int[] {1, 2, 3}) {
        archive.append(inBatch(number));
      }
      lane.confirm();
    }

    assertEquals(events(1, 3), lines(DAY));
  }

  @Test
  void knowsTheNewestOfManyAfterARestart() throws Exception {
    crashLeaves("acme-2026-02-27.jsonl", String.join("\n", events(1, 15_000)) + "\n");
    crashLeaves(DAY, String.join("\n", events(15_001, 30_000)) + "\n");
    try (Archive archive = archive()) {
      archive.append(inBatch(15_001));
      archive.append(inBatch(30_000));
      lane.confirm();
    }

    assertEquals(15_000, lines(DAY).size());
  }

  @Test
  void knowsAfterMidnightWhatItHasWrittenTheDayBefore() throws Exception {
    crashLeaves(DAY, event(1) + "\n");
    crashLeaves("other-2026-02-28.jsonl", event(2) + "\n");
    now = LATE.plusMillis(1);
    try (Archive archive = archive()) {
      archive.append(exchange(1));
      archive.append(exchange(2));
    }

    assertEquals(events(1, 1), lines(DAY));
    assertEquals(events(2, 2), lines(NEXT_DAY), "another tenant's file is not ours");
  }

  @Test
  void takesEventsAgainWhenTheDirectoryIsBack() throws Exception {
    Files.writeString(directory(), "a file where the directory should be");
    try (Archive archive = archive()) {
      assertThrows(IOException.class, () -> archive.append(inBatch(1)));
      Files.delete(directory());

      archive.append(inBatch(1));
      lane.confirm();
    }

    assertEquals(events(1, 1), lines(DAY));
  }

  @Test
  void confirmsNothingAndRepeatsNothingAfterAWriteThatFailed() throws Exception {
    try (Archive archive = archive()) {
      archive.append(inBatch(1));
      lane.confirm();
      archive.append(inBatch(2));
      archive.append(inBatch(3));

      Thread.currentThread().interrupt();
      assertThrows(IOException.class, lane::confirm);
      assertTrue(Thread.interrupted());

      assertWholeLines(DAY);
      archive.append(inBatch(2));
      archive.append(inBatch(3));
      lane.confirm();
      assertEquals(events(1, 3), lines(DAY));
    }
  }

  @Test
  void letsAnEarlierEventOfTheBatchComeAgainWhenALaterOneCannotBeWritten() throws Exception {
    try (Archive archive = archive()) {
      archive.append(inBatch(1));
      Thread.currentThread().interrupt();
      assertThrows(IOException.class, () -> archive.append(inBatch(2, 1 << 20)));
      assertTrue(Thread.interrupted());

      // as its route does; it must not overtake the one that comes again
      Exchange triedAgain = inBatch(2);
      archive.append(triedAgain);
      assertTrue(triedAgain.isRollbackOnly());
      assertThrows(IOException.class, lane::confirm, "event 1 is not on disk");

      assertWholeLines(DAY);
      archive.append(inBatch(1));
      archive.append(inBatch(2, 1 << 20));
      lane.confirm();
      assertEquals(2, lines(DAY).size());
      assertEquals(event(1), lines(DAY).get(0));
    }
  }

  @Test
  void leavesWholeLinesOnAFullDisk() throws Exception {
    Files.createDirectories(directory());
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory().toString()));
    try {
      Archive archive = archive();
      archive.append(inBatch(1));
      lane.confirm();

      IOException full =
          assertThrows(
              IOException.class,
              () -> {
                for (int number = 2; number < 100; number++) {
                  archive.append(inBatch(number, 50_000));
                }
                lane.confirm();
              });

      assertFalse(full.getMessage().isBlank());
      assertEquals(List.of(event(1)), lines(DAY));
      archive.append(inBatch(2));
      assertThrows(IOException.class, lane::confirm, "what was lost in between comes again first");
      archive.append(inBatch(2));
      lane.confirm();
      assertEquals(events(1, 2), lines(DAY).stream().distinct().toList());
      archive.close();
    } finally {
      run("umount", directory().toString());
    }
  }

  @Test
  void keepsLinesWholeWhenSeveralLanesWrite() throws Exception {
    int lanes = 8;
    int each = 400;
    ExecutorService threads = Executors.newFixedThreadPool(lanes);
    try (Archive archive = archive()) {
      List<Future<?>> ends = new ArrayList<>();
      for (int number = 0; number < lanes; number++) {
        int first = number * each;
        ends.add(threads.submit(() -> appendInBatchesOf40(archive, first, first + each)));
      }
      for (Future<?> end : ends) {
        end.get(60, TimeUnit.SECONDS);
      }
      // all are confirmed: nothing may be left for the close to write
      List<String> lines = lines(DAY);
      assertEquals(lanes * each, lines.size());
      assertEquals(
          new HashSet<>(IntStream.range(0, lanes * each).mapToObj(n -> event(n, n)).toList()),
          new HashSet<>(lines));
    } finally {
      threads.shutdownNow();
    }
  }

  private Void appendInBatchesOf40(Archive archive, int from, int to) throws IOException {
    LaneOfTest own = new LaneOfTest();
    for (int number = from; number < to; number++) {
      archive.append(own.attach(exchange(number, number)));
      if (number % 40 == 39) {
        own.confirm();
      }
    }
    own.confirm();
    return null;
  }

  private Archive archive() {
    return new Archive(directory(), "acme", FilePermissions.OWNER, new MovedClock());
  }

  private Path directory() {
    return parent.resolve("archive");
  }

  private Exchange inBatch(int number) {
    return inBatch(number, 0);
  }

  private Exchange inBatch(int number, int padding) {
    return lane.attach(exchange(number, padding));
  }

  private Exchange exchange(int number) {
    return exchange(number, 0);
  }

  private Exchange exchange(int number, int padding) {
    Exchange exchange = new DefaultExchange(context);
    exchange.getMessage().setHeader("eventId", "%032x".formatted(number));
    exchange.getMessage().setBody(event(number, padding).getBytes(StandardCharsets.UTF_8));
    return exchange;
  }

  private static List<String> events(int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(ArchiveTest::event).toList();
  }

  private static String event(int number) {
    return event(number, 0);
  }

  private static String event(int number, int padding) {
    return "{\"specversion\":\"1.0\",\"id\":\"%032x\",\"source\":\"/ens/acme\",\"data\":{\"x\":\"%s\"}}"
        .formatted(number, "é".repeat(padding / 2));
  }

  private void crashLeaves(String file, String text) throws IOException {
    Files.createDirectories(directory());
    Files.writeString(directory().resolve(file), text, StandardOpenOption.CREATE_NEW);
  }

  private List<String> lines(String file) throws IOException {
    assertWholeLines(file);
    return Files.readAllLines(directory().resolve(file));
  }

  private void assertWholeLines(String file) throws IOException {
    String text = Files.readString(directory().resolve(file));
    assertTrue(text.isEmpty() || text.endsWith("}\n"), () -> "ends in a half line: " + file);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> list = Files.list(directory())) {
      return list.toList();
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private final class MovedClock extends Clock {
    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneId.of("Pacific/Auckland");
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
