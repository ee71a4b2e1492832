package io.ensrelay.spool;

import static io.ensrelay.spool.Letters.letter;
import static io.ensrelay.spool.Letters.numbers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.ensrelay.base.JavaCommand;
import io.ensrelay.faults.Disk;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Kills, damage, full disks, other processes, other umasks, and many letters in little memory. */
class DeadLetterStoreFaultsTest {
  private static final Optional<String> NO = Optional.empty();
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-11-28T12:00:00Z"), ZoneOffset.UTC);

  @TempDir Path data;

  private Path file() {
    return data.resolve("dead/letters.db");
  }

  /** Keeps letters, one and ten in turn, and tells each that is kept on the standard output. */
  static final class Writer {
    public static void main(String[] args) throws Exception {
      try (DeadLetterStore store = new DeadLetterStore(Path.of(args[0]))) {
        int number = Integer.parseInt(args[1]);
        for (int size = 1; ; size = 11 - size) {
          List<NewDeadLetter> letters =
              IntStream.range(number, number + size)
                  .mapToObj(n -> letter("siem", n, new byte[n % 5000]))
                  .toList();
          store.add(letters);
          letters.forEach(each -> System.out.println(each.attributes().get("eventTime")));
          number += size;
        }
      }
    }
  }

  @Test
  void losesNoLetterThatItKeptWhenItIsKilled() throws Exception {
    Set<Integer> said = new TreeSet<>();
    for (int round = 0; round < 3; round++) {
      said.addAll(writeAndKill(round * 1_000_000, 300 + 77 * round));
    }
    try (DeadLetterStore store = new DeadLetterStore(data)) {
      List<Integer> found = numbers(store.list(DeadLetterFilter.ALL, 0, 1_000_000).items());
      assertTrue(new HashSet<>(found).containsAll(said));
      assertEquals(found.stream().sorted().distinct().toList(), found);
    }
    assertTrue(said.size() >= 900, "only " + said.size());
  }

  private Set<Integer> writeAndKill(int from, int afterLetters) throws Exception {
    Process process = start("022", Writer.class, data.toString(), Integer.toString(from));
    Set<Integer> said = new TreeSet<>();
    for (String line = process.inputReader().readLine();
        line != null;
        line = process.inputReader().readLine()) {
      said.add(Integer.valueOf(line));
      if (said.size() == afterLetters) {
        // by its handle: the process object would close the pipe with what it said
        process.toHandle().destroyForcibly();
      }
    }
    process.waitFor();
    return said;
  }

