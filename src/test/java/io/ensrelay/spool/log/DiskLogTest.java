package io.ensrelay.spool.log;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.spool.log.UnsureDisk.Call;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can happen to the files of the log, and what many threads see of it. */
class DiskLogTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path temporary;
  private final Logs logs = new Logs();
  private final UnsureDisk disk = new UnsureDisk(new Random(1));

  private Path directory() {
    return temporary.resolve("spool");
  }

  private DiskLog open() throws IOException {
    disk.revive();
    return new DiskLog(directory(), logs.options(), disk);
  }

  private void append(DiskLog log, int from, int to) throws IOException {
    List<LogEntry> batch = new ArrayList<>();
    for (int i = from; i < to; i++) {
      batch.add(logs.entry("e" + i, "d" + i % 7));
    }
    log.append(batch);
  }

  /** Takes and confirms what there is for one lane. */
  private static List<String> all(DiskCursor cursor, int lane) throws Exception {
    List<String> ids = new ArrayList<>();
    Optional<DiskCursor.Taken> taken = cursor.take(lane, 0);
    while (taken.isPresent()) {
      ids.add(Logs.id(taken.get().event()));
      cursor.confirm(lane, taken.get());
      taken = cursor.take(lane, 0);
    }
    return ids;
  }

  private static List<String> ids(int from, int to) {
    List<String> ids = new ArrayList<>();
    for (int i = from; i < to; i++) {
      ids.add("e" + i);
    }
    return ids;
  }

  private Path file(long first) {
    return directory().resolve(String.format("%020d.log", first));
  }

  private void copy(Path to) throws IOException {
    try (Stream<Path> files = Files.walk(directory())) {
      for (Path each : (Iterable<Path>) files::iterator) {
        Path copy = to.resolve(directory().relativize(each).toString());
        if (Files.isDirectory(each)) {
          Files.createDirectories(copy);
        } else {
          Files.write(copy, Files.readAllBytes(each));
        }
      }
    }
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  // --- what is left of the files

  @Test
  void endsBehindTheLastWholeEventWhereverTheFileIsCut() throws Exception {
    int count = 3;
    long[] ends = new long[count + 1];
    try (DiskLog log = open()) {
      for (int i = 0; i < count; i++) {
        append(log, i, i + 1);
        ends[i + 1] = Files.size(file(0));
      }
    }
    byte[] whole = Files.readAllBytes(file(0));
    for (int cut = 0; cut <= whole.length; cut++) {
      Path place = temporary.resolve("cut" + cut);
      write(place.resolve("00000000000000000000.log"), Arrays.copyOf(whole, cut));
      int left = 0;
      while (left < count && ends[left + 1] <= cut) {
        left++;
      }
      try (DiskLog log = new DiskLog(place, logs.options(), disk)) {
        log.cursors().stop();
        assertEquals(left, log.end());
        DiskCursor cursor = log.attach("n", 1, "", Begin.EARLIEST);
        append(log, 6, 7);
        List<String> expected = ids(0, left);
        expected.add("e6");
        assertEquals(expected, all(cursor, 0), "cut at " + cut);
        assertEquals(0, log.damaged());
      }
    }
  }

  @Test
  void deliversEveryOtherEventWhereverAByteIsWrong() throws Exception {
    logs.segmentBytes = 250;
    Map<Path, byte[]> whole = new TreeMap<>();
    try (DiskLog log = open()) {
      for (int i = 0; i < 8; i += 2) {
        append(log, i, i + 2);
      }
    }
    try (Stream<Path> files = Files.list(directory())) {
      for (Path each : (Iterable<Path>) files::iterator) {
        if (each.toString().endsWith(".log")) {
          whole.put(each, Files.readAllBytes(each));
        }
      }
    }
    assertTrue(whole.size() > 1);
    int tried = 0;
    for (Map.Entry<Path, byte[]> file : whole.entrySet()) {
      for (int at = 0; at < file.getValue().length; at++) {
        Path place = temporary.resolve("flip" + tried++);
        for (Map.Entry<Path, byte[]> each : whole.entrySet()) {
          byte[] bytes = each.getValue().clone();
          if (each.getKey().equals(file.getKey())) {
            bytes[at] ^= (byte) (1 << at % 8);
          }
          write(place.resolve(each.getKey().getFileName()), bytes);
        }
        assertTimeoutPreemptively(LONG, () -> deliversAllButOne(place), "flipped " + place);
      }
    }
  }

  /** An event at the end can't be told from one that a power cut left, so nobody is told of it. */
  private void deliversAllButOne(Path place) throws Exception {
    try (DiskLog log = new DiskLog(place, logs.options(), disk)) {
      log.cursors().stop();
      DiskCursor first = log.attach("first", 1, "", Begin.EARLIEST);
      DiskCursor second = log.attach("second", 3, "", Begin.EARLIEST);
      List<String> expected = ids(0, 8);
      List<String> got = all(first, 0);
      int wrong = 0;
      while (wrong < got.size() && got.get(wrong).equals("e" + wrong)) {
        wrong++;
      }
      boolean last = wrong == 7;
      expected.remove(wrong);
      if (!last) {
        expected.add(wrong, "gap " + wrong + " " + (wrong + 1));
      }
      assertEquals(expected, got, place::toString);
      List<String> lanes = new ArrayList<>();
      for (int lane = 0; lane < 3; lane++) {
        lanes.addAll(all(second, lane));
      }
      assertEquals(sorted(expected), sorted(lanes));
      assertEquals(last ? 0 : 1, log.damaged());
      assertEquals(log.end(), first.position());
    }
  }

  private static List<String> sorted(List<String> all) {
    return all.stream().sorted().toList();
  }

  @Test
  void reportsAMissingFileOnceInItsPlace() throws Exception {
    logs.segmentBytes = 1;
    try (DiskLog log = open()) {
      for (int i = 0; i < 5; i++) {
        append(log, 2 * i, 2 * i + 2);
      }
      log.attach("old", 2, "", Begin.NOW);
    }
    Files.delete(file(4));
    try (DiskLog log = open()) {
      List<String> expected = ids(0, 4);
      expected.add("gap 4 6");
      expected.addAll(ids(6, 10));
      DiskCursor one = log.attach("n", 1, "", Begin.EARLIEST);
      assertEquals(expected, all(one, 0));
      assertEquals(List.of(), all(log.attach("old", 2, "", Begin.EARLIEST), 0));
      one.rewind(0);
      assertEquals(expected, all(one, 0));
      assertEquals(2, log.damaged());
    }
  }

  @Test
  void reportsDamageToDestinationsThatHaveNotPassedItWhicheverLaneIsBehind() throws Exception {
    logs.tailBytes = 0;
    logs.segmentBytes = 1;
    int behind = StoredEvent.lane(logs.entry("x", "d0").key(), 3);
    try (DiskLog log = open()) {
      DiskCursor cursor = log.attach("n", 3, "", Begin.NOW);
      append(log, 0, 50);
      append(log, 50, 60);
      for (int lane = 0; lane < 3; lane++) {
        if (lane != behind) {
          all(cursor, lane);
        }
      }
    }
    Files.delete(file(0));
    write(file(0), new byte[100]);
    try (DiskLog log = open()) {
      DiskCursor cursor = log.attach("n", 3, "", Begin.NOW);
      List<String> got = new ArrayList<>();
      for (int lane = 0; lane < 3; lane++) {
        List<String> of = all(cursor, lane);
        assertTrue(lane == behind || of.isEmpty());
        got.addAll(of);
      }
      assertTrue(got.get(0).startsWith("gap ") && got.get(0).endsWith(" 50"), got::toString);
      assertTrue(got.stream().skip(1).allMatch(id -> id.startsWith("e5")), got::toString);
    }
  }

  @Test
  void opensWithFilesThatAreEmptyOrNotItsOwn() throws Exception {
    try (DiskLog log = open()) {
      append(log, 0, 3);
    }
    write(file(3), new byte[0]);
    write(directory().resolve("notes.txt"), new byte[] {1});
    write(directory().resolve("5.log"), new byte[] {1});
    write(directory().resolve("99999999999999999999.log"), new byte[] {1});
    try (DiskLog log = open()) {
      assertEquals(3, log.end());
      DiskCursor cursor = log.attach("n", 1, "", Begin.EARLIEST);
      append(log, 3, 5);
      assertEquals(ids(0, 5), all(cursor, 0));
    }
  }

  @Test
  void passesALengthThatIsTooLarge() throws Exception {
    try (DiskLog log = open()) {
      append(log, 0, 3);
    }
    byte[] bytes = Files.readAllBytes(file(0));
    for (int length : new int[] {Integer.MAX_VALUE, -1, Integer.MIN_VALUE, bytes.length, 0}) {
      byte[] wrong = bytes.clone();
      java.nio.ByteBuffer.wrap(wrong).putInt(0, length);
      write(file(0), wrong);
      Files.deleteIfExists(directory().resolve("cursors/n"));
      try (DiskLog log = open()) {
        assertEquals(
            List.of("gap 0 1", "e1", "e2"), all(log.attach("n", 1, "", Begin.EARLIEST), 0));
        log.cursors().stop();
      }
    }
  }

  // --- a disk that fails

  @Test
  void failsAllOfABatchThatCannotBeForcedAndGoesOnInANewFile() throws Exception {
    for (boolean cuts : new boolean[] {true, false}) {
      Path place = temporary.resolve("force" + cuts);
      List<String> expected = ids(0, 5);
      try (DiskLog log = new DiskLog(place, logs.options(), disk)) {
        log.cursors().stop();
        DiskCursor cursor = log.attach("n", 1, "", Begin.EARLIEST);
        append(log, 0, 3);
        disk.faults((call, path) -> call == Call.FORCE || call == Call.TRUNCATE && !cuts);
        assertThrows(IOException.class, () -> append(log, 3, 5));
        assertEquals(EventLog.State.DOWN, log.state());
        assertEquals(3, log.end());
        assertEquals(ids(0, 3), all(cursor, 0));
        disk.faults((call, path) -> false);
        append(log, 3, 5);
        assertEquals(EventLog.State.RUNNING, log.state());
        assertTrue(Files.exists(place.resolve("00000000000000000003.log")));
        assertEquals(ids(3, 5), all(cursor, 0));
      }
      try (DiskLog log = new DiskLog(place, logs.options(), disk)) {
        assertEquals(5, log.end());
        assertEquals(expected, all(log.attach("again", 1, "", Begin.EARLIEST), 0));
      }
    }
  }

  @Test
  void aShortWriteFailsAndLeavesNothing() throws Exception {
    try (DiskLog log = open()) {
      append(log, 0, 3);
      disk.faults((call, path) -> call == Call.WRITE);
      assertThrows(IOException.class, () -> append(log, 3, 9));
      disk.faults((call, path) -> false);
      append(log, 3, 4);
    }
    try (DiskLog log = open()) {
      assertEquals(ids(0, 4), all(log.attach("n", 1, "", Begin.EARLIEST), 0));
      assertEquals(0, log.damaged());
    }
  }

  @Test
  void deletesDeliveredEventsBeforeTheDiskIsFull() throws Exception {
    logs.segmentBytes = 1;
    try (DiskLog log = open()) {
      DiskCursor cursor = log.attach("n", 1, "", Begin.NOW);
      append(log, 0, 3);
      append(log, 3, 6);
      assertEquals(ids(0, 6), all(cursor, 0));
      disk.usable(0);
      IOException full = assertThrows(IOException.class, () -> append(log, 6, 7));
      assertTrue(full.getMessage().contains("nearly full"), full::getMessage);
      assertEquals(EventLog.State.DISK_FULL, log.state());
      assertEquals(6, log.first());
      disk.usable(Long.MAX_VALUE);
      append(log, 6, 8);
      all(cursor, 0);
      append(log, 8, 9);
      disk.usable(0);
      assertThrows(IOException.class, () -> append(log, 9, 10));
      assertEquals(8, log.first());
      disk.usable(Long.MAX_VALUE);
      log.maintain();
      assertEquals(EventLog.State.RUNNING, log.state());
      assertEquals(ids(8, 9), all(cursor, 0));
    }
  }

  @Test
  void appendingToATightDiskAndTrimmingDoNotWaitForEachOther() {
    logs.segmentBytes = 1;
    assertTimeoutPreemptively(
        LONG,
        () -> {
          try (DiskLog log = open()) {
            log.cursors().stop();
            AtomicBoolean done = new AtomicBoolean();
            ExecutorService other = Executors.newSingleThreadExecutor();
            Future<?> trims =
                other.submit(
                    () -> {
                      while (!done.get()) {
                        log.maintain();
                      }
                      return null;
                    });
            for (int i = 0; i < 300; i++) {
              disk.usable(i % 3 == 0 ? 0 : Long.MAX_VALUE);
              try {
                append(log, i, i + 1);
              } catch (IOException e) {
                assertTrue(e.getMessage().contains("nearly full"), e::getMessage);
              }
            }
            done.set(true);
            trims.get();
            other.shutdown();
          }
        });
  }

  // --- cursors

  @Test
  void aCursorThatIsDamagedGoesBackAndNeverAhead() throws Exception {
    Path file = directory().resolve("cursors/n");
    try (DiskLog log = open()) {
      log.cursors().stop();
      DiskCursor cursor = log.attach("n", 1, "", Begin.NOW);
      append(log, 0, 5);
      all(cursor, 0);
      log.cursors().write();
      log.cursors().force();
      append(log, 5, 9);
      all(cursor, 0);
    }
    byte[] whole = Files.readAllBytes(file);
    long newest = positionWith(whole);
    assertEquals(9, newest);
    Set<Long> found = new HashSet<>();
    for (int slot = 0; slot < 2; slot++) {
      for (int at = 0; at < 31; at++) {
        byte[] wrong = whole.clone();
        wrong[slot * (64 << 10) + at] ^= 4;
        found.add(positionWith(wrong));
      }
    }
    assertEquals(Set.of(5L, 9L), found);
    byte[] none = whole.clone();
    none[8] ^= 1;
    none[(64 << 10) + 8] ^= 1;
    assertEquals(0, positionWith(none));
    assertEquals(0, positionWith(new byte[] {1, 2, 3}));
  }

  private long positionWith(byte[] cursor) throws IOException {
    Path place = temporary.resolve("cursor");
    copy(place);
    Files.write(place.resolve("cursors/n"), cursor);
    try (DiskLog log = new DiskLog(place, logs.options(), disk)) {
      log.cursors().stop();
      return log.destination("n").orElseThrow().position();
    }
  }

  @Test
  void goesOnBehindACursorThatIsAheadOfTheLog() throws Exception {
    try (DiskLog log = open()) {
      log.attach("other", 1, "", Begin.NOW);
      DiskCursor cursor = log.attach("n", 1, "", Begin.NOW);
      append(log, 0, 9);
      all(cursor, 0);
    }
    Files.delete(file(0));
    try (DiskLog log = open()) {
      assertEquals(9, log.end());
      log.forget("n");
    }
    try (DiskLog log = open()) {
      assertEquals(9, log.end());
      append(log, 9, 11);
      DiskCursor other = log.attach("other", 1, "", Begin.NOW);
      assertEquals(List.of("gap 0 9", "e9", "e10"), all(other, 0));
    }
  }

  @Test
  void refusesFilesOfOtherVersionsInOneLine() throws Exception {
    Files.createDirectories(directory());
    Files.writeString(directory().resolve("format"), "2\n");
    IOException newer = assertThrows(IOException.class, this::open);
    assertTrue(newer.getMessage().matches(".* has the format '2', and .*"), newer::getMessage);
    Files.write(directory().resolve("format"), new byte[] {(byte) 0xff, 0});
    assertTrue(assertThrows(IOException.class, this::open).getMessage().contains("the format"));
    Files.delete(directory().resolve("format"));
    Files.createDirectory(directory().resolve("journal"));
    IOException older = assertThrows(IOException.class, this::open);
    assertTrue(older.getMessage().contains("an earlier version"), older::getMessage);
    assertFalse(older.getMessage().contains("\n"));
  }

  @Test
  void refusesDestinationsThatCouldNotBeReadBack() throws Exception {
    try (DiskLog log = open()) {
      for (String name : List.of("", "..", "../n", "a/b", "n".repeat(256))) {
        assertThrows(
            IllegalArgumentException.class, () -> log.attach(name, 1, "", Begin.NOW), name);
      }
      assertThrows(IllegalArgumentException.class, () -> log.attach("n", 0, "", Begin.NOW));
      assertThrows(IllegalArgumentException.class, () -> log.attach("n", 257, "", Begin.NOW));
      assertThrows(IllegalArgumentException.class, () -> log.attach("n", 1, "?", Begin.NOW));
      assertTrue(log.destinations().isEmpty());
      log.attach("n", 1, "", Begin.NOW);
      assertThrows(IllegalStateException.class, () -> log.attach("n", 1, "", Begin.NOW));
    }
  }

  @Test
  void trimsByAgeAndSizeButNeverUndeliveredEvents() throws Exception {
    logs.segmentBytes = 1;
    logs.keep = Duration.ofSeconds(10);
    try (DiskLog log = open()) {
      log.cursors().stop();
      DiskCursor cursor = log.attach("n", 1, "", Begin.NOW);
      append(log, 0, 2);
      logs.millis.addAndGet(11_000);
      append(log, 2, 4);
      logs.millis.addAndGet(11_000);
      log.maintain();
      assertEquals(0, log.first());
      assertEquals(ids(0, 4), all(cursor, 0));
      log.maintain();
      assertEquals(0, log.first(), "what is confirmed is not on disk yet");
      log.cursors().write();
      log.cursors().force();
      log.maintain();
      assertEquals(4, log.first());
    }
    logs.keep = Duration.ofDays(1);
    logs.keepBytes = 0;
    try (DiskLog log = open()) {
      append(log, 4, 6);
      append(log, 6, 8);
      DiskCursor cursor = log.attach("n", 1, "", Begin.NOW);
      assertEquals("e4", Logs.id(cursor.take(0, 0).orElseThrow().event()));
      log.cursors().write();
      log.cursors().force();
      log.maintain();
      assertEquals(4, log.first());
      cursor.detach();
      cursor.skip(6);
      log.maintain();
      assertEquals(6, log.first());
    }
  }

  @Test
  void aNewDestinationBeginsWhereItIsTold() throws Exception {
    try (DiskLog log = open()) {
      append(log, 0, 2);
      logs.millis.addAndGet(60_000);
      append(log, 2, 4);
      logs.millis.addAndGet(60_000);
      assertEquals(List.of(), all(log.attach("now", 1, "", Begin.NOW), 0));
      assertEquals(ids(0, 4), all(log.attach("earliest", 1, "", Begin.EARLIEST), 0));
      Begin age = new Begin(Begin.Kind.AGE, Duration.ofSeconds(90));
      assertEquals(ids(2, 4), all(log.attach("age", 1, "", age), 0));
    }
  }

  // --- threads

  @Test
  void readersAtTheWritersEdgeSeeEachEventOnceAndInOrder() {
    logs.tailBytes = 1;
    logs.segmentBytes = 50_000;
    int count = 6000;
    assertTimeoutPreemptively(
        LONG,
        () -> {
          try (DiskLog log = open()) {
            ExecutorService threads = Executors.newCachedThreadPool();
            List<Future<List<String>>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
              DiskCursor cursor = log.attach("n" + i, 2, "", Begin.NOW);
              for (int lane = 0; lane < 2; lane++) {
                int of = lane;
                readers.add(threads.submit(() -> until(cursor, of, "end" + of)));
              }
            }
            for (int i = 0; i < count; i += 2) {
              append(log, i, i + 2);
            }
            end(log, 2);
            Set<String> got = new HashSet<>();
            for (Future<List<String>> each : readers) {
              got.addAll(each.get());
              isInOrder(each.get());
            }
            assertEquals(new HashSet<>(ids(0, count)), got);
            assertEquals(2L * count, readers.stream().mapToLong(each -> size(each)).sum());
            assertEquals(0, log.damaged());
            threads.shutdown();
          }
        });
  }

  private static int size(Future<List<String>> list) {
    try {
      return list.get().size();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  private static void isInOrder(List<String> ids) {
    int before = -1;
    for (String id : ids) {
      int number = Integer.parseInt(id.substring(1));
      assertTrue(number > before, number + " comes after " + before);
      before = number;
    }
  }

  /** An event for each lane, "end" and its number. */
  private void end(DiskLog log, int lanes) throws IOException {
    for (int lane = 0; lane < lanes; lane++) {
      for (int i = 0; ; i++) {
        LogEntry entry = logs.entry("end" + lane, "end" + i);
        if (StoredEvent.lane(entry.key(), lanes) == lane) {
          log.append(List.of(entry));
          break;
        }
      }
    }
  }

  private static List<String> until(DiskCursor cursor, int lane, String last) throws Exception {
    List<String> ids = new ArrayList<>();
    while (true) {
      Optional<DiskCursor.Taken> taken = cursor.take(lane, 1000);
      if (taken.isPresent()) {
        cursor.confirm(lane, taken.get());
        if (Logs.id(taken.get().event()).equals(last)) {
          return ids;
        }
        ids.add(Logs.id(taken.get().event()));
      }
    }
  }

  @Test
  void lanesThatAreStuckHoldUpNobodyElse() throws Exception {
    int lanes = 256;
    int count = 20_000;
    logs.segmentBytes = 1 << 20;
    try (DiskLog log = open()) {
      DiskCursor cursor = log.attach("n", lanes, "", Begin.NOW);
      Map<Integer, DiskCursor.Taken> stuck = new HashMap<>();
      for (int from = 0; from < count; from += 500) {
        List<LogEntry> batch = new ArrayList<>();
        for (int i = from; i < from + 500; i++) {
          batch.add(logs.entry("e" + i, "d" + i % 2000));
        }
        log.append(batch);
      }
      Set<String> flowed = new HashSet<>();
      for (int lane = 0; lane < lanes; lane++) {
        if (lane % 2 == 0) {
          stuck.put(lane, cursor.take(lane, 0).orElseThrow());
        } else {
          flowed.addAll(all(cursor, lane));
        }
      }
      assertTrue(flowed.size() > count / 3, () -> "only " + flowed.size());
      assertEquals(count - flowed.size(), cursor.backlog());
      for (Map.Entry<Integer, DiskCursor.Taken> each : stuck.entrySet()) {
        cursor.giveBack(each.getKey(), each.getValue());
        List<String> late = all(cursor, each.getKey());
        isInOrder(late);
        flowed.addAll(late);
      }
      assertEquals(count, flowed.size());
      assertEquals(0, cursor.backlog());
      assertEquals(count, cursor.position());
    }
  }

  @Test
  void showsTheNextEventsOfTheLanesWithoutTakingThem() throws Exception {
    try (DiskLog log = open()) {
      DiskCursor cursor = log.attach("n", 2, "a", Begin.NOW);
      append(log, 0, 300);
      log.append(List.of(logs.entry("other", "d1", "b", Optional.empty(), 20)));
      append(log, 300, 400);
      cursor.confirm(0, cursor.take(0, 0).orElseThrow());
      DiskCursor.Taken inFlight = cursor.take(1, 0).orElseThrow();

      List<String> ahead = cursor.ahead(1000).stream().map(Logs::id).toList();

      assertEquals(398, ahead.size());
      isInOrder(ahead);
      assertFalse(ahead.contains(Logs.id(inFlight.event())));
      assertEquals(399, cursor.backlog());
      assertEquals(ahead, cursor.ahead(1000).stream().map(Logs::id).toList());
      assertTrue(cursor.ahead(10).size() < 300);
      cursor.pause(true);
      assertEquals(List.of(), cursor.ahead(1000));
    }
  }

  @Test
  void aLaneThatWasStuckForLongCatchesUpInOrder() throws Exception {
    int count = 100_000;
    logs.segmentBytes = 1 << 20;
    try (DiskLog log = open()) {
      DiskCursor cursor = log.attach("n", 2, "", Begin.NOW);
      append(log, 0, 100);
      DiskCursor.Taken stuck = cursor.take(0, 0).orElseThrow();
      int others = all(cursor, 1).size();
      for (int from = 100; from < count; from += 1000) {
        append(log, from, Math.min(count, from + 1000));
        others += all(cursor, 1).size();
      }
      assertTrue(cursor.position() < 100);
      cursor.confirm(0, stuck);
      List<String> late = all(cursor, 0);
      isInOrder(late);
      assertEquals(count - others - 1, late.size());
      assertEquals(count, cursor.position());
    }
  }

  @Test
  void interruptsOfThreadsDoNoHarmToTheFiles() throws Exception {
    logs.segmentBytes = 1;
    logs.tailBytes = 1;
    Path place = temporary.resolve("real");
    try (DiskLog log = new DiskLog(place, logs.options())) {
      DiskCursor cursor = log.attach("n", 1, "", Begin.NOW);
      Thread.currentThread().interrupt();
      for (int i = 0; i < 20; i++) {
        append(log, i, i + 1);
      }
      List<String> ids = all(cursor, 0);
      cursor.pause(true);
      cursor.pause(false);
      assertEquals(20, cursor.rewind(0));
      assertTrue(Thread.interrupted());
      assertEquals(ids(0, 20), ids);
      DiskCursor.Taken taken = cursor.take(0, 0).orElseThrow();
      assertTrue(taken.event().replay());
      cursor.confirm(0, taken);
      Thread waits =
          new Thread(() -> assertThrows(InterruptedException.class, () -> drain(cursor)));
      waits.start();
      await().atMost(LONG).until(() -> cursor.position() == 20);
      waits.interrupt();
      waits.join();
      append(log, 20, 21);
      assertEquals(ids(20, 21), all(cursor, 0));
    }
  }

  private static void drain(DiskCursor cursor) throws Exception {
    while (true) {
      Optional<DiskCursor.Taken> taken = cursor.take(0, 60_000);
      taken.ifPresent(each -> cursor.confirm(0, each));
    }
  }

  @Test
  void filesAreForTheirOwnerOnly() throws Exception {
    Path place = temporary.resolve("a/real");
    try (DiskLog log = new DiskLog(place, logs.options())) {
      log.attach("n", 1, "", Begin.NOW);
      append(log, 0, 1);
      log.cursors().write();
    }
    List<Path> all;
    try (Stream<Path> each = Files.walk(place)) {
      all = each.toList();
    }
    assertEquals(5, all.size());
    for (Path each : all) {
      assertEquals(
          Files.isDirectory(each) ? "rwx------" : "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(each)),
          each::toString);
    }
  }

  @Test
  void aRewindWhileLanesDeliverLeavesNothingOut() {
    int count = 4000;
    assertTimeoutPreemptively(
        LONG,
        () -> {
          try (DiskLog log = open()) {
            DiskCursor cursor = log.attach("n", 4, "", Begin.NOW);
            append(log, 0, count);
            ExecutorService threads = Executors.newCachedThreadPool();
            List<Future<List<DiskCursor.Taken>>> lanes = new ArrayList<>();
            AtomicBoolean done = new AtomicBoolean();
            for (int lane = 0; lane < 4; lane++) {
              int of = lane;
              lanes.add(threads.submit(() -> deliveries(cursor, of, done)));
            }
            await().atMost(LONG).until(() -> cursor.position() > count / 3);
            cursor.rewind(100);
            await().atMost(LONG).until(() -> cursor.position() > count / 2);
            cursor.rewind(500);
            await().atMost(LONG).until(() -> cursor.position() == count);
            done.set(true);
            List<Long> last = new ArrayList<>();
            long newest = 0;
            for (Future<List<DiskCursor.Taken>> each : lanes) {
              newest =
                  Math.max(
                      newest,
                      each.get().stream().mapToLong(DiskCursor.Taken::epoch).max().orElse(0));
            }
            for (Future<List<DiskCursor.Taken>> each : lanes) {
              DiskCursor.Taken before = null;
              for (DiskCursor.Taken taken : each.get()) {
                assertTrue(
                    before == null
                        || taken.epoch() > before.epoch()
                        || taken.event().number() > before.event().number());
                before = taken;
                if (taken.epoch() == newest) {
                  last.add(taken.event().number());
                }
              }
            }
            assertEquals(count - 500, last.stream().filter(number -> number >= 500).count());
            assertEquals(last.size(), new HashSet<>(last).size());
            threads.shutdown();
          }
        });
  }

  private static List<DiskCursor.Taken> deliveries(DiskCursor cursor, int lane, AtomicBoolean done)
      throws Exception {
    List<DiskCursor.Taken> all = new ArrayList<>();
    while (!done.get()) {
      Optional<DiskCursor.Taken> taken = cursor.take(lane, 10);
      if (taken.isPresent()) {
        all.add(taken.get());
        cursor.confirm(lane, taken.get());
      }
    }
    return all;
  }

  @Test
  void theCodesOfAttributesStayAsTheyAreOnDisk() {
    assertEquals(
        List.of(
            "eventId",
            "eventType",
            "eventKey",
            "tenant",
            "deviceId",
            "deviceOs",
            "deviceStatus",
            "deviceCompliant",
            "eventTime"),
        io.ensrelay.event.Event.ATTRIBUTES.subList(0, 9));
  }
}
