package io.ensrelay.tls;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The openssl of this machine, which makes files as people have them. */
final class OpenSsl {
  private final Path dir;

  /** Skips the test, and says so, where it is not installed. */
  OpenSsl(Path dir) {
    this.dir = dir;
    assumeTrue(isThere(), "openssl is not installed: its files are not tried");
  }

  /** Runs a command of which it must be able. */
  Path run(String file, String... arguments) {
    assertTrue(isDone(arguments), () -> "openssl " + String.join(" ", arguments));
    return dir.resolve(file);
  }

  /** False when this version can't do it. */
  boolean isDone(String... arguments) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    return start(command, dir) == 0;
  }

  private static boolean isThere() {
    return start(List.of("openssl", "version"), Path.of(".")) == 0;
  }

  private static int start(List<String> command, Path dir) {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(dir.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return -1;
      }
      return process.exitValue();
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return -1;
    }
  }

  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path joined(Path file, Path... parts) {
    try {
      Files.deleteIfExists(file);
      for (Path part : parts) {
        Files.write(
            file, Files.readAllBytes(part), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