  /** Keeps a letter and lists the rights of what it made. */
  static final class Rights {
    public static void main(String[] args) throws Exception {
      Path data = Path.of(args[0]);
      try (DeadLetterStore store = new DeadLetterStore(data)) {
        store.add(letter("siem", 1));
        try (Stream<Path> all = Files.walk(data.resolve("dead"))) {
          for (Path each : (Iterable<Path>) all.sorted()::iterator) {
            System.out.println(
                data.relativize(each)
                    + " "
                    + PosixFilePermissions.toString(Files.getPosixFilePermissions(each)));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"000", "777"})
  void keepsOthersFromReadingWhateverTheUmask(String umask) throws Exception {
    Process process = start(umask, Rights.class, data.toString());

    assertEquals(
        List.of(
            "dead rwx------",
            "dead/letters.db rw-------",
            "dead/letters.db-wal rw-------",
            "dead/native rwx------"),
        process.inputReader().lines().toList());
    assertEquals(0, process.waitFor());
  }

  /** Many letters, together larger than the heap. */
  static final class Many {
    private static final int LETTERS = 100_000;

    public static void main(String[] args) throws Exception {
      try (DeadLetterStore store = new DeadLetterStore(Path.of(args[0]))) {
        byte[] body = new byte[700];
        for (int from = 0; from < LETTERS; from += 1000) {
          store.add(
              IntStream.range(from, from + 1000)
                  .mapToObj(n -> letter(n % 4 == 0 ? "hr" : "siem", n, body))
                  .toList());
        }
        long fastest = Long.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
          long begin = System.nanoTime();
          store.list(DeadLetterFilter.ALL, 0, 100);
          fastest = Math.min(fastest, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
        }
        System.out.println(fastest < 1000 ? "soon" : "after " + fastest + " ms");
        DeadLetters.Page page = store.list(DeadLetterFilter.ALL, 0, 100);
        System.out.println("page " + page.total() + " " + page.items().size());
        DeadLetterFilter reason = filter(NO, Optional.of("REFUSED 9999"));
        System.out.println("found " + store.list(reason, 0, 100).total());
        System.out.println("counts " + store.counts());
        int[] bytes = {0};
        System.out.println(
            "sent "
                + store.replay(
                    filter(Optional.of("siem"), NO),
                    NO,
                    (destination, letters) ->
                        letters.forEach(each -> bytes[0] += each.body().length))
                + " "
                + bytes[0]);
        System.out.println("dropped " + store.drop(DeadLetterFilter.ALL));
      }
    }

    private static DeadLetterFilter filter(Optional<String> destination, Optional<String> reason) {
      return new DeadLetterFilter(destination, NO, reason, Optional.empty(), Optional.empty());
    }
  }

  @Test
  void listsSendsAndDropsAHundredThousandInLittleMemory() throws Exception {
    Process process = start("022", Many.class, data.toString());

    assertEquals(
        List.of(
            "soon",
            "page 100000 100",
            "found 11",
            "counts {hr=25000, siem=75000}",
            "sent 75000 52500000",
            "dropped 25000"),
        process.inputReader().lines().toList());
    assertEquals(0, process.waitFor());
    assertTrue(Files.size(file()) < 1_000_000, "size " + Files.size(file()));
  }

  @Test
  void movesAsideAFileThatIsNotADatabase() throws Exception {
    beginsAnewAfter(
        () -> {
          byte[] noise = new byte[50_000];
          new Random(1).nextBytes(noise);
          Files.write(file(), noise);
        });
  }

  @Test
  void movesAsideAFileThatWasCutInTheMiddle() throws Exception {
    beginsAnewAfter(this::cut);
  }

  @Test
  void movesAsideAPartlyOverwrittenFile() throws Exception {
    beginsAnewAfter(
        () -> {
          byte[] bytes = Files.readAllBytes(file());
          byte[] noise = new byte[bytes.length - 4096];
          new Random(2).nextBytes(noise);
          System.arraycopy(noise, 0, bytes, 4096, noise.length);
          Files.write(file(), bytes);
        });
  }

  private interface Damage {
    void happen() throws IOException;
  }

  private void beginsAnewAfter(Damage damage) throws Exception {
    String before;
    try (DeadLetterStore store = new DeadLetterStore(data, NOON)) {
      store.add(IntStream.range(0, 200).mapToObj(n -> letter("siem", n)).toList());
      before = store.list(DeadLetterFilter.ALL, 0, 1).items().get(0).id();
    }
    damage.happen();
    byte[] damaged = Files.readAllBytes(file());

    Clock later = Clock.offset(NOON, Duration.ofSeconds(1));
    try (LogLines log = new LogLines();
        DeadLetterStore store = new DeadLetterStore(data, later)) {
      store.add(letter("siem", 500));

      assertEquals(List.of(500), numbers(store.list(DeadLetterFilter.ALL, 0, 100).items()));
      assertEquals(Optional.empty(), store.get(before));
      Path aside = file().resolveSibling("letters.db.damaged-20261128T120001.000Z");
      assertArrayEquals(withoutHead(damaged), withoutHead(Files.readAllBytes(aside)));
      List<String> errors = log.errors();
      assertEquals(1, errors.size(), errors.toString());
      assertTrue(errors.get(0).contains(aside.toString()), errors.get(0));
    }
    try (DeadLetterStore store = new DeadLetterStore(data)) {
      assertEquals(Map.of("siem", 1L), store.counts());
    }
  }

  /** SQLite counts there how often a file was opened to write. */
  private static byte[] withoutHead(byte[] bytes) {
    return Arrays.copyOfRange(bytes, 100, bytes.length);
  }

  private static final class LogLines implements AutoCloseable {
    private final Logger logger = (Logger) LoggerFactory.getLogger(DatabaseFile.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    LogLines() {
      lines.start();
      logger.addAppender(lines);
    }

    List<String> errors() {
      return lines.list.stream()
          .filter(line -> line.getLevel() == Level.ERROR)
          .map(ILoggingEvent::getFormattedMessage)
          .toList();
    }

    @Override
    public void close() {
      logger.detachAppender(lines);
    }
  }

  /** As a power cut leaves it in the middle of a write. */
  @Test
  void readsTheWholePartOfALogThatEndsAnywhere() throws Exception {
    int letters = 20;
    try (DeadLetterStore store = new DeadLetterStore(data)) {
      for (int i = 0; i < letters; i++) {
        store.add(letter("siem", i, new byte[200 * i]));
      }
      byte[] log = Files.readAllBytes(file().resolveSibling("letters.db-wal"));
      int most = 0;
      for (int end = log.length; end > 0; end -= 23_011) {
        Path copy = data.resolve("copy-" + end);
        Files.createDirectories(copy.resolve("dead"));
        Files.copy(file(), copy.resolve("dead/letters.db"));
        Files.write(copy.resolve("dead/letters.db-wal"), Arrays.copyOf(log, end));
        try (DeadLetterStore cut = new DeadLetterStore(copy)) {
          List<Integer> found = numbers(cut.list(DeadLetterFilter.ALL, 0, 100).items());
          assertEquals(IntStream.range(0, found.size()).boxed().toList(), found);
          most = Math.max(most, found.size());
          cut.add(letter("siem", found.size()));
          assertEquals(found.size() + 1, cut.list(DeadLetterFilter.ALL, 0, 100).total());
        }
      }
      assertEquals(letters, most);
    }
  }

  @Test
  void goesOnWhenThereIsRoomOnTheDiskAgain() throws Exception {
    try (Disk disk = Disk.mount(data.resolve("dead"), 3);
        DeadLetterStore store = new DeadLetterStore(data)) {
      List<Integer> kept = new ArrayList<>();
      IOException full =
          assertThrows(
              IOException.class,
              () -> {
                for (int i = 0; i < 1000; i++) {
                  store.add(letter("siem", i, new byte[20_000]));
                  kept.add(i);
                }
              });
      assertTrue(full.getMessage().endsWith("its disk is full: make room"), full.getMessage());
      assertTrue(kept.size() > 10, kept.toString());
      assertEquals(kept, numbers(store.list(DeadLetterFilter.ALL, 0, 1000).items()));
      disk.enlarge(20);
      store.add(letter("siem", 5000, new byte[20_000]));
      kept.add(5000);
      assertEquals(kept, numbers(store.list(DeadLetterFilter.ALL, 0, 1000).items()));
    }
  }

  @Test
  void goesOnWhenItsDiskCanBeWrittenAgain() throws Exception {
    try (Disk disk = Disk.mount(data.resolve("dead"), 10)) {
      try (DeadLetterStore store = new DeadLetterStore(data)) {
        store.add(letter("siem", 1));
      }
      disk.readOnly(true);
      try (DeadLetterStore store = new DeadLetterStore(data)) {
        IOException failure = assertThrows(IOException.class, () -> store.add(letter("siem", 2)));
        assertTrue(failure.getMessage().contains("can't be written"), failure.getMessage());

        disk.readOnly(false);
        store.add(letter("siem", 3));
        assertEquals(List.of(1, 3), numbers(store.list(DeadLetterFilter.ALL, 0, 10).items()));
      }
    }
  }

  /** Pages that are in memory may still be good; it goes on in any case. */
  @Test
  void goesOnWhenTheFileIsCutDuringItsUse() throws Exception {
    try (DeadLetterStore store = new DeadLetterStore(data)) {
      store.add(IntStream.range(0, 5000).mapToObj(n -> letter("siem", n, new byte[1000])).toList());
      String last = store.list(DeadLetterFilter.ALL, 4999, 1).items().get(0).id();
      cut();

      assertEquals(Optional.empty(), store.get(last));
      store.add(letter("siem", 9000));
      assertEquals(List.of(9000), numbers(store.list(DeadLetterFilter.ALL, 0, 10).items()));
    }
  }

  private void cut() throws IOException {
    try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() / 2);
    }
  }

  @Test
  void saysWhenItsFolderCannotBeMadeAndGoesOnWhenItCan() throws Exception {
    Files.write(data.resolve("dead"), new byte[0]);
    try (DeadLetterStore store = new DeadLetterStore(data)) {
      IOException failure = assertThrows(IOException.class, () -> store.add(letter("siem", 1)));
      assertTrue(failure.getMessage().contains("is not a directory"), failure.getMessage());

      Files.delete(data.resolve("dead"));
      store.add(letter("siem", 2));
      assertEquals(Map.of("siem", 1L), store.counts());
    }
  }

  @Test
  void beginsAnewWhenSomebodyRemovesTheFile() throws Exception {
    try (DeadLetterStore store = new DeadLetterStore(data)) {
      store.add(letter("siem", 1));
      Files.delete(file());

      assertEquals(Map.of(), store.counts());
      store.add(letter("siem", 2));
      assertEquals(Map.of("siem", 1L), store.counts());
    }
    try (DeadLetterStore store = new DeadLetterStore(data)) {
      assertEquals(List.of(2), numbers(store.list(DeadLetterFilter.ALL, 0, 10).items()));
    }
  }

  @Test
  void saysThatAnotherProcessUsesTheFile() throws Exception {
    try (DeadLetterStore one = new DeadLetterStore(data);
        DeadLetterStore other = new DeadLetterStore(data)) {
      one.add(letter("siem", 1));

      IOException failure = assertThrows(IOException.class, other::counts);
      assertTrue(failure.getMessage().contains("another process"), failure.getMessage());

      one.close();
      assertEquals(Map.of("siem", 1L), other.counts());
    }
  }

  @Test
  void leavesAFileOfANewerVersionAlone() throws Exception {
    try (DeadLetterStore store = new DeadLetterStore(data)) {
      store.add(letter("siem", 1));
    }
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file())) {
      connection.createStatement().executeUpdate("PRAGMA user_version = 2");
    }
    try (DeadLetterStore store = new DeadLetterStore(data)) {
      IOException failure = assertThrows(IOException.class, () -> store.add(letter("siem", 2)));
      assertTrue(failure.getMessage().contains("newer version"), failure.getMessage());
    }
    assertTrue(Files.exists(file()));
  }

  @Test
  void worksInAFolderWithAnyName() throws Exception {
    Path odd = data.resolve("100%?mode=memory #ü");
    try (DeadLetterStore store = new DeadLetterStore(odd)) {
      store.add(letter("siem", 1));
    }
    assertTrue(Files.size(odd.resolve("dead/letters.db")) > 0);
  }

  private static Process start(String umask, Class<?> main, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", "umask " + umask + " && exec \"$@\"", "sh"));
    command.addAll(
        JavaCommand.of("-Xmx64m", "-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }
}
