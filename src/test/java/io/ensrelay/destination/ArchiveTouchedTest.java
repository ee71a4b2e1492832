package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ensrelay.base.FilePermissions;
import io.ensrelay.delivery.LaneOfTest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What others do to the archive's files while they are open: a confirmed event is in a file. */
@Timeout(60)
class ArchiveTouchedTest {
  private static final String DAY = "acme-2026-02-28.jsonl";

  @TempDir Path parent;
  private final DefaultCamelContext context = new DefaultCamelContext();
  private final LaneOfTest lane = new LaneOfTest();
  private Instant now = Instant.parse("2026-02-28T12:00:00Z");
  private Path directory;
  private Path file;

  /** After each of these, nothing that was written is under the file's name. */
  private enum Touch {
    REMOVED {
      @Override
      void of(Path file) throws IOException {
        Files.delete(file);
      }
    },
    RENAMED {
      @Override
      void of(Path file) throws IOException {
        Files.move(file, file.resolveSibling(file.getFileName() + ".1"));
      }
    },
    RENAMED_AND_MADE_ANEW {
      @Override
      void of(Path file) throws IOException {
        RENAMED.of(file);
        Files.createFile(file);
      }
    },
    REPLACED {
      @Override
      void of(Path file) throws IOException {
        Path other = Files.copy(file, file.resolveSibling("other"));
        Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
        FileChannel.open(file, StandardOpenOption.WRITE).truncate(0).close();
      }
    },
    DIRECTORY_REMOVED {
      @Override
      void of(Path file) throws IOException {
        Files.delete(file);
        Files.delete(file.getParent());
      }
    },
    DIRECTORY_RENAMED {
      @Override
      void of(Path file) throws IOException {
        Files.move(file.getParent(), file.getParent().resolveSibling("moved"));
      }
    },
    CUT {
      @Override
      void of(Path file) throws IOException {
        FileChannel.open(file, StandardOpenOption.WRITE).truncate(0).close();
      }
    };

    abstract void of(Path file) throws IOException;
  }

  @BeforeEach
  void paths() {
    directory = parent.resolve("archive");
    file = directory.resolve(DAY);
  }

