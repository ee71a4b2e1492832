package io.ensrelay;

import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leaves the code of the relay and of most of its libraries to Java's quick compiler (C1) where
 * there are one or two processors. The thorough one (C2) would take one of them for the first half
 * minute, which is when the events come that have waited; what it is worth shows only after some
 * hundred thousand of them. The JDK's own code, cryptography above all, and Camel's keep both.
 *
 * <p>Whoever calls what the quick compiler has begun with waits for it: running such code
 * uncompiled would take the processor that the compiler needs.
 *
 * <p>It is the same as {@code jcmd PID Compiler.directives_add}, said by the process itself; a JVM
 * that does not know it compiles as ever.
 */
public final class QuickCompiler {
  private static final Logger LOG = LoggerFactory.getLogger(QuickCompiler.class);
  private static final String DIRECTIVES = "/quick-compiler.json";
  private static final int FEW_PROCESSORS = 2;

  private QuickCompiler() {}

  /** To be called first of all: what is compiled already stays as it is. */
  public static void prefer() {
    if (Runtime.getRuntime().availableProcessors() > FEW_PROCESSORS) {
      return;
    }
    try {
      Path file = Files.createTempFile("ens-relay-compiler", ".json");
      try (InputStream directives = QuickCompiler.class.getResourceAsStream(DIRECTIVES)) {
        Files.copy(directives, file, StandardCopyOption.REPLACE_EXISTING);
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
      LOG.debug("Java's compilers are left as they are", e);
    }
  }
}
