package io.ensrelay.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Whose a data directory is, and what one is told who can't have it. */
@Timeout(120)
class DataDirectoryLockTest {
  private static final String ANOTHER = "nobody";

  @TempDir Path dir;
  private Path data;

  @BeforeEach
  void path() {
    data = dir.resolve("data");
  }

  @Test
  void isNewUntilARelayHasRun() throws IOException {
    Files.createDirectory(data);
    assertTrue(DataDirectoryLock.isNew(data));

    DataDirectoryLock.of(data).close();

    assertFalse(DataDirectoryLock.isNew(data));
    try (DataDirectoryLock lock = DataDirectoryLock.tryOf(data).orElseThrow()) {
      assertTrue(DataDirectoryLock.tryOf(data).isEmpty());
    }
  }

  @Test
  void saysWhichProcessHasIt() throws Exception {
    Process holder = process(List.of(), System.getProperty("java.class.path"));
    try (BufferedReader said = holder.inputReader()) {
      assertEquals("taken", said.readLine());

      ConfigurationException told =
          assertThrows(ConfigurationException.class, () -> DataDirectoryLock.of(data));

      assertTrue(
          told.getMessage()
              .startsWith("ens.data.dir=" + data + ": another ens-relay is running on it"),
          told::getMessage);
      assumeTrue(Files.exists(Path.of("/proc/locks")), "only Linux tells who has a lock");
      assertTrue(
          told.getMessage().contains(", process " + holder.pid() + " of "), told::getMessage);
    } finally {
      holder.destroy();
    }
  }

  @Test
  void aStandbyTakesItWhenTheOtherRelayIsKilled() throws Exception {
    Process active = process(List.of(), System.getProperty("java.class.path"));
    try (BufferedReader said = active.inputReader()) {
      assertEquals("taken", said.readLine());
      CompletableFuture<DataDirectoryLock> standby =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return DataDirectoryLock.await(data);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      assertThrows(TimeoutException.class, () -> standby.get(1500, TimeUnit.MILLISECONDS));

      active.destroyForcibly();

      try (DataDirectoryLock lock = standby.get(60, TimeUnit.SECONDS)) {
        assertTrue(DataDirectoryLock.tryOf(data).isEmpty());
      }
    } finally {
      active.destroyForcibly();
    }
  }

  @Test
  void waitsForACommandThatWorksOnIt() throws Exception {
    DataDirectoryLock.of(data).close();
    Process command = process(List.of(), System.getProperty("java.class.path"), "command");
    try (BufferedReader said = command.inputReader()) {
      assertEquals("taken", said.readLine());
      assertTrue(DataDirectoryLock.tryOf(data).isEmpty());
      CompletableFuture<DataDirectoryLock> relay =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return DataDirectoryLock.of(data);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      command.outputWriter().close();
      relay.get(60, TimeUnit.SECONDS).close();
    } finally {
      command.destroy();
    }
  }

  @Test
  void saysWhatIsInTheWay() throws Exception {
    Files.createDirectory(data);
    Path lock = data.resolve("lock");
    Files.createSymbolicLink(lock, dir.resolve("none"));
    assertEquals(
        problem(
            ": its file lock can't be used; "
                + lock
                + " is a symbolic link, not a file:"
                + " move it away"),
        refusal());
    assertTrue(Files.notExists(dir.resolve("none")));

    Files.delete(lock);
    Files.createDirectory(lock);
    assertEquals(
        problem(
            ": its file lock can't be used; "
                + lock
                + " is a directory, not a file:"
                + " move it away"),
        refusal());

    Files.delete(lock);
    Files.delete(data);
    Files.createFile(data);
    assertEquals(problem(": is not a directory; name a directory or a new path"), refusal());
  }