  @ParameterizedTest
  @EnumSource
  void writesToAFileOfThatNameWhatComesLater(Touch touch) throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 50);
      touch.of(file);

      deliver(archive, 51, 60);

      assertEquals(events(51, 60), Files.readAllLines(file));
    }
  }

  @ParameterizedTest
  @EnumSource
  void confirmsNothingThatIsNotInTheFile(Touch touch) throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 50);
      archive.append(inBatch(51));
      archive.append(inBatch(52));
      touch.of(file);

      IOException told = assertThrows(IOException.class, lane::confirm);

      assertTrue(told.getMessage().startsWith(file.toString()), told::getMessage);
      deliver(archive, 51, 52);
      assertEquals(events(51, 52), Files.readAllLines(file));
    }
  }

  /** Lines of 50 kB, so that some of them are in the file before it is touched. */
  @ParameterizedTest
  @EnumSource
  void writesAllOfABatchAgainOfWhichAPartWasInTheFile(Touch touch) throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 1);
      for (int number = 2; number <= 20; number++) {
        archive.append(inBatch(number, 50_000));
      }
      assertTrue(Files.size(file) > 500_000);
      touch.of(file);
      assertThrows(IOException.class, lane::confirm);

      for (int number = 2; number <= 20; number++) {
        archive.append(inBatch(number, 50_000));
      }
      lane.confirm();

      List<String> ids =
          Files.readAllLines(file).stream().map(line -> line.substring(0, 62)).toList();
      assertEquals(events(2, 20).stream().map(line -> line.substring(0, 62)).toList(), ids);
    }
  }

  @Test
  void leavesARenamedFileWithTheConfirmedLinesAlone() throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 3);
      for (int number = 4; number <= 20; number++) {
        archive.append(inBatch(number, 50_000));
      }
      Touch.RENAMED.of(file);
      assertThrows(IOException.class, lane::confirm);
    }

    assertEquals(events(1, 3), Files.readAllLines(directory.resolve(DAY + ".1")));
  }

  @ParameterizedTest
  @EnumSource
  void writesAgainWhatWasWrittenToAFileThatIsGone(Touch touch) throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 3);
      touch.of(file);

      deliver(archive, 1, 3);

      assertEquals(events(1, 3), Files.readAllLines(file));
    }
  }

  @ParameterizedTest
  @EnumSource
  void doesNotConfirmARepeatedEventWhoseFileGoesMeanwhile(Touch touch) throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 3);
      archive.append(inBatch(2));
      touch.of(file);

      assertThrows(IOException.class, lane::confirm);
      deliver(archive, 2, 2);

      assertEquals(events(2, 2), Files.readAllLines(file));
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DIRECTORY_REMOVED")
  void writesAgainWhatWasInTheGoneFileOfTheDayBefore(Touch touch) throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 3);
      now = now.plusSeconds(86_400);
      deliver(archive, 4, 4);
      touch.of(file);

      deliver(archive, 3, 3);
    }

    try (Stream<String> lines = Files.lines(directory.resolve("acme-2026-03-01.jsonl"))) {
      assertEquals(1, lines.filter(event(3)::equals).count());
    }
  }

  @Test
  void writesBehindWhatIsLeftOfAFileThatWasCutAndLeavesNoHole() throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 3);
      long twoLines = 2L * (event(1).length() + 1);
      FileChannel.open(file, StandardOpenOption.WRITE).truncate(twoLines - 10).close();

      deliver(archive, 4, 5);

      assertEquals(List.of(event(1), event(4), event(5)), Files.readAllLines(file));
    }
  }

  @Test
  void keepsWhatAnotherProcessAppendsToTheSameFile() throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 2);
      append("between");
      archive.append(inBatch(3));
      append("in a batch");
      lane.confirm();
      append("after");
      deliver(archive, 4, 4);

      assertEquals(
          List.of(event(1), event(2), "between", "in a batch", event(3), "after", event(4)),
          Files.readAllLines(file));
    }
  }

  @Test
  void followsNoLinkThatHasTheNameOfTheFile() throws Exception {
    Path victim = parent.resolve("victim");
    Files.createDirectories(directory);
    Files.createSymbolicLink(file, victim);
    try (Archive archive = archive()) {
      IOException told = assertThrows(IOException.class, () -> archive.append(inBatch(1)));
      assertEquals(file + " is a symbolic link, not a file: move it away", told.getMessage());
      Files.writeString(victim, "secret\n");
      assertThrows(IOException.class, () -> archive.append(inBatch(1)));
      assertEquals("secret\n", Files.readString(victim));
      Files.delete(file);

      deliver(archive, 1, 1);
    }
    assertEquals(events(1, 1), Files.readAllLines(file));
  }

  @Test
  void doesNotWaitForTheReaderOfAPipe() throws Exception {
    Files.createDirectories(directory);
    assumeTrue(run("mkfifo", file.toString()));
    try (Archive archive = archive()) {
      assertThrows(IOException.class, () -> archive.append(inBatch(1)));
    }
  }

  @Test
  void neverReadsLinksAndPipesOfOtherDays() throws Exception {
    Files.createDirectories(directory);
    assumeTrue(run("mkfifo", directory.resolve("acme-2026-02-27.jsonl").toString()));
    Files.createSymbolicLink(directory.resolve("acme-2026-02-26.jsonl"), parent.resolve("none"));
    try (Archive archive = archive()) {
      deliver(archive, 1, 1);
    }
    assertEquals(events(1, 1), Files.readAllLines(file));
  }

  @Test
  void goesOnWhenAFileThatMayNotBeChangedMayBeAgain() throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 2);
      assumeTrue(run("chattr", "+i", file.toString()), "no file can be made immutable here");
      try {
        archive.append(inBatch(3));
        IOException told = assertThrows(IOException.class, lane::confirm);
        assertTrue(told.getMessage().startsWith(file.toString()), told::getMessage);
        assertThrows(IOException.class, () -> archive.append(inBatch(3)));
      } finally {
        run("chattr", "-i", file.toString());
      }
      deliver(archive, 3, 3);
      assertEquals(events(1, 3), Files.readAllLines(file));
    }
  }

  @Test
  void waitsForTheRightToWriteThatWasTaken() throws Exception {
    try (Archive archive = archive()) {
      deliver(archive, 1, 5);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
      assumeTrue(!Files.isWritable(file), "this user may write to each file");

      archive.append(inBatch(6));
      assertThrows(IOException.class, lane::confirm);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      deliver(archive, 6, 10);

      assertEquals(events(1, 10), Files.readAllLines(file));
    }
  }

  @Test
  void goesOnOnADiskThatIsMountedOverTheDirectory() throws Exception {
    Files.createDirectories(directory);
    try (Archive archive = archive()) {
      deliver(archive, 1, 2);
      archive.append(inBatch(3));
      assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", directory.toString()));
      try {
        assertThrows(IOException.class, lane::confirm);
        deliver(archive, 3, 3);
        assertEquals(events(3, 3), Files.readAllLines(file));
        archive.close();
      } finally {
        run("umount", directory.toString());
      }
    }
    assertEquals(events(1, 2), Files.readAllLines(file));
  }

  @Test
  void isForItsOwnerOrForTheGroupToo() throws Exception {
    assumeTrue(Files.getFileStore(parent).supportsFileAttributeView("posix"));
    try (Archive archive = archive()) {
      deliver(archive, 1, 1);
    }
    assertEquals("rwx------ rw-------", rights());

    directory = parent.resolve("for").resolve("group");
    file = directory.resolve(DAY);
    try (Archive archive = new Archive(directory, "acme", FilePermissions.GROUP, clock())) {
      deliver(archive, 1, 1);
    }
    assertEquals("rwxr-x--- rw-r-----", rights());
  }

  @Test
  void leavesADirectoryAsItsMakerMadeIt() throws Exception {
    assumeTrue(Files.getFileStore(parent).supportsFileAttributeView("posix"));
    Files.createDirectories(directory);
    Files.setAttribute(directory, "unix:mode", 02755);
    try (Archive archive = archive()) {
      deliver(archive, 1, 1);
    }
    assertEquals("rwxr-xr-x rw-------", rights());
    assertEquals(02755, (Integer) Files.getAttribute(directory, "unix:mode") & 07777);
  }

  private String rights() throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory))
        + " "
        + PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private void append(String line) throws IOException {
    Files.writeString(file, line + "\n", StandardOpenOption.APPEND);
  }

  private void deliver(Archive archive, int first, int last) throws IOException {
    for (int number = first; number <= last; number++) {
      archive.append(inBatch(number));
    }
    lane.confirm();
  }

  private Archive archive() {
    return new Archive(directory, "acme", FilePermissions.OWNER, clock());
  }

  private Exchange inBatch(int number) {
    return inBatch(number, 0);
  }

  private Exchange inBatch(int number, int padding) {
    Exchange exchange = new DefaultExchange(context);
    exchange.getMessage().setHeader("eventId", "%032x".formatted(number));
    exchange.getMessage().setBody(event(number, padding).getBytes(StandardCharsets.UTF_8));
    return lane.attach(exchange);
  }

  private static List<String> events(int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(ArchiveTouchedTest::event).toList();
  }

  private static String event(int number) {
    return event(number, 0);
  }

  private static String event(int number, int padding) {
    return "{\"specversion\":\"1.0\",\"id\":\"%032x\",\"data\":\"%s\"}"
        .formatted(number, "x".repeat(padding));
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

  private Clock clock() {
    InstantSource source = () -> now;
    return source.withZone(ZoneOffset.UTC);
  }
}
