package io.ensrelay.base;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts a process with the Java that runs the tests. */
public final class JavaCommand {
  private JavaCommand() {}

  /**
   * Java's command line with these arguments. In the short form it uses the first compiler alone,
   * as the JVMs of the tests do: hardly any process lives long enough for the second to pay off. In
   * the long form it uses both, as it does for users.
   */
  public static List<String> of(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (!Boolean.getBoolean("faults.long")) {
      command.add("-XX:TieredStopAtLevel=1");
    }
    command.addAll(List.of(arguments));
    return command;
  }
}