  @Test
  void isNotForRootWhenAnotherUserRunsTheRelay() throws IOException {
    needsRoot();
    DataDirectoryLock.of(data).close();
    give(data.resolve("lock"));
    give(data);

    assertEquals(
        problem(
            ": belongs to nobody, you are root; run this as nobody, such as with 'sudo -u nobody',"
                + " or hand it over with 'chown -R root "
                + data
                + "'"),
        refusal());
    try (Stream<Path> files = Files.list(data)) {
      assertEquals(List.of(data.resolve("lock")), files.toList());
    }
  }

  @Test
  void isNotForAnotherUserThanTheOneWhoRunsTheRelay() throws Exception {
    needsRoot();
    DataDirectoryLock.of(data).close();
    assertEquals(
        problem(
            ": belongs to root, you are nobody; hand it over with 'chown -R nobody %s'"
                .formatted(data)),
        refusalOfAnotherUser());

    Files.delete(data.resolve("lock"));
    Files.delete(data);
    assertEquals(
        problem(
            ": %s belongs to root, you are nobody; have root make it with 'install -d -o nobody"
                    .formatted(dir)
                + " -m 700 %s', or name another place".formatted(data)),
        refusalOfAnotherUser());
  }

  @Test
  void namesTheFileThatAnotherUserHasLeft() throws Exception {
    needsRoot();
    Files.createDirectory(data);
    give(data);
    Files.createFile(data.resolve("lock"));

    assertEquals(
        problem(
            ": its file lock can't be written, it belongs to root and you are nobody; root has run"
                + " a relay on it: hand it over with 'chown -R nobody %s'".formatted(data)),
        refusalOfAnotherUser());
  }

  private String problem(String text) {
    return "ens.data.dir=" + data + text;
  }

  private String refusal() {
    return assertThrows(ConfigurationException.class, () -> DataDirectoryLock.tryOf(data))
        .getMessage();
  }

  private static void needsRoot() {
    assumeTrue("root".equals(FileOwner.me()), "SKIPPED: only root can be another user");
  }

  private static void give(Path path) throws IOException {
    Files.setOwner(
        path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(ANOTHER));
  }

  /** With copies of the few classes it needs: a repository is often closed to other users. */
  private String refusalOfAnotherUser() throws Exception {
    for (Class<?> ours :
        List.of(
            DataDirectoryLock.class, DataDirectoryLockTest.class, ConfigurationException.class)) {
      String folder = ours.getPackageName().replace('.', '/');
      Path classes = Files.createDirectories(dir.resolve("classes").resolve(folder));
      try (Stream<Path> all = Files.list(location(ours).resolve(folder))) {
        for (Path each : all.filter(Files::isRegularFile).toList()) {
          if (Files.notExists(classes.resolve(each.getFileName()))) {
            Files.copy(each, classes.resolve(each.getFileName()));
          }
        }
      }
    }
    Path log = dir.resolve("slf4j.jar");
    if (Files.notExists(log)) {
      Files.copy(location(LoggerFactory.class), log);
    }
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    Process other =
        process(
            List.of("setpriv", "--reuid=" + ANOTHER, "--clear-groups"),
            dir.resolve("classes") + ":" + log);
    try (BufferedReader said = other.inputReader()) {
      String line = said.readLine();
      assertTrue(other.waitFor(60, TimeUnit.SECONDS));
      return line;
    } finally {
      other.destroy();
    }
  }

  private static Path location(Class<?> of) throws Exception {
    return Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private Process process(List<String> before, String classPath, String... more)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(JavaCommand.of("-cp", classPath, Holder.class.getName(), data.toString()));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** Takes the lock, as a relay or as a command, until its input ends; or says why it can't. */
  static final class Holder {
    public static void main(String[] args) throws Exception {
      Path data = Path.of(args[0]);
      try (DataDirectoryLock lock =
          args.length == 1
              ? DataDirectoryLock.of(data)
              : DataDirectoryLock.tryOf(data).orElseThrow()) {
        System.out.println("taken");
        System.in.read();
      } catch (ConfigurationException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
