package io.ensrelay.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A broker's program, in a process and a folder of its own; what it says is in {@code log}. */
final class ServerProcess {
  private static final long SECONDS_TO_END = 60;

  private final Path dir;
  private Process process;

  ServerProcess(Path dir) throws IOException {
    this.dir = Files.createDirectories(dir).toAbsolutePath();
  }

  Path dir() {
    return dir;
  }

  /** Returns once the port takes connections. */
  void start(int port, Map<String, String> environment, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile());
    builder.environment().putAll(environment);
    process =
        builder
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("log").toFile()))
            .start();
    Brokers.awaitOpen(port);
  }

  /** Asks it to end and waits; what does not end in a minute is killed. */
  void stop() throws InterruptedException {
    if (process == null) {
      return;
    }
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }
}
