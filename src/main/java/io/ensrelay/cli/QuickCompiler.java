package io.ensrelay.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import javax.management.ObjectName;

/**
 * Leaves the code of a command that ends after some seconds to Java's quick compiler (C1): the
 * thorough one (C2) would take a third of the processor time of {@code check} and gain nothing. The
 * same as {@code jcmd PID Compiler.directives_add}; a JVM without it compiles as usual.
 */
final class QuickCompiler {
  private static final Set<String> SHORT = Set.of("check", "test");
  private static final String DIRECTIVES = "[{match: [\"*.*\"], c2: {Exclude: true}}]";

  private QuickCompiler() {}

  /** Applies to the whole process: call it first of all, and only in a process of the command. */
  static void preferFor(String command) {
    if (!SHORT.contains(command)) {
      return;
    }
    try {
      Path file = Files.createTempFile("ens-relay-compiler", ".json");
      try {
        Files.writeString(file, DIRECTIVES);
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "compilerDirectivesAdd",
                new Object[] {new String[] {"\"" + file + "\""}},
                new String[] {String[].class.getName()});
      } finally {
        Files.delete(file);
      }
    } catch (Exception e) {
      // it only takes longer
    }
  }
}
