package io.ensrelay.spool.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.ensrelay.spool.log.UnsureDisk.Call;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does at random what can be done to a log, and compares what it delivers with a list in memory.
 * {@code -Dlog.seeds=N} tries so many seeds, {@code -Dlog.seed=S} one of them again, and {@code
 * -Dlog.steps=N} sets the length of each.
 */
class DiskLogModelTest {
  private static final int STEPS = Integer.getInteger("log.steps", 100);

  @TempDir Path directory;

  @Test
  void doesWhatAListWouldDo() throws Exception {
    Long one = Long.getLong("log.seed");
    int seeds = one != null ? 1 : Integer.getInteger("log.seeds", 100);
    for (int i = 0; i < seeds; i++) {
      long seed = one != null ? one : i;
      Path place = directory.resolve("seed-" + seed);
      try {
        new Model(place, seed).run();
      } catch (Exception | Error e) {
        throw new AssertionError("with -Dlog.seed=" + seed + ": " + e, e);
      }
      delete(place);
    }
  }

  private static void delete(Path place) throws IOException {
    List<Path> all;
    try (Stream<Path> each = Files.walk(place)) {
      all = each.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }

  /** An event as the model knows it. */
  private record Stored(LogEntry entry, long received) {
    String id() {
      return entry.id();
    }
  }

  /** A batch of which nobody knows whether it is on disk. */
  private record Doubt(long from, List<LogEntry> entries) {}

  /** What a destination has to get. */
  private static final class Destination {
    final String name;
    final String selector;
    int lanes;
    boolean attached;
    boolean paused;

    /** Not to be delivered: they were confirmed, or passed by. */
    BitSet confirmed = new BitSet();

    /** The same, as it is at least in the file, and on disk. */
    BitSet written;

    BitSet forced;

    /** Confirmed or not: the end of a process came between. */
    BitSet unsure = new BitSet();

    /** Had been confirmed when the destination was wound back. */
    BitSet replayed = new BitSet();

    /** Perhaps had. */
    BitSet perhapsReplayed = new BitSet();

    final List<List<Long>> taken = new ArrayList<>();
    final List<DiskCursor.Taken> last = new ArrayList<>();
    DiskCursor cursor;

    Destination(String name, String selector) {
      this.name = name;
      this.selector = selector;
    }

    void forgetTaken() {
      taken.clear();
      last.clear();
      for (int i = 0; i < lanes; i++) {
        taken.add(new ArrayList<>());
        last.add(null);
      }
    }

    void isOnDisk() {
      written = (BitSet) confirmed.clone();
      forced = (BitSet) confirmed.clone();
    }

    /** The process has ended, and so much at least is known to be confirmed. */
    void cameBackTo(BitSet least) {
      BitSet both = (BitSet) confirmed.clone();
      both.and(least);
      BitSet either = (BitSet) confirmed.clone();
      either.or(least);
      either.andNot(both);
      unsure.or(either);
      confirmed = both;
      unsure.andNot(confirmed);
      written = (BitSet) confirmed.clone();
      forced.and(confirmed);
    }
  }

  private static final class Model {
    private static final int[] LANES = {1, 2, 3, 5, 8, 256};
    private static final String[] SELECTORS = {"", "", "a", "b"};

    private final Random random;
    private final Path place;
    private final UnsureDisk disk;
    private final Logs logs = new Logs();
    private final TreeMap<Long, Stored> events = new TreeMap<>();
    private final Map<String, Destination> destinations = new TreeMap<>();
    private final List<Doubt> doubts = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();

    /** Numbers that no event has any more. */
    private final BitSet lost = new BitSet();

    private final int bodies;
    private DiskLog log;
    private long end;
    private int named;
    private int made;

    Model(Path place, long seed) {
      this.place = place;
      random = new Random(seed);
      disk = new UnsureDisk(new Random(seed + 1));
      logs.segmentBytes = 200 + random.nextInt(4000);
      logs.tailBytes = random.nextInt(3) * 5000L;
      logs.keep = Duration.ofSeconds(1 + random.nextInt(100));
      logs.keepBytes = random.nextInt(3) == 0 ? random.nextInt(5000) : 1L << 40;
      bodies = random.nextInt(10) == 0 ? 100_000 : 300;
    }

    void run() throws Exception {
      open();
      for (int i = 0; i < STEPS; i++) {
        step();
      }
      for (Destination each : destinations.values()) {
        drain(each);
      }
      log.close();
      open();
      for (Destination each : destinations.values()) {
        drain(each);
      }
      log.close();
    }

    private void step() throws Exception {
      switch (random.nextInt(26)) {
        case 0, 1, 2, 3, 4 -> append();
        case 5, 6, 7, 8, 9, 10 -> any().ifPresentOrElse(this::takeSome, this::add);
        case 11, 12, 13 -> any().ifPresent(this::confirm);
        case 14 -> any().ifPresent(this::giveBack);
        case 15 -> add();
        case 16 -> any().ifPresent(this::attachAgain);
        case 17 -> any().ifPresent(this::pause);
        case 18 -> any().ifPresent(this::move);
        case 19 -> deleteDelivered();
        case 20 -> keep();
        case 21 -> failToAppend();
        case 22 -> any().ifPresent(this::count);
        case 23 -> reopen();
        case 24 -> any().ifPresent(this::forget);
        default -> any().ifPresent(this::drain);
      }
    }

    private Optional<Destination> any() {
      return destinations.isEmpty()
          ? Optional.empty()
          : destinations.values().stream().skip(random.nextInt(destinations.size())).findFirst();
    }

    private void open() throws IOException {
      disk.revive();
      log = new DiskLog(place, logs.options(), disk);
      log.cursors().stop();
      takeOverDoubts();
      ids.clear();
      events.tailMap(log.first()).values().stream()
          .filter(each -> each.entry().destination().isEmpty())
          .forEach(each -> ids.add(each.id()));
      for (Destination each : destinations.values()) {
        each.cursor = log.destination(each.name).orElseThrow();
        assertEquals(each.paused, each.cursor.isPaused());
        each.attached = false;
        each.lanes = each.cursor.lanes();
        each.forgetTaken();
      }
      assertEquals(destinations.size(), log.destinations().size());
      assertEquals(0, log.damaged());
    }

    /** What is there of batches that were not acknowledged: from now on it is there for good. */
    private void takeOverDoubts() throws IOException {
      assertTrue(log.end() >= end, "the log ends at " + log.end() + " and not at " + end);
      try (LogScan scan = log.scan(end)) {
        while (scan.next(log.end())) {
          assertEquals(Optional.empty(), scan.damage());
          long number = scan.number();
          String id = (String) scan.attributes().get("eventId");
          LogEntry entry =
              doubts.stream()
                  .filter(each -> number >= each.from())
                  .filter(each -> number < each.from() + each.entries().size())
                  .map(each -> each.entries().get((int) (number - each.from())))
                  .filter(each -> each.id().equals(id))
                  .findFirst()
                  .orElseThrow(() -> new AssertionError(id + " was never appended"));
          events.put(number, new Stored(entry, entry.received()));
        }
      }
      end = log.end();
      doubts.clear();
    }

    // --- appending

    private List<LogEntry> batch(BitSet duplicates) {
      List<LogEntry> batch = new ArrayList<>();
      Set<String> here = new HashSet<>(ids);
      int count = 1 + random.nextInt(random.nextInt(5) == 0 ? 400 : 12);
      for (int i = 0; i < count; i++) {
        boolean copy = random.nextInt(10) == 0 && !here.isEmpty();
        Optional<String> only =
            random.nextInt(12) == 0 ? any().map(each -> each.name) : Optional.empty();
        String id = copy ? "e" + random.nextInt(Math.max(1, made)) : "e" + made++;
        if (only.isEmpty() && !here.add(id)) {
          duplicates.set(i);
        }
        String type = (id.hashCode() & 1) == 0 ? "a" : "b";
        batch.add(
            logs.entry(
                id,
                "d" + random.nextInt(12),
                type,
                only,
                random.nextInt(count > 20 ? 30 : bodies)));
      }
      return batch;
    }

    private static List<LogEntry> without(List<LogEntry> batch, BitSet duplicates) {
      List<LogEntry> left = new ArrayList<>();
      for (int i = 0; i < batch.size(); i++) {
        if (!duplicates.get(i)) {
          left.add(batch.get(i));
        }
      }
      return left;
    }

    private void append() throws IOException {
      logs.millis.addAndGet(random.nextInt(10_000));
      disk.usable(random.nextInt(8) == 0 ? 0 : Long.MAX_VALUE);
      BitSet duplicates = new BitSet();
      List<LogEntry> batch = batch(duplicates);
      try {
        BitSet found = log.append(batch);
        assertEquals(duplicates, found);
        add(batch, duplicates);
      } catch (IOException e) {
        assertTrue(e.getMessage().contains("nearly full"), e::toString);
        assertEquals(EventLog.State.DISK_FULL, log.state());
      } finally {
        disk.usable(Long.MAX_VALUE);
      }
      assertEquals(end, log.end());
      nothingIsGone();
    }

    private void add(List<LogEntry> batch, BitSet duplicates) {
      for (LogEntry each : without(batch, duplicates)) {
        events.put(end++, new Stored(each, each.received()));
        if (each.destination().isEmpty()) {
          ids.add(each.id());
        }
      }
    }

    /** A call fails, also the next ones perhaps, or is the last one of the process. */
    private void failToAppend() throws IOException {
      int good = random.nextInt(6);
      int bad = 1 + random.nextInt(3);
      boolean kill = random.nextInt(3) == 0;
      int[] calls = {0};
      disk.faults(
          (call, path) -> {
            int now = calls[0]++;
            if (now < good || now >= good + bad || call == Call.DELETE) {
              return false;
            }
            if (kill) {
              disk.kill();
            }
            return true;
          });
      BitSet duplicates = new BitSet();
      List<LogEntry> batch = batch(duplicates);
      try {
        assertEquals(duplicates, log.append(batch));
        add(batch, duplicates);
      } catch (IOException e) {
        assertEquals(EventLog.State.DOWN, log.state());
        doubts.add(new Doubt(end, without(batch, duplicates)));
      }
      assertEquals(end, log.end());
      disk.faults((call, path) -> false);
      if (kill && calls[0] > good) {
        comeBack(random.nextBoolean());
      } else if (log.state() == EventLog.State.DOWN && random.nextBoolean()) {
        log.maintain();
        assertEquals(EventLog.State.RUNNING, log.state());
      }
    }

    // --- reading

    private void add() {
      if (destinations.size() == 4) {
        return;
      }
      Destination made = new Destination("n" + named++, SELECTORS[random.nextInt(4)]);
      destinations.put(made.name, made);
      Begin begin =
          switch (random.nextInt(3)) {
            case 0 -> Begin.NOW;
            case 1 -> Begin.EARLIEST;
            default -> new Begin(Begin.Kind.AGE, Duration.ofSeconds(random.nextInt(100)));
          };
      attach(made, begin);
      made.confirmed.set(0, (int) beginOf(begin));
      made.isOnDisk();
    }

    private long beginOf(Begin begin) {
      long since = logs.millis.get() - begin.age().toMillis();
      return switch (begin.kind()) {
        case NOW -> end;
        case EARLIEST -> log.first();
        case AGE ->
            events.tailMap(log.first()).entrySet().stream()
                .filter(each -> each.getValue().received() >= since)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(end);
      };
    }

    private void attach(Destination to, Begin begin) {
      try {
        to.lanes = LANES[random.nextInt(LANES.length)];
        to.cursor = log.attach(to.name, to.lanes, to.selector, begin);
        to.attached = true;
        to.forgetTaken();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    private void attachAgain(Destination which) {
      try {
        if (which.attached) {
          which.cursor.detach();
          which.attached = false;
          which.forgetTaken();
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      if (random.nextInt(3) > 0) {
        attach(which, Begin.NOW);
      }
    }

    private boolean isSelected(Destination by, long number) {
      LogEntry entry = events.get(number).entry();
      return entry.destination().isPresent()
          ? entry.destination().get().equals(by.name)
          : by.selector.isEmpty() || by.selector.equals(entry.attributes().get("eventType"));
    }

    private int lane(Destination of, long number) {
      return StoredEvent.lane(events.get(number).entry().key(), of.lanes);
    }

    /** Whether it is for this lane, and not confirmed for certain. */
    private boolean mayCome(Destination to, int lane, long number) {
      return !to.confirmed.get((int) number) && isSelected(to, number) && lane(to, number) == lane;
    }

    private void takeSome(Destination from) {
      int lane = random.nextInt(from.lanes);
      int most = random.nextInt(5) == 0 ? 500 : 1 + random.nextInt(20);
      for (int i = 0; i < most && take(from, lane); i++) {
        // goes on
      }
    }

    /** Takes one event, and looks whether it is the right one. */
    private boolean take(Destination from, int lane) {
      Optional<DiskCursor.Taken> got;
      try {
        got = from.cursor.take(lane, 0);
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
      List<Long> taken = from.taken.get(lane);
      long after = taken.isEmpty() ? -1 : taken.get(taken.size() - 1);
      if (!from.attached || from.paused) {
        assertEquals(Optional.empty(), got);
        return false;
      }
      if (got.isEmpty()) {
        if (random.nextInt(from.lanes) < 3) {
          hasNone(from, lane, after, end);
        }
        return false;
      }
      StoredEvent event = got.get().event();
      long number = event.number();
      if (Logs.id(event).startsWith("gap")) {
        isLost(event);
      } else {
        assertTrue(number > after, number + " came after " + after);
        assertTrue(
            events.containsKey(number), "there is no event " + number + ": " + Logs.id(event));
        assertTrue(mayCome(from, lane, number), from.name + " has event " + number + " already");
        LogEntry entry = events.get(number).entry();
        assertEquals(entry.id(), Logs.id(event));
        assertEquals(entry.attributes(), event.attributes());
        org.junit.jupiter.api.Assertions.assertArrayEquals(entry.body(), event.body());
        if (!from.perhapsReplayed.get((int) number)) {
          assertEquals(from.replayed.get((int) number), event.replay(), "replay of " + number);
        }
        from.unsure.clear((int) number);
      }
      hasNone(from, lane, after, number);
      taken.add(number);
      from.last.set(lane, got.get());
      return true;
    }

    private void isLost(StoredEvent gap) {
      String[] words = Logs.id(gap).split(" ");
      int from = Integer.parseInt(words[1]);
      int to = Integer.parseInt(words[2]);
      assertEquals(from, gap.number());
      assertTrue(lost.nextClearBit(from) >= to, "not all are lost from " + from + " to " + to);
    }

    /** Between two numbers there is nothing left for the lane. */
    private void hasNone(Destination to, int lane, long after, long before) {
      for (long number : events.subMap(after + 1, before).keySet()) {
        if (mayCome(to, lane, number)) {
          assertTrue(
              to.unsure.get((int) number), to.name + " is not given " + number + " in its place");
          to.unsure.clear((int) number);
          to.confirmed.set((int) number);
        }
      }
    }

    private void confirm(Destination which) {
      for (int lane = 0; lane < which.lanes; lane++) {
        if (which.last.get(lane) != null && random.nextInt(3) > 0) {
          which.cursor.confirm(lane, which.last.get(lane));
          which.taken.get(lane).forEach(number -> which.confirmed.set(number.intValue()));
          which.taken.get(lane).clear();
          which.last.set(lane, null);
        }
      }
    }

    private void giveBack(Destination which) {
      for (int lane = 0; lane < which.lanes; lane++) {
        if (which.last.get(lane) != null && random.nextBoolean()) {
          which.cursor.giveBack(lane, which.last.get(lane));
          which.taken.get(lane).clear();
          which.last.set(lane, null);
        }
      }
    }

    private void drain(Destination which) {
      if (which.paused) {
        pause(which);
      }
      if (!which.attached) {
        attach(which, Begin.NOW);
      }
      boolean more = true;
      while (more) {
        more = false;
        for (int lane = 0; lane < which.lanes; lane++) {
          while (take(which, lane)) {
            more = true;
          }
          if (which.last.get(lane) != null) {
            which.cursor.confirm(lane, which.last.get(lane));
            which.taken.get(lane).forEach(number -> which.confirmed.set(number.intValue()));
            which.taken.get(lane).clear();
            which.last.set(lane, null);
          }
        }
      }
      which.confirmed.or(which.unsure);
      which.unsure.clear();
      for (long number : events.keySet()) {
        assertTrue(
            which.confirmed.get((int) number) || !isSelected(which, number),
            which.name + " never got " + number);
      }
      assertEquals(end, which.cursor.position());
      count(which);
    }

    // --- moving

    private void pause(Destination which) {
      try {
        which.paused = !which.paused;
        which.cursor.pause(which.paused);
        which.isOnDisk();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    private void move(Destination which) {
      long to = random.nextInt((int) end + 10);
      try {
        if (random.nextBoolean()) {
          rewind(which, to);
        } else {
          skip(which, to);
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      List<DiskCursor.Taken> before =
          List.copyOf(which.last.stream().filter(e -> e != null).toList());
      which.forgetTaken();
      which.isOnDisk();
      // what was taken before counts for nothing
      before.forEach(each -> which.cursor.confirm(0, each));
      before.forEach(each -> which.cursor.giveBack(0, each));
    }

    private void rewind(Destination which, long to) throws IOException {
      long counted = which.cursor.countRewind(to);
      long from = Math.max(to, log.first());
      long sure = 0;
      long unsure = 0;
      for (long number : events.tailMap(from).keySet()) {
        int at = (int) number;
        if (isSelected(which, number) && which.unsure.get(at)) {
          unsure++;
          which.perhapsReplayed.set(at);
          which.unsure.clear(at);
        } else if (isSelected(which, number) && which.confirmed.get(at)) {
          sure++;
          which.replayed.set(at);
        }
        which.confirmed.clear(at);
      }
      assertIn(sure, sure + unsure, counted);
      assertEquals(counted, which.cursor.rewind(to));
    }

    private void skip(Destination which, long to) throws IOException {
      long counted = which.cursor.countSkip(to);
      long sure = 0;
      long unsure = 0;
      for (long number : events.headMap(to).keySet()) {
        int at = (int) number;
        if (isSelected(which, number) && which.unsure.get(at)) {
          unsure++;
        } else if (isSelected(which, number) && !which.confirmed.get(at)) {
          sure++;
        }
        which.unsure.clear(at);
        which.confirmed.set(at);
      }
      assertIn(sure, sure + unsure, counted);
      assertEquals(counted, which.cursor.skip(to));
    }

    private static void assertIn(long least, long most, long found) {
      if (found < least || found > most) {
        fail(found + " is not between " + least + " and " + most);
      }
    }

    private void count(Destination which) {
      if (!lost.isEmpty()) {
        return;
      }
      long sure = 0;
      long unsure = 0;
      long others = 0;
      for (long number : events.keySet()) {
        int at = (int) number;
        if (!isSelected(which, number)) {
          others += events.get(number).entry().destination().isPresent() ? 1 : 0;
        } else if (which.unsure.get(at)) {
          unsure++;
        } else if (!which.confirmed.get(at)) {
          sure++;
        }
      }
      try {
        // one that selects nothing is not counted event by event
        long more = which.selector.isEmpty() ? others : 0;
        assertIn(sure, sure + unsure + more, which.cursor.backlog());
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    // --- keeping

    private void deleteDelivered() throws IOException {
      logs.millis.addAndGet(random.nextInt(60_000));
      log.maintain();
      nothingIsGone();
    }

    /** Whatever is not kept any more every destination has confirmed. */
    private void nothingIsGone() {
      for (Destination each : destinations.values()) {
        for (long number : events.headMap(log.first()).keySet()) {
          assertTrue(
              each.confirmed.get((int) number)
                  || each.unsure.get((int) number)
                  || !isSelected(each, number),
              number + " is gone, and " + each.name + " has not confirmed it");
        }
      }
    }

    private void keep() throws IOException {
      log.cursors().write();
      destinations.values().forEach(each -> each.written = (BitSet) each.confirmed.clone());
      if (random.nextBoolean()) {
        log.cursors().force();
        destinations.values().forEach(each -> each.forced = (BitSet) each.written.clone());
      }
    }

    private void forget(Destination which) {
      if (random.nextInt(4) > 0) {
        return;
      }
      try {
        if (which.attached) {
          which.cursor.detach();
        }
        log.forget(which.cursor.destination());
        destinations.remove(which.name);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    // --- ending

    private void reopen() throws IOException {
      switch (random.nextInt(4)) {
        case 0 -> {
          log.close();
          destinations.values().forEach(Destination::isOnDisk);
          open();
        }
        case 1 -> comeBack(false);
        case 2 -> comeBack(true);
        default -> cut();
      }
    }

    /** The process ends without a word, and perhaps the power fails. */
    private void comeBack(boolean power) throws IOException {
      disk.kill();
      try {
        log.close();
      } catch (IOException e) {
        // it is dead
      }
      if (power) {
        disk.cutPower();
      }
      destinations.values().forEach(each -> each.cameBackTo(power ? each.forced : each.written));
      open();
    }

    /** The newest file is cut somewhere: what is missing is lost, and numbers go on. */
    private void cut() throws IOException {
      log.close();
      destinations.values().forEach(Destination::isOnDisk);
      disk.revive();
      Segment newest = Segments.in(place).newest().orElse(null);
      if (newest == null) {
        open();
        return;
      }
      try (Disk.File file = disk.open(newest.path())) {
        file.truncate(random.nextInt((int) file.size() + 1));
        file.force();
      }
      LogEnd ending = LogEnd.of(disk, Segments.in(place), newest);
      long passed = 0;
      for (Path path : cursors()) {
        passed =
            Math.max(passed, new CursorFile(disk, path).read().map(CursorState::most).orElse(0L));
      }
      long first = Math.max(ending.number(), newest.first());
      if (first >= end) {
        open();
        return;
      }
      events.tailMap(first).clear();
      end = Math.max(first, passed);
      lost.set((int) first, (int) end);
      for (Destination each : destinations.values()) {
        each.unsure.clear((int) first, Integer.MAX_VALUE);
        each.replayed.clear((int) end, Integer.MAX_VALUE);
        each.perhapsReplayed.clear((int) end, Integer.MAX_VALUE);
        each.confirmed.clear((int) end, Integer.MAX_VALUE);
        each.isOnDisk();
      }
      doubts.clear();
      open();
    }

    private List<Path> cursors() throws IOException {
      try (Stream<Path> all = Files.list(place.resolve("cursors"))) {
        return all.toList();
      }
    }
  }
}
