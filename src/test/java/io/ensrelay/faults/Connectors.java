package io.ensrelay.faults;

import io.ensrelay.base.JavaCommand;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Puts libraries that tests have into {@code lib/}: by the relay's command, without a network. */
public final class Connectors {
  /** Of the folder. */
  public static final String KEY = "ens.lib.dir";

  private static final long LONGEST_SECONDS = 120;

  private Connectors() {}

  /**
   * @param jar of the relay
   * @param dir its working directory
   * @param libraries {@code group:artifact}, each on the class path of this process
   * @return the folder that has them
   */
  public static Path add(Path jar, Path dir, List<String> libraries)
      throws IOException, InterruptedException {
    Path lib = dir.resolve("lib").toAbsolutePath();
    for (String library : libraries) {
      Path ours = onTheClassPath(library);
      Path version = ours.getParent();
      // <repository>/org/apache/kafka/kafka-clients/<version>
      Path repository = version.getParent().getParent();
      for (String part : group(library).split("[.]")) {
        repository = repository.getParent();
      }
      run(
          dir,
          JavaCommand.of(
              "-D" + KEY + "=" + lib,
              "-jar",
              jar.toString(),
              "add",
              library + ":" + version.getFileName(),
              "--from",
              repository.toString()));
    }
    return lib;
  }

  /** In the local repository of Maven. */
  private static Path onTheClassPath(String library) {
    String part = group(library).replace('.', '/') + library.substring(library.indexOf(':')) + "/";
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.replace('\\', '/').contains(part.replace(':', '/')))
        .map(Path::of)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(library));
  }

  private static String group(String library) {
    return library.substring(0, library.indexOf(':'));
  }

  private static void run(Path dir, List<String> command) throws IOException, InterruptedException {
    Path said = dir.resolve("add.log");
    Process process =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(Files.readString(said));
    }
  }
}
