package io.ensrelay.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ensrelay.cli.EnsRelay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may read what the relay makes, whatever umask it was started with. */
@Timeout(120)
class FilePermissionsTest {
  @TempDir Path dir;

  @BeforeEach
  void needsRights() throws IOException {
    assumeTrue(
        Files.getFileStore(dir).supportsFileAttributeView("posix"),
        "this file system knows no rights");
  }

  @ParameterizedTest
  @ValueSource(strings = {"000", "022", "077", "027"})
  void doNotDependOnTheUmask(String umask) throws Exception {
    inAnotherProcess(umask, Making.class, dir.toString());

    TreeMap<String, String> expected = new TreeMap<>();
    expected.put("own", "rwx------");
    expected.put("own/deep", "rwx------");
    expected.put("own/deep/replaced", "rw-------");
    expected.put("own/opened", "rw-------");
    expected.put("group", "rwxr-x---");
    expected.put("group/deep", "rwxr-x---");
    expected.put("group/deep/opened", "rw-r-----");
    expected.put("data", "rwx------");
    expected.put("data/lock", "rw-------");
    assertEquals(expected, rights());
  }

  /** Makes one of each. */
  static final class Making {
    public static void main(String[] args) throws IOException {
      Path dir = Path.of(args[0]);
      AtomicFile.replace(dir.resolve("own/deep/replaced"), new byte[1]);
      FilePermissions.OWNER.open(dir.resolve("own/opened"), StandardOpenOption.WRITE).close();
      FilePermissions.GROUP.createDirectories(dir.resolve("group/deep"));
      FilePermissions.GROUP
          .open(dir.resolve("group/deep/opened"), StandardOpenOption.APPEND)
          .close();
      DataDirectoryLock.of(dir.resolve("data")).close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"000", "022", "077"})
  void ofWhatInitWritesAreTheOwnersOnly(String umask) throws Exception {
    inAnotherProcess(umask, EnsRelay.class, "init", dir.resolve("new").toString());

    assertTrue(rights().size() > 8, () -> "too little: " + rights());
    rights()
        .forEach(
            (name, rights) ->
                assertEquals(
                    Files.isDirectory(dir.resolve(name)) ? "rwx------" : "rw-------",
                    rights,
                    name));
  }

  @Test
  void keepTheGroupThatAFolderHandsDown() throws IOException {
    Path shared = Files.createDirectory(dir.resolve("shared"));
    Files.setAttribute(shared, "unix:mode", 02750);

    FilePermissions.GROUP.createDirectories(shared.resolve("below"));

    assertEquals(02750, (Integer) Files.getAttribute(shared.resolve("below"), "unix:mode") & 07777);
  }

  @Test
  void acceptALinkToAFolderAsAFolder() throws IOException {
    Path disk = Files.createDirectory(dir.resolve("disk"));
    Path data = Files.createSymbolicLink(dir.resolve("data"), disk);

    FilePermissions.OWNER.createDirectories(data);
    DataDirectoryLock.of(data).close();

    assertTrue(Files.exists(disk.resolve("lock")));
    assertThrows(
        IOException.class,
        () ->
            FilePermissions.OWNER.createDirectories(
                Files.createSymbolicLink(dir.resolve("dangling"), dir.resolve("none"))));
  }

  @Test
  void followNoLinkWhenAFileIsReplaced() throws IOException {
    Path victim = Files.writeString(dir.resolve("victim"), "mine");
    for (String name : List.of("session.json", "session.json.new")) {
      Path link = Files.createSymbolicLink(dir.resolve(name), victim);

      AtomicFile.replace(dir.resolve("session.json"), "{}".getBytes(StandardCharsets.UTF_8));

      assertEquals("mine", Files.readString(victim));
      assertEquals("{}", Files.readString(dir.resolve("session.json")));
      Files.deleteIfExists(link);
    }
  }

  @Test
  void takeAFileOfTheNameThatACrashLeft() throws IOException {
    Files.writeString(dir.resolve("session.json.new"), "half of");

    AtomicFile.replace(dir.resolve("session.json"), "{}".getBytes(StandardCharsets.UTF_8));

    assertEquals("{}", Files.readString(dir.resolve("session.json")));
  }

  @Test
  void openNeitherLinksNorFoldersNorPipes() throws Exception {
    Files.createSymbolicLink(dir.resolve("link"), dir.resolve("none"));
    Files.createDirectory(dir.resolve("folder"));
    assumeTrue(new ProcessBuilder("mkfifo", dir.resolve("pipe").toString()).start().waitFor() == 0);
    for (String name : List.of("link", "folder", "pipe")) {
      IOException told =
          assertThrows(
              IOException.class,
              () -> FilePermissions.OWNER.open(dir.resolve(name), StandardOpenOption.WRITE));
      assertTrue(told.getMessage().contains("not a file: move it away"), told::getMessage);
    }
    assertTrue(Files.notExists(dir.resolve("none"), LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void areTakenBackFromOthersInADataDirectoryOfAnEarlierVersion() throws IOException {
    Path data = Files.createDirectories(dir.resolve("data"));
    Path journal = Files.createDirectories(data.resolve("spool/journal"));
    for (Path open : List.of(data, data.resolve("spool"), journal)) {
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    for (String name : List.of("lock", "session.json", "spool/journal/1.amq")) {
      Files.writeString(data.resolve(name), "");
      Files.setPosixFilePermissions(
          data.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
    }
    Path outside = Files.writeString(dir.resolve("outside"), "");
    Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("rw-r--r--"));
    Files.createSymbolicLink(data.resolve("link"), outside);

    DataDirectoryLock.of(data).close();

    rights()
        .forEach(
            (name, rights) ->
                assertTrue(
                    name.equals("outside") ? rights.endsWith("r--") : rights.endsWith("------"),
                    name + " " + rights));
  }

  private TreeMap<String, String> rights() {
    TreeMap<String, String> rights = new TreeMap<>();
    try (Stream<Path> all = Files.walk(dir)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        if (!each.equals(dir) && !Files.isSymbolicLink(each)) {
          rights.put(
              dir.relativize(each).toString(),
              PosixFilePermissions.toString(Files.getPosixFilePermissions(each)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rights;
  }

  private static void inAnotherProcess(String umask, Class<?> main, String... arguments)
      throws Exception {
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", "umask " + umask + " && exec \"$@\"", "sh"));
    command.addAll(JavaCommand.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue());
  }
}
