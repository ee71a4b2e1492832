package io.ensrelay.console;

import io.ensrelay.cli.EnsRelay;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import picocli.CommandLine;

/** Runs commands in this JVM, with the settings of a relay that the test has started. */
abstract class CommandsOfRelay {
  private final Map<String, String> before = new TreeMap<>();

  record Output(int code, String out, String err) {}

  /** The settings hold until the end of the test. */
  void set(Map<String, String> settings) {
    settings.forEach(
        (key, value) -> {
          before.putIfAbsent(key, System.getProperty(key, ""));
          System.setProperty(key, value);
        });
  }

  @AfterEach
  void unset() {
    before.forEach(
        (key, value) -> {
          if (value.isEmpty()) {
            System.clearProperty(key);
          } else {
            System.setProperty(key, value);
          }
        });
  }

  static Output run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commands =
        EnsRelay.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code = commands.execute(arguments);
    return new Output(code, out.toString(), err.toString());
  }
}
